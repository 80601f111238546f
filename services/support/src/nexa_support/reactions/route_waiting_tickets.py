"""A ticket that nobody could take is offered to the first who can: the roster changed, another ticket left a desk, or
a shift begins.

Those who wait are kept in lines, by the language and the level they need. A freed place is offered to the head of each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.envelope import Event
from nexa_contracts.support import (
    AgentUpdated,
    TicketAssigned,
    TicketMerged,
    TicketQueued,
    TicketResolved,
    TicketStatus,
    TicketStatusChanged,
)
from nexa_support.ticket.commands import RouteTicket
from nexa_support.ticket.routing import NEXT_SHIFT

THE_QUEUE = derive("support", "waiting-tickets")
MOST_OFFERED = 500


@dataclass(frozen=True)
class Queue:
    """The line of each ticket without an agent, in the order in which they began to wait."""

    waiting: Mapping[UUID, str] = field(default_factory=dict)

    def heads(self) -> Iterator[UUID]:
        seen: set[str] = set()
        for ticket_id, line in self.waiting.items():
            if line not in seen:
                seen.add(line)
                yield ticket_id


def evolve(queue: Queue, fact: Recorded) -> Queue:
    match fact.event:
        case TicketQueued(ticket_id=ticket_id, because=because):
            line = f"{because.rule.partition(':')[0]} {because.facts.get('language', '')}"
            return Queue({**queue.waiting, ticket_id: line})
        case TicketAssigned() | TicketResolved() | TicketMerged() | TicketStatusChanged(status=TicketStatus.CLOSED):
            return Queue({key: line for key, line in queue.waiting.items() if key != fact.event.ticket_id})
        case _:
            return queue


def react(queue: Queue, fact: Recorded, now: datetime) -> Iterator[RouteTicket | Deadline]:
    match fact.event:
        case AgentUpdated():
            for ticket_id in list(queue.waiting)[:MOST_OFFERED]:
                yield RouteTicket(ticket_id=ticket_id)
        case TicketQueued(ticket_id=ticket_id, because=because):
            yield RouteTicket(ticket_id=ticket_id)  # the roster may have changed since
            if (begin := because.facts.get(NEXT_SHIFT)) is not None:
                again = RouteTicket(ticket_id=ticket_id, say_again=True)
                yield Deadline(at=datetime.fromisoformat(begin), command=again)
        case _:
            for ticket_id in queue.heads():
                yield RouteTicket(ticket_id=ticket_id)


def the_queue(event: Event) -> UUID:
    return THE_QUEUE


route_waiting_tickets = Process(
    name="route_waiting_tickets",
    on=(AgentUpdated, TicketQueued, TicketAssigned, TicketResolved, TicketMerged, TicketStatusChanged),
    key=the_queue,
    initial=Queue(),
    states=(Queue,),
    evolve=evolve,
    react=react,
)
