"""How the work on a ticket stands, how soon and how badly it matters, and what support alone cannot solve."""

from collections.abc import Sequence
from datetime import datetime

from nexa_chassis.domain import Refused
from nexa_contracts.envelope import Event
from nexa_contracts.support import (
    Severity,
    TicketEscalated,
    TicketPrioritised,
    TicketPriority,
    TicketStatus,
    TicketStatusChanged,
)
from nexa_support.ticket import reaching
from nexa_support.ticket.commands import ChangeStatus, EscalateTicket, PrioritiseTicket
from nexa_support.ticket.events import ClosingNoted
from nexa_support.ticket.state import State

BY_HAND = (
    TicketStatus.OPEN,
    TicketStatus.IN_PROGRESS,
    TicketStatus.WAITING_FOR_CUSTOMER,
    TicketStatus.CLOSED,
)


def change_status(command: ChangeStatus, state: State, now: datetime) -> Sequence[Event]:
    stage = reaching.here(state, command.ticket_id)
    if command.status not in BY_HAND:
        raise Refused(
            f"A ticket becomes {command.status.value} by a command of its own, not by its status.",
            rule="ticket.status",
            field="status",
        )
    if command.status is stage.status:
        return []
    changed = TicketStatusChanged(
        **stage.ticket.fields, status=command.status, previous=stage.status, reason=command.reason
    )
    if command.status is TicketStatus.CLOSED:
        return [changed, ClosingNoted(ticket_id=command.ticket_id, closed_at=now)]
    reaching.at_work(state, command.ticket_id)
    return [changed]


def prioritise(command: PrioritiseTicket, state: State) -> Sequence[Event]:
    stage = reaching.here(state, command.ticket_id)
    ticket = stage.ticket
    said = {"priority", "severity"} <= ticket.said
    if said and (ticket.priority, ticket.severity) == (command.priority, command.severity):
        return []
    return [
        TicketPrioritised(**ticket.fields, priority=command.priority, severity=command.severity, reason=command.reason)
    ]


def escalate(command: EscalateTicket, state: State) -> Sequence[Event]:
    stage = reaching.at_work(state, command.ticket_id)
    if stage.status is TicketStatus.ESCALATED and stage.escalated_to == command.escalated_to:
        return []
    ticket = stage.ticket
    return [
        TicketEscalated(
            **ticket.fields,
            escalated_to=command.escalated_to,
            reason=command.reason,
            priority=TicketPriority.CRITICAL,
            severity=Severity.P1,
            feature=ticket.feature,
            agent=ticket.agent,
        )
    ]
