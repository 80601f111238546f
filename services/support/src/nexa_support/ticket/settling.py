"""A ticket is settled, reopened, and its customer asked how content they are."""

from collections.abc import Sequence
from datetime import datetime

from nexa_chassis.domain import Refused
from nexa_contracts.envelope import Event
from nexa_contracts.support import CsatRecorded, CsatRequested, Requester, TicketReopened, TicketResolved, TicketStatus
from nexa_support.ticket import conversing, reaching, routing
from nexa_support.ticket.commands import AskCsat, HearFromMerged, RecordCsat, ReopenTicket, ResolveTicket
from nexa_support.ticket.desk import Desk
from nexa_support.ticket.state import Closed, Merged, Open, Resolved, State, evolve

BEST = 10


def resolve(command: ResolveTicket, state: State, now: datetime) -> Sequence[Event]:
    """A merged ticket is settled too, so that its customer is told; it stays merged."""
    stage = reaching.stage(state, command.ticket_id)
    ticket = stage.ticket
    if not isinstance(stage, Open) or (command.bug_id is not None and ticket.bug_id != command.bug_id):
        return []
    heard = command.told is not None and _is_same(command.told, ticket.requester)
    return [
        TicketResolved(
            **ticket.fields,
            requester=ticket.requester,
            resolution=command.resolution,
            resolved_at=now,
            bug_id=command.bug_id,
            deployment_id=command.deployment_id,
            version=command.version,
            tell_customer=command.tell_customer and not heard,
            feature_name=command.feature_name,
        )
    ]


def _is_same(one: Requester, other: Requester) -> bool:
    if one.contact_id is not None and one.contact_id == other.contact_id:
        return True
    return one.email is not None and other.email is not None and one.email.casefold() == other.email.casefold()


def reopen(command: ReopenTicket, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    stage = reaching.stage(state, command.ticket_id)
    match stage:
        case Open():
            return []
        case Resolved(settled=settled) | Closed(settled=settled):
            by = settled.deployment_id if settled else None
            if command.deployment_id is not None and by != command.deployment_id:
                return []
            if command.bug_id is not None and stage.ticket.bug_id != command.bug_id:
                return []
            reopened = TicketReopened(**stage.ticket.fields, reason=command.reason, bug_id=command.bug_id)
            return [reopened, *routing.route_if_known(evolve(state, reopened), now, desk)]


def hear_from_merged(command: HearFromMerged, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    reason = f"The customer wrote in {command.from_reference}"
    match state:
        case Open(status=TicketStatus.WAITING_FOR_CUSTOMER):
            return [conversing.awaited(state, reason)]
        case Resolved() | Closed():
            return reopen(ReopenTicket(ticket_id=command.ticket_id, reason=reason), state, now, desk)
        case _:
            return []


def ask_csat(command: AskCsat, state: State) -> Sequence[Event]:
    """Once, of a ticket that was resolved; nobody is asked who left no address, or whose ticket goes on elsewhere."""
    match state:
        case Resolved(ticket=ticket) | Closed(ticket=ticket, settled=TicketResolved()):
            if ticket.csat_asked or ticket.requester.email is None:
                return []
            notice_id = state.settled.notice_id if state.settled else None
            return [CsatRequested(**ticket.fields, requester=ticket.requester, notice_id=notice_id)]
        case Merged() | Open() | Closed():
            return []
        case _:
            reaching.of(state, command.ticket_id)
            return []


def record_csat(command: RecordCsat, state: State) -> Sequence[Event]:
    ticket = reaching.of(state, command.ticket_id)
    if not ticket.csat_asked:
        raise Refused("Nobody has asked about this ticket yet.", rule="csat.not_asked")
    if not 0 <= command.score <= BEST:
        raise Refused(f"The score is 0 to {BEST}, not {command.score}.", rule="csat.score", field="score")
    known = ticket.csat
    if known is not None and (known.score, known.comment) == (command.score, command.comment):
        return []
    return [CsatRecorded(**ticket.fields, score=command.score, comment=command.comment, agent=ticket.agent)]
