"""A ticket is analysed when it comes in, and what resembles it again when an older similar one is heard of later.

Whose it is, whether it was merged and what people correct is followed, so that later tickets are compared with what holds.
"""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.scoring import TicketAnalyzed
from nexa_contracts.support import (
    TicketAccountFound,
    TicketCorrected,
    TicketMerged,
    TicketSubmitted,
    TicketUnmerged,
)
from nexa_scoring.ticket_analysis.decisions import (
    AnalyseAgain,
    AnalyseTicket,
    AttributeTicket,
    KeepLabel,
    SetTicketAside,
    TakeTicketBack,
    TicketCommand,
)
from nexa_scoring.ticket_analysis.questions import TicketText


def react(fact: Recorded, now: datetime) -> Iterator[TicketCommand]:
    match fact.event:
        case TicketSubmitted() as submitted:
            yield _analyse(submitted, fact)
        case TicketAccountFound(ticket_id=ticket_id, account_id=account_id) if account_id is not None:
            yield AttributeTicket(ticket_id=ticket_id, account_id=account_id, caused_by=fact.id)
        case TicketMerged(ticket_id=ticket_id):
            yield SetTicketAside(ticket_id=ticket_id, caused_by=fact.id)
        case TicketUnmerged(ticket_id=ticket_id):
            yield TakeTicketBack(ticket_id=ticket_id, caused_by=fact.id)
        case TicketCorrected() as corrected:
            yield _label(corrected, fact)
        case TicketAnalyzed(later=later):
            for ticket_id in later:
                yield AnalyseAgain(ticket_id=ticket_id, caused_by=fact.id)


def _analyse(submitted: TicketSubmitted, fact: Recorded) -> AnalyseTicket:
    return AnalyseTicket(
        ticket_id=submitted.ticket_id,
        text=TicketText(
            subject=submitted.subject,
            description=submitted.description,
            impact=submitted.impact,
            type=submitted.type,
            language=submitted.language,
        ),
        submitted_at=submitted.submitted_at,
        account_id=submitted.account_id,
        product_version=submitted.product_version,
        caused_by=fact.id,
    )


def _label(corrected: TicketCorrected, fact: Recorded) -> KeepLabel:
    return KeepLabel(
        ticket_id=corrected.ticket_id,
        label_id=fact.id,
        field=corrected.field,
        before=corrected.before,
        after=corrected.after,
        analysis_id=corrected.analysis_id,
        by_id=corrected.by.agent_id if corrected.by else None,
        corrected_at=fact.time,
    )


analyse_ticket = Reaction(
    name="analyse_ticket",
    on=(TicketSubmitted, TicketAccountFound, TicketMerged, TicketUnmerged, TicketCorrected, TicketAnalyzed),
    react=react,
)
