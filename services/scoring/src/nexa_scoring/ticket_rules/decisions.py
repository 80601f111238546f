"""Changing the ticket rules: the whole, a part, or one feature of the catalogue."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.scoring import CataloguedFeature, TicketRulesChanged
from nexa_scoring.ticket_rules.phrases import SHORTEST_STEM, is_answer, parts_of
from nexa_scoring.ticket_rules.state import QUESTIONS, RULES_ID, Keywords, TicketRules

MOST_FEATURES = 500
MOST_PHRASES = 10_000
HEAVIEST = 10
SHARES = ("abstain_below", "similar_from", "little_weight", "other_kind")
FACTORS = ("same_feature", "same_version")
LONGEST_WINDOW = 366
MOST_FOR_P1 = 30


@dataclass(frozen=True, kw_only=True)
class ChangeTicketRules:
    """Replace what is given; the rest stays. `keywords` replaces whole questions."""

    features: tuple[CataloguedFeature, ...] | None = None
    keywords: Keywords | None = None
    little_words: tuple[str, ...] | None = None
    little_weight: float | None = None
    abstain_below: float | None = None
    similar_from: float | None = None
    window_days: int | None = None
    same_feature: float | None = None
    same_version: float | None = None
    other_kind: float | None = None
    p1_from: int | None = None
    rules_id: UUID = RULES_ID


@dataclass(frozen=True, kw_only=True)
class PutFeature:
    """Add the feature to the catalogue, or replace the one with its key."""

    feature: CataloguedFeature
    rules_id: UUID = RULES_ID


@dataclass(frozen=True, kw_only=True)
class RemoveFeature:
    key: str
    rules_id: UUID = RULES_ID


TicketRulesCommand: TypeAlias = ChangeTicketRules | PutFeature | RemoveFeature


def decide(command: TicketRulesCommand, state: TicketRules, now: datetime) -> Sequence[TicketRulesChanged]:
    changed = _changed(command, state)
    _check(changed)
    if changed == state:
        return []
    return [
        TicketRulesChanged(
            rules_id=command.rules_id,
            version=state.version + 1,
            features=changed.features,
            keywords={
                question: {
                    answer: {phrase: Decimal(str(weight)) for phrase, weight in phrases.items()}
                    for answer, phrases in answers.items()
                }
                for question, answers in changed.keywords.items()
            },
            little_words=changed.little_words,
            window_days=changed.window_days,
            p1_from=changed.p1_from,
            **{name: Decimal(str(getattr(changed, name))) for name in (*SHARES, *FACTORS)},
        )
    ]


def _changed(command: TicketRulesCommand, state: TicketRules) -> TicketRules:
    match command:
        case ChangeTicketRules():
            given = {name: value for name, value in vars(command).items() if value is not None and name != "rules_id"}
            if command.keywords is not None:
                given["keywords"] = {**state.keywords, **command.keywords}
            return replace(state, **given)
        case PutFeature(feature=feature):
            others = [each for each in state.features if each.key != feature.key]
            place = next((n for n, each in enumerate(state.features) if each.key == feature.key), len(others))
            return replace(state, features=(*others[:place], feature, *others[place:]))
        case RemoveFeature(key=key):
            if key not in {each.key for each in state.features}:
                raise NotFound(f"There is no feature {key!r} in the catalogue.", rule="ticket_rules.unknown_feature")
            return replace(state, features=tuple(each for each in state.features if each.key != key))
        case _:
            assert_never(command)


def _check(rules: TicketRules) -> None:
    _check_features(rules.features)
    _check_keywords(rules.keywords)
    _check_phrases(rules.little_words, "little_words")
    for name in SHARES:
        _check_number(name, getattr(rules, name), 0, 1)
    for name in FACTORS:
        _check_number(name, getattr(rules, name), 1, HEAVIEST)
    _check_number("window_days", rules.window_days, 1, LONGEST_WINDOW)
    _check_number("p1_from", rules.p1_from, 1, MOST_FOR_P1)


def _check_number(name: str, value: float, least: float, most: float) -> None:
    if not (isfinite(value) and least <= value <= most):
        raise Refused(f"{name} is {value}; give {least} to {most}.", rule="ticket_rules.number", field=name)


def _check_features(features: Sequence[CataloguedFeature]) -> None:
    if not 1 <= len(features) <= MOST_FEATURES:
        raise Refused(
            f"The catalogue has {len(features)} features; give 1 to {MOST_FEATURES}.",
            rule="ticket_rules.features",
            field="features",
        )
    twice = [key for key, times in Counter(each.key for each in features).items() if times > 1]
    if twice:
        raise Refused(f"The feature {twice[0]!r} is there twice.", rule="ticket_rules.feature_twice", field="features")
    for feature in features:
        _check_phrases((feature.name, *feature.aliases), "features")


def _check_keywords(keywords: Keywords) -> None:
    for question, answers in keywords.items():
        if question not in QUESTIONS:
            raise _no("question", question, QUESTIONS, "ticket_rules.question")
        for answer, phrases in answers.items():
            if answer not in QUESTIONS[question]:
                raise _no(f"answer to {question}", answer, QUESTIONS[question], "ticket_rules.answer")
            _check_answer(f"{question}.{answer}", phrases)


def _check_answer(place: str, phrases: Mapping[str, float]) -> None:
    _check_phrases([phrase for phrase in phrases if not is_answer(phrase)], "keywords")
    for phrase, weight in phrases.items():
        if not (isfinite(weight) and 0 < weight <= HEAVIEST):
            raise Refused(
                f"{phrase!r} of {place} weighs {weight}; give more than 0, at most {HEAVIEST}.",
                rule="ticket_rules.weight",
                field="keywords",
            )
        question, colon, answer = phrase.partition(":")
        if colon and answer not in QUESTIONS.get(question, ()):
            raise Refused(
                f"{phrase!r} of {place} is no answer to a question; give one like type:bug, or a phrase without a colon.",
                rule="ticket_rules.phrase",
                field="keywords",
            )


def _check_phrases(phrases: Sequence[str], field: str) -> None:
    if len(phrases) > MOST_PHRASES:
        raise Refused(
            f"{len(phrases)} phrases are too many; give at most {MOST_PHRASES}.", rule="ticket_rules.many", field=field
        )
    for phrase in phrases:
        words = parts_of(phrase)
        if not words or any(word.endswith("*") and len(word) <= SHORTEST_STEM for word in words):
            raise Refused(
                f"{phrase!r} cannot be looked for: give words, each with at least {SHORTEST_STEM} letters before a *.",
                rule="ticket_rules.phrase",
                field=field,
            )


def _no(what: str, given: str, known: Iterable[str], rule: str) -> Refused:
    return Refused(f"There is no {what} {given!r}; known are {', '.join(known)}.", rule=rule, field="keywords")
