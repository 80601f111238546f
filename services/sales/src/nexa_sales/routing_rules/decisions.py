"""Other routing rules: drafted by one person, approved by another, then put in force. An approval is of one version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.sales import (
    RepLevel,
    RoutingRule,
    RoutingRulesApproved,
    RoutingRulesChanged,
    RoutingRulesDrafted,
)
from nexa_contracts.values import Band
from nexa_sales.routing_rules.state import RULES_ID, Draft, RuleBook, RulesEvent

ROUTED = (Band.HIGH, Band.MEDIUM)


@dataclass(frozen=True, kw_only=True)
class DraftRules:
    """Propose these rules; they take the place of the draft there is."""

    rules: tuple[RoutingRule, ...]
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


Command: TypeAlias = DraftRules | ApproveRules | PublishRules
COMMANDS: tuple[type, ...] = (DraftRules, ApproveRules, PublishRules)


def decide(command: Command, book: RuleBook, now: datetime) -> Sequence[RulesEvent]:
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
    check(command.rules)
    known = book.draft
    if known is not None and (known.rules, known.drafted_by) == (command.rules, command.by):
        return []
    return [
        RoutingRulesDrafted(
            rules_id=command.rules_id,
            version=book.latest + 1,
            rules=command.rules,
            drafted_by=command.by,
            based_on=book.in_force.version,
        )
    ]


def check(rules: Sequence[RoutingRule]) -> None:
    """Raises Refused for rules that leave a lead without a rule, or that can never take one."""
    for place, rule in enumerate(rules, 1):
        if rule.band is Band.LOW:
            raise _refused(place, rule, "takes Low leads, which are marketing's", "rules.band")
        if rule.level is RepLevel.MANAGER:
            raise _refused(place, rule, "gives leads to managers, who take none", "rules.level")
        before = next((each for each in rules[: place - 1] if each.band is rule.band and _takes_all(each)), None)
        if before is not None:
            raise _refused(place, rule, f"is never reached: {before.name!r} takes all before it", "rules.order")
    for band in ROUTED:
        if not any(rule.band is band and _takes_all(rule) for rule in rules):
            raise Refused(
                f"Some {band.value} leads would be nobody's: end with a rule for the {band.value} band that names no"
                " territories and no products.",
                rule="rules.complete",
                field="rules",
            )


def _takes_all(rule: RoutingRule) -> bool:
    return not rule.territories and not rule.products


def _refused(place: int, rule: RoutingRule, what: str, broken: str) -> Refused:
    return Refused(f"Rule {place}, {rule.name!r}, {what}.", rule=broken, field="rules")


def approve(command: ApproveRules, book: RuleBook) -> Sequence[RulesEvent]:
    found = _draft(book, command.version)
    if command.by == found.drafted_by:
        raise Refused(f"Version {found.version} is yours; somebody else has to approve it.", rule="rules.approver")
    if found.approved_by == command.by:
        return []
    return [
        RoutingRulesApproved(
            rules_id=command.rules_id, version=found.version, drafted_by=found.drafted_by, approved_by=command.by
        )
    ]


def publish(command: PublishRules, book: RuleBook) -> Sequence[RulesEvent]:
    if book.in_force.version == command.version:
        return []
    found = _draft(book, command.version)
    if found.approved_by is None:
        raise Refused(
            f"Nobody has approved version {found.version}; an approval of an earlier one does not count for it.",
            rule="rules.approval",
        )
    return [
        RoutingRulesChanged(
            rules_id=command.rules_id,
            version=found.version,
            rules=found.rules,
            drafted_by=found.drafted_by,
            approved_by=found.approved_by,
        )
    ]


def _draft(book: RuleBook, version: int) -> Draft:
    """The draft, if it is this version. A draft is always based on the rules in force: publishing ends it."""
    if book.draft is None:
        raise NotFound(f"There is no draft; version {book.in_force.version} is in force.", rule="rules.no_draft")
    if book.draft.version != version:
        raise Refused(
            f"The draft is version {book.draft.version} by now, not {version}; look at it again.", rule="rules.version"
        )
    return book.draft
