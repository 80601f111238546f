"""What scoring finds out about a ticket is taken over, whenever it comes; a person's word stays."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.scoring import TicketAnalyzed
from nexa_support.ticket.commands import TakeAnalysis


def react(fact: Recorded, now: datetime) -> Iterator[TakeAnalysis]:
    match fact.event:
        case TicketAnalyzed() as analysis:
            yield TakeAnalysis(ticket_id=analysis.ticket_id, analysis=analysis, analysis_id=fact.id)
        case _:
            return


take_analysis = Reaction(name="take_analysis", on=(TicketAnalyzed,), react=react)
