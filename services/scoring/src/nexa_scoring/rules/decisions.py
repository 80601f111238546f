"""Other scoring rules: drafted by one person, approved by another, then put in force. An approval is of one version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.scoring import ScoringRulesApproved, ScoringRulesChanged, ScoringRulesDrafted
from nexa_scoring.rules.state import DEFAULT_POINTS, RULES_ID, Draft, RuleBook, Rules, RulesEvent


@dataclass(frozen=True, kw_only=True)
class DraftRules:
    """Propose these rules; they take the place of the draft there is. Factors left out keep the points in force."""

    points: Mapping[str, int]
    high_from: int
    medium_from: int
    question_limit: int
    by: str
    rules_id: UUID = RULES_ID


@dataclass(frozen=True, kw_only=True)
class ApproveRules:
    version: int
    by: str
    rules_id: UUID = RULES_ID


@dataclass(frozen=True, kw_only=True)
class PublishRules:
    version: int
    rules_id: UUID = RULES_ID


RulesCommand: TypeAlias = DraftRules | ApproveRules | PublishRules
COMMANDS: tuple[type, ...] = (DraftRules, ApproveRules, PublishRules)


def decide(command: RulesCommand, book: RuleBook, now: datetime) -> Sequence[RulesEvent]:
    match command:
        case DraftRules():
            return draft(command, book)
        case ApproveRules():
            return approve(command, book)
        case PublishRules():
            return publish(command, book)
        case _:
            assert_never(command)


def draft(command: DraftRules, book: RuleBook) -> Sequence[RulesEvent]:
    proposed = Rules(
        version=book.latest + 1,
        points={**book.in_force.points, **command.points},
        high_from=command.high_from,
        medium_from=command.medium_from,
        question_limit=command.question_limit,
    )
    check(proposed)
    known = book.draft
    if known is not None and known.drafted_by == command.by and _same(known.rules, proposed):
        return []
    if _same(book.in_force, proposed):
        raise Refused(f"These are the rules in force, version {book.in_force.version}.", rule="rules.unchanged")
    return [
        ScoringRulesDrafted(
            rules_id=command.rules_id, **vars(proposed), drafted_by=command.by, based_on=book.in_force.version
        )
    ]


def _same(one: Rules, other: Rules) -> bool:
    return replace(one, version=0) == replace(other, version=0)


def check(rules: Rules) -> None:
    """Raises Refused for rules with an unknown factor, points that are none, or bands that do not rise."""
    for factor, points in rules.points.items():
        if factor not in DEFAULT_POINTS:
            known = ", ".join(sorted(DEFAULT_POINTS))
            raise Refused(f"There is no factor {factor!r}; known are {known}.", rule="rules.factor", field="points")
        if not 0 <= points <= 100:
            raise Refused(f"{factor} is worth {points} points; give 0 to 100.", rule="rules.points", field="points")
    if not 0 < rules.medium_from < rules.high_from <= 100:
        raise Refused(
            f"Bands must rise: 0 < medium_from ({rules.medium_from}) < high_from ({rules.high_from}) <= 100.",
            rule="rules.bands",
            field="high_from",
        )


def approve(command: ApproveRules, book: RuleBook) -> Sequence[RulesEvent]:
    found = _draft(book, command.version)
    if command.by == found.drafted_by:
        raise Refused(f"Version {command.version} is yours; somebody else has to approve it.", rule="rules.approver")
    if found.approved_by is not None:
        return []
    return [
        ScoringRulesApproved(
            rules_id=command.rules_id,
            version=command.version,
            drafted_by=found.drafted_by,
            approved_by=command.by,
        )
    ]


def publish(command: PublishRules, book: RuleBook) -> Sequence[RulesEvent]:
    if book.in_force.version == command.version:
        return []
    found = _draft(book, command.version)
    if found.approved_by is None:
        raise Refused(
            f"Nobody has approved version {command.version}; an approval of an earlier one does not count for it.",
            rule="rules.approval",
        )
    return [
        ScoringRulesChanged(
            rules_id=command.rules_id,
            **vars(found.rules),
            drafted_by=found.drafted_by,
            approved_by=found.approved_by,
        )
    ]


def _draft(book: RuleBook, version: int) -> Draft:
    """The draft, if it is this version. A draft is always based on the rules in force: publishing ends it."""
    if book.draft is None:
        raise NotFound(f"There is no draft; version {book.in_force.version} is in force.", rule="rules.no_draft")
    if book.draft.rules.version != version:
        raise Refused(
            f"The draft is version {book.draft.rules.version} by now, not {version}; look at it again.",
            rule="rules.version",
        )
    return book.draft
