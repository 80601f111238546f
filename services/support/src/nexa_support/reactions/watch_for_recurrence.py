"""A fix is watched for 30 days: a bug ticket of its feature makes the bug look whether it is back.

It looks again a little later, when what the ticket's account runs is sure to have arrived.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.scoring import TicketAnalyzed
from nexa_contracts.support import BugFixed, BugReopened, TicketType
from nexa_support.bug.commands import CheckRecurrence
from nexa_support.bug.recurrence import WATCHED_FOR

AGAIN_AFTER = timedelta(minutes=10)
MARGIN = timedelta(days=1)

Fact = BugFixed | BugReopened | TicketAnalyzed


@dataclass(frozen=True)
class Watched:
    """Bugs of a feature that were fixed in the last 30 days, and when each was."""

    fixed: Mapping[UUID, datetime] = field(default_factory=dict)


def evolve(watched: Watched, fact: Recorded) -> Watched:
    match fact.event:
        case BugFixed(bug_id=bug_id, fixed_at=fixed_at):
            since = fact.time - WATCHED_FOR - MARGIN
            recent = {key: at for key, at in watched.fixed.items() if at >= since}
            return Watched({**recent, bug_id: fixed_at})
        case BugReopened(bug_id=bug_id):
            return Watched({key: at for key, at in watched.fixed.items() if key != bug_id})
        case _:
            return watched


def react(watched: Watched, fact: Recorded, now: datetime) -> Iterator[CheckRecurrence | Deadline]:
    match fact.event:
        case TicketAnalyzed(ticket_id=ticket_id, similar=similar) as analysis if similar and is_of_a_bug(analysis):
            for bug_id, fixed_at in watched.fixed.items():
                if fact.time > fixed_at + WATCHED_FOR + MARGIN:
                    continue
                alike = tuple(each.ticket_id for each in similar)
                look = CheckRecurrence(bug_id=bug_id, ticket_id=ticket_id, similar=alike)
                yield look
                yield Deadline(at=now + AGAIN_AFTER, command=look, key=str(bug_id))
        case _:
            return


def is_of_a_bug(analysis: TicketAnalyzed) -> bool:
    return analysis.type.value == TicketType.BUG.value and analysis.feature.value is not None


def the_feature(event: Fact) -> UUID:
    feature = event.feature.value if isinstance(event, TicketAnalyzed) else event.feature
    return derive("feature", feature or "")


watch_for_recurrence = Process(
    name="watch_for_recurrence",
    on=(BugFixed, BugReopened, TicketAnalyzed),
    key=the_feature,
    initial=Watched(),
    states=(Watched,),
    evolve=evolve,
    react=react,
)
