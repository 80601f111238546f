"""The routing rules: those in force, and the draft that may take their place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_contracts.sales import (
    RepLevel,
    RoutingRule,
    RoutingRulesApproved,
    RoutingRulesChanged,
    RoutingRulesDrafted,
)
from nexa_contracts.values import Band

RULES_ID: UUID = derive("sales", "routing-rules")


@dataclass(frozen=True)
class Rules:
    """A version of the rules, in the order in which they are tried."""

    version: int
    rules: tuple[RoutingRule, ...]

    def rule_for(self, band: Band, territory: str | None, product: str | None) -> RoutingRule:
        """The first rule that takes such a lead; there is one, since each band ends with a rule for all.

        Low leads are marketing's. One that a person gave to a rep, and that is nobody's now, is routed like a Medium one.
        """
        asked = Band.MEDIUM if band is Band.LOW else band
        for rule in self.rules:
            if rule.band is asked and _names(rule.territories, territory) and _names(rule.products, product):
                return rule
        raise LookupError(f"No routing rule takes a {band.value} lead.")


def _names(listed: Sequence[str], asked: str | None) -> bool:
    return not listed or (asked is not None and asked.casefold() in {each.casefold() for each in listed})


DEFAULT_RULES = Rules(
    1,
    (
        RoutingRule(name="high band to senior reps", band=Band.HIGH, level=RepLevel.SENIOR, alert_after_hours=4),
        RoutingRule(name="medium band to standard reps", band=Band.MEDIUM, level=RepLevel.STANDARD),
    ),
)


@dataclass(frozen=True)
class Draft:
    """Rules that somebody proposes. `approved_by` is about this version and no other."""

    version: int
    rules: tuple[RoutingRule, ...]
    drafted_by: str
    approved_by: str | None = None


@dataclass(frozen=True)
class RuleBook:
    """`latest` is the highest version there ever was, a draft's or one in force."""

    in_force: Rules = DEFAULT_RULES
    draft: Draft | None = None
    latest: int = DEFAULT_RULES.version


RulesEvent: TypeAlias = RoutingRulesDrafted | RoutingRulesApproved | RoutingRulesChanged


def evolve(book: RuleBook, event: RulesEvent) -> RuleBook:
    match event:
        case RoutingRulesDrafted(version=version, rules=rules, drafted_by=by):
            return replace(book, draft=Draft(version, rules, by), latest=version)
        case RoutingRulesApproved(approved_by=by) if book.draft is not None:
            return replace(book, draft=replace(book.draft, approved_by=by))
        case RoutingRulesChanged(version=version, rules=rules):
            return replace(book, in_force=Rules(version, rules), draft=None)
        case _:
            return book
