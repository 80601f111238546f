"""A week is reviewed when it is over; reviewed again with other facts it gets a revision."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Refused
from nexa_contracts.support import WeeklyReviewPublished
from nexa_support.weekly_review import reviewing
from nexa_support.weekly_review.reviewing import WeekFacts
from nexa_support.weekly_review.week import ends, first_day_of


@dataclass(frozen=True, kw_only=True)
class ReviewWeek:
    """`review_id` is the week's own. The same facts again change nothing."""

    review_id: UUID
    week: str


@dataclass(frozen=True)
class NotReviewed:
    pass


@dataclass(frozen=True)
class Reviewed:
    latest: WeeklyReviewPublished


@dataclass(frozen=True)
class Weeks:
    """What is known of the weeks that are being reviewed."""

    facts: dict[str, WeekFacts] = field(default_factory=dict)


State: TypeAlias = NotReviewed | Reviewed


def evolve(state: State, event: WeeklyReviewPublished) -> State:
    return Reviewed(event)


def decide(command: ReviewWeek, state: State, now: datetime, weeks: Weeks) -> Sequence[WeeklyReviewPublished]:
    if now < ends(command.week):
        raise Refused(f"{command.week} ends at {ends(command.week):%Y-%m-%d %H:%M} UTC.", rule="review.not_over")
    facts = weeks.facts[command.week]
    reviewed = reviewing.top_bugs(facts)
    review = WeeklyReviewPublished(
        review_id=command.review_id,
        week=command.week,
        first_day=first_day_of(command.week),
        revision=1,
        top_bugs=reviewed,
        rising=reviewing.rising(reviewed),
        recommendations=reviewing.recommendations(reviewed, facts),
        roadmap_effect=reviewing.roadmap_effect(reviewed, facts),
    )
    match state:
        case NotReviewed():
            return [review]
        case Reviewed(latest=latest):
            revised = review.model_copy(update={"revision": latest.revision})
            return [] if revised == latest else [review.model_copy(update={"revision": latest.revision + 1})]
