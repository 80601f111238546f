"""The ticket rules in force: the catalogue of features, what speaks for which answer, and from when on tickets are alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_contracts.scoring import CataloguedFeature, TicketRulesChanged
from nexa_scoring.ticket_rules.default_keywords import KEYWORDS
from nexa_scoring.ticket_rules.default_words import FEATURES, LITTLE_WORDS
from nexa_scoring.ticket_rules.phrases import Phrasebook, Words

RULES_ID: UUID = derive("scoring", "ticket-rules")

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "type": ("bug", "question", "feature", "incident"),
    "priority": ("critical", "high", "normal", "low"),
    "sentiment": ("frustrated", "neutral", "content"),
    "urgency": ("high", "medium", "low"),
}
"""What is asked of a ticket's text, and the possible answers."""

MOST_KEPT = 100_000

FEATURE = "feature"
"""The question that the catalogue answers."""

Keywords: TypeAlias = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By question, by answer, by word or phrase: what it weighs."""


class TermWeights(dict[str, float]):
    """What each term weighs; filled as it is asked, for the same words come again and again, up to `MOST_KEPT` terms."""

    def __init__(self, little: Words, little_weight: float) -> None:
        super().__init__()
        self._little = little
        self._little_weight = little_weight

    def __missing__(self, term: str) -> float:
        if len(self) >= MOST_KEPT:
            self.clear()
        weight = self[term] = self._little_weight if term in self._little else 1.0
        return weight

    def telling(self, terms: Iterable[str]) -> list[str]:
        """Those that are no little words."""
        return [term for term in terms if self[term] == 1.0]


@dataclass(frozen=True)
class TicketRules:
    """A finding below `abstain_below` is not said. Two tickets are alike from `similar_from` on; their likeness is
    multiplied by `same_feature`, `same_version` and `other_kind` where that holds. Version 1 is the default set.
    """

    version: int
    features: tuple[CataloguedFeature, ...]
    keywords: Keywords
    little_words: tuple[str, ...]
    little_weight: float
    abstain_below: float
    similar_from: float
    window_days: int
    same_feature: float
    same_version: float
    other_kind: float
    p1_from: int

    @cached_property
    def phrasebook(self) -> Phrasebook:
        """All keywords and aliases, ready to be looked for in one pass."""
        book = Phrasebook()
        for question, answers in self.keywords.items():
            for answer, phrases in answers.items():
                for phrase, weight in phrases.items():
                    book.add(phrase, question, answer, weight)
        for feature in self.features:
            for alias in (feature.name, *feature.aliases):
                book.add(alias, FEATURE, feature.key, 1.0 + 0.5 * alias.count(" "))
        return book

    @cached_property
    def weights(self) -> TermWeights:
        return TermWeights(Words(self.little_words), self.little_weight)

    def name_of(self, feature: str | None) -> str | None:
        return next((each.name for each in self.features if each.key == feature), None)


DEFAULT_RULES = TicketRules(
    version=1,
    features=FEATURES,
    keywords=KEYWORDS,
    little_words=LITTLE_WORDS,
    little_weight=0.25,
    abstain_below=0.5,
    similar_from=0.4,
    window_days=90,
    same_feature=1.5,
    same_version=1.2,
    other_kind=0.6,
    p1_from=5,
)


def evolve(state: TicketRules, event: TicketRulesChanged) -> TicketRules:
    return TicketRules(
        version=event.version,
        features=event.features,
        keywords={
            question: {
                answer: {phrase: float(weight) for phrase, weight in phrases.items()}
                for answer, phrases in answers.items()
            }
            for question, answers in event.keywords.items()
        },
        little_words=event.little_words,
        little_weight=float(event.little_weight),
        abstain_below=float(event.abstain_below),
        similar_from=float(event.similar_from),
        window_days=event.window_days,
        same_feature=float(event.same_feature),
        same_version=float(event.same_version),
        other_kind=float(event.other_kind),
        p1_from=event.p1_from,
    )
