"""Who reports a bug is told how it stands once support says so; who reports it later too, until it is fixed or declined.

All tickets of one customer carry one notice, so that they are told once each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.support import (
    BugAcknowledged,
    BugDeclined,
    BugFixed,
    BugReopened,
    TicketLinked,
    TicketUnlinked,
)
from nexa_support.bug.reporters import Reporters
from nexa_support.bug.words import eta_in_words
from nexa_support.ticket.commands import AcknowledgeBug

Fact = BugAcknowledged | BugFixed | BugReopened | BugDeclined | TicketLinked | TicketUnlinked


@dataclass(frozen=True)
class Known:
    """`said`: what is told of the bug now; `time`: how often it has been said, which tells one notice from the next."""

    reporters: Reporters = field(default_factory=Reporters)
    said: BugAcknowledged | None = None
    time: int = 0


def evolve(known: Known, fact: Recorded) -> Known:
    match fact.event:
        case TicketLinked(ticket_id=ticket_id, requester=requester):
            return replace(known, reporters=known.reporters.linked(ticket_id, requester))
        case TicketUnlinked(ticket_id=ticket_id):
            return replace(known, reporters=known.reporters.unlinked(ticket_id))
        case BugAcknowledged() as said:
            return replace(known, said=said, time=known.time + 1)
        case BugFixed() | BugReopened() | BugDeclined():
            return replace(known, said=None)
        case _:
            return known


def react(known: Known, fact: Recorded, now: datetime) -> Iterator[AcknowledgeBug]:
    match fact.event:
        case TicketLinked(ticket_id=ticket_id) if known.said is not None:
            yield _tell(known, known.said, ticket_id, now)
        case BugAcknowledged() as said:
            yield from (_tell(known, said, ticket_id, now) for ticket_id in known.reporters.first)
        case _:
            return


def _tell(known: Known, said: BugAcknowledged, ticket_id: UUID, now: datetime) -> AcknowledgeBug:
    """Hours until the fix are counted from when this customer is told."""
    return AcknowledgeBug(
        ticket_id=ticket_id,
        bug_id=said.bug_id,
        status=said.status,
        priority=said.priority,
        eta=said.eta or eta_in_words(said.eta_at, now),
        eta_at=said.eta_at,
        workaround=said.workaround,
        notice_id=derive(known.reporters.first[ticket_id], said.bug_id, known.time),
    )


def the_bug(event: Fact) -> UUID:
    return event.bug_id


tell_of_known_bugs = Process(
    name="tell_of_known_bugs",
    on=(BugAcknowledged, BugFixed, BugReopened, BugDeclined, TicketLinked, TicketUnlinked),
    key=the_bug,
    initial=Known(),
    states=(Known,),
    evolve=evolve,
    react=react,
)
