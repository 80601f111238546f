"""Each week with a ticket is reviewed when it is over, and again when a ticket of it comes in later.

From the first review on, so is each week that follows, whether it has a ticket or not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.support import TicketSubmitted, WeeklyReviewPublished
from nexa_support.weekly_review.decisions import ReviewWeek
from nexa_support.weekly_review.week import PUBLISHED_AT, ends, review_of, week_of

Fact = TicketSubmitted | WeeklyReviewPublished

ANALYSED_WITHIN = timedelta(minutes=10)
"""A ticket that comes in after its week is reviewed once it has been analysed, with all that come meanwhile."""


@dataclass(frozen=True)
class Week:
    """`review_at`: when it is reviewed next, or was last; `set_by`: the ticket that made it so."""

    review_at: datetime | None = None
    set_by: str = ""


def the_week(event: Fact) -> UUID:
    match event:
        case TicketSubmitted(submitted_at=submitted_at):
            return review_of(week_of(submitted_at))
        case WeeklyReviewPublished(review_id=review_id):
            return review_id


def evolve(week: Week, fact: Recorded) -> Week:
    match fact.event:
        case TicketSubmitted(submitted_at=submitted_at):
            if week.review_at is not None and fact.recorded_at + ANALYSED_WITHIN <= week.review_at:
                return week
            after = ends(week_of(submitted_at)) + PUBLISHED_AT
            return Week(max(after, fact.recorded_at + 2 * ANALYSED_WITHIN), fact.id)
        case _:
            return week


def react(week: Week, fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case TicketSubmitted(submitted_at=submitted_at) if week.review_at is not None and week.set_by == fact.id:
            yield _review(week_of(submitted_at), week.review_at)
        case WeeklyReviewPublished(week=name, revision=1):
            following = _following(name, now)
            yield _review(following, ends(following) + PUBLISHED_AT)
        case _:
            return


def _following(week: str, now: datetime) -> str:
    """The next week that is not over: who has an old week reviewed does not ask for all since."""
    return week_of(max(ends(week), now))


def _review(week: str, at: datetime) -> Deadline:
    return Deadline(at=at, command=ReviewWeek(review_id=review_of(week), week=week))


review_weeks = Process(
    name="review_weeks",
    on=(TicketSubmitted, WeeklyReviewPublished),
    key=the_week,
    initial=Week(),
    states=(Week,),
    evolve=evolve,
    react=react,
)
