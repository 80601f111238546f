"""A ticket that nobody analysed in time is given to somebody all the same."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.support import TicketReopened, TicketSubmitted
from nexa_support.ticket.commands import RouteTicket

ANALYSED_WITHIN = timedelta(minutes=10)


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case TicketSubmitted(ticket_id=ticket_id) | TicketReopened(ticket_id=ticket_id):
            yield Deadline(at=fact.recorded_at + ANALYSED_WITHIN, command=RouteTicket(ticket_id=ticket_id))
        case _:
            return


route_unanalysed_tickets = Reaction(name="route_unanalysed_tickets", on=(TicketSubmitted, TicketReopened), react=react)
