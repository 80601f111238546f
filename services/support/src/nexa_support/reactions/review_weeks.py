"""Each week with a ticket is reviewed when it is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.support import TicketSubmitted
from nexa_support.weekly_review.decisions import ReviewWeek
from nexa_support.weekly_review.week import PUBLISHED_AT, ends, review_of, week_of


@dataclass(frozen=True)
class Week:
    """`tickets`: how many were submitted in it."""

    tickets: int = 0


def key(event: TicketSubmitted) -> UUID:
    return review_of(week_of(event.submitted_at))


def evolve(week: Week, fact: Recorded) -> Week:
    return Week(week.tickets + 1)


def react(week: Week, fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case TicketSubmitted(submitted_at=submitted_at) if week.tickets == 1:
            name = week_of(submitted_at)
            yield Deadline(at=ends(name) + PUBLISHED_AT, command=ReviewWeek(review_id=review_of(name), week=name))
        case _:
            return


review_weeks = Process(
    name="review_weeks", on=(TicketSubmitted,), key=key, initial=Week(), states=(Week,), evolve=evolve, react=react
)
