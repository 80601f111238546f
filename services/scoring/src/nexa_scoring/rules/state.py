"""The scoring rules, points per factor and where the bands begin: those in force, and the draft that may take their place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_contracts.scoring import ScoringRulesApproved, ScoringRulesChanged, ScoringRulesDrafted

RULES_ID: UUID = derive("scoring", "lead-rules")

DEFAULT_POINTS: Mapping[str, int] = MappingProxyType(
    {
        "company_size.enterprise": 10,
        "company_size.mid_market": 5,
        "title.executive": 15,
        "title.manager": 10,
        "source.referral": 20,
        "source.webinar": 15,
        "source.content": 10,
        "registered_early": 10,
        "attended": 15,
        "question_asked": 5,
        "content_downloaded": 10,
        "email_opened": 5,
        "email_clicked": 5,
        "pricing_page_visited": 10,
        "target_audience": 5,
    }
)


@dataclass(frozen=True)
class Rules:
    """`points` by factor; a score of at least `high_from` is High, of at least `medium_from` Medium, else Low.

    `question_limit` caps the points that questions can bring. Version 1 is the default set.
    """

    version: int
    points: Mapping[str, int]
    high_from: int = 75
    medium_from: int = 50
    question_limit: int = 10


DEFAULT_RULES = Rules(version=1, points=DEFAULT_POINTS)


@dataclass(frozen=True)
class Draft:
    """Rules that somebody proposes. `approved_by` is about this version and no other."""

    rules: Rules
    drafted_by: str
    approved_by: str | None = None


@dataclass(frozen=True)
class RuleBook:
    """`latest` is the highest version there ever was, a draft's or one in force."""

    in_force: Rules = DEFAULT_RULES
    draft: Draft | None = None
    latest: int = DEFAULT_RULES.version


RulesEvent: TypeAlias = ScoringRulesDrafted | ScoringRulesApproved | ScoringRulesChanged


def evolve(book: RuleBook, event: RulesEvent) -> RuleBook:
    match event:
        case ScoringRulesDrafted(version=version, drafted_by=by):
            return replace(book, draft=Draft(rules_of(event), by), latest=version)
        case ScoringRulesApproved(approved_by=by) if book.draft is not None:
            return replace(book, draft=replace(book.draft, approved_by=by))
        case ScoringRulesChanged(version=version):
            return RuleBook(rules_of(event), None, max(book.latest, version))
        case _:
            return book


def rules_of(event: ScoringRulesDrafted | ScoringRulesChanged) -> Rules:
    return Rules(
        version=event.version,
        points=event.points,
        high_from=event.high_from,
        medium_from=event.medium_from,
        question_limit=event.question_limit,
    )
