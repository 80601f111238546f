"""Who reported something is asked how content they are some time after it was settled, unless it is open again by then."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.support import TicketResolved
from nexa_support.settings import support_settings
from nexa_support.ticket.commands import AskCsat


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case TicketResolved(ticket_id=ticket_id, resolved_at=at):
            yield Deadline(at=at + support_settings().csat_after, command=AskCsat(ticket_id=ticket_id))
        case _:
            return


ask_for_csat = Reaction(name="ask_for_csat", on=(TicketResolved,), react=react)
