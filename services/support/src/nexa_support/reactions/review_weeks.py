"""Each week with a ticket is reviewed when it is over, and again when a ticket of it comes in later."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.support import TicketSubmitted
from nexa_support.weekly_review.decisions import ReviewWeek
from nexa_support.weekly_review.week import PUBLISHED_AT, ends, review_of, week_of

ANALYSED_WITHIN = timedelta(minutes=10)
"""A ticket that comes in after its week is reviewed once it has been analysed, with all that come meanwhile."""


@dataclass(frozen=True)
class Week:
    """`review_at`: when it is reviewed next, or was last; `set_by`: the ticket that made it so."""

    review_at: datetime | None = None
    set_by: str = ""


def key(event: TicketSubmitted) -> UUID:
    return review_of(week_of(event.submitted_at))


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
            name = week_of(submitted_at)
            yield Deadline(at=week.review_at, command=ReviewWeek(review_id=review_of(name), week=name))
        case _:
            return


review_weeks = Process(
    name="review_weeks", on=(TicketSubmitted,), key=key, initial=Week(), states=(Week,), evolve=evolve, react=react
)
