"""The scoring rules in force: how many points each factor is worth and where the bands begin."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_contracts.scoring import ScoringRulesChanged

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


def evolve(state: Rules, event: ScoringRulesChanged) -> Rules:
    return Rules(
        version=event.version,
        points=event.points,
        high_from=event.high_from,
        medium_from=event.medium_from,
        question_limit=event.question_limit,
    )
