"""What a ticket is about: the analysis says, a person corrects, and the person's word stays."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from nexa_chassis.domain import Refused
from nexa_contracts.envelope import Event
from nexa_contracts.scoring import Finding, TicketAnalyzed
from nexa_contracts.support import (
    Severity,
    TicketClassified,
    TicketCorrected,
    TicketPrioritised,
    TicketPriority,
    TicketType,
)
from nexa_support.ticket import reaching, routing
from nexa_support.ticket.commands import CorrectTicket, TakeAnalysis
from nexa_support.ticket.desk import Desk
from nexa_support.ticket.state import State, Ticket, evolve

Kind = TypeVar("Kind", bound=StrEnum)

SEVERITY_OF = {
    TicketPriority.CRITICAL: Severity.P1,
    TicketPriority.HIGH: Severity.P2,
    TicketPriority.NORMAL: Severity.P3,
    TicketPriority.LOW: Severity.P4,
}
VALUES = {
    "type": tuple(TicketType),
    "priority": tuple(TicketPriority),
    "severity": tuple(Severity),
    "sentiment": ("frustrated", "neutral", "content"),
    "urgency": ("high", "medium", "low"),
}
"""What may be said of each field; a feature is any key of scoring's catalogue."""


def take(command: TakeAnalysis, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    """A settled or merged ticket learns what it was about too; only an open one that nobody has is routed."""
    ticket = reaching.of(state, command.ticket_id)
    if ticket.analysis_id == command.analysis_id:
        return []
    classified = _classified(ticket, command.analysis, command.analysis_id)
    return [classified, *routing.route_if_known(evolve(state, classified), now, desk)]


def _classified(ticket: Ticket, analysis: TicketAnalyzed, analysis_id: str) -> TicketClassified:
    priority = _priority(ticket, analysis)
    type_ = ticket.type if "type" in ticket.said else _read(TicketType, analysis.type)
    unsure = type_ is None or ("priority" not in ticket.said and _read(TicketPriority, analysis.priority) is None)
    return TicketClassified(
        **ticket.fields,
        type=type_,
        priority=priority,
        severity=ticket.severity if "severity" in ticket.said else SEVERITY_OF[priority],
        feature=_word(ticket, "feature", ticket.feature, analysis.feature),
        sentiment=_word(ticket, "sentiment", ticket.sentiment, analysis.sentiment),
        urgency=_word(ticket, "urgency", ticket.urgency, analysis.urgency),
        similar=analysis.similar_in_week,
        recommended_priority=_read(Severity, analysis.recommended_priority),
        needs_person=unsure and ticket.agent is None,
        analysis_id=analysis_id,
    )


def _priority(ticket: Ticket, analysis: TicketAnalyzed) -> TicketPriority:
    if "priority" in ticket.said:
        return ticket.priority
    return _read(TicketPriority, analysis.priority) or TicketPriority.NORMAL


def _word(ticket: Ticket, name: str, known: str | None, finding: Finding) -> str | None:
    return known if name in ticket.said else finding.value


def _read(kind: type[Kind], finding: Finding) -> Kind | None:
    return kind(finding.value) if finding.value in tuple(kind) else None


def correct(command: CorrectTicket, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    ticket = reaching.of(state, command.ticket_id)
    _check(command.field, command.value)
    before = getattr(ticket, command.field)
    if before == command.value and command.field in ticket.said:
        return []
    events = list(_corrected(command, ticket))
    for event in events:
        state = evolve(state, event)
    return [*events, *routing.route_if_known(state, now, desk)]


def _corrected(command: CorrectTicket, ticket: Ticket) -> Iterator[Event]:
    before = getattr(ticket, command.field)
    yield TicketCorrected(
        **ticket.fields,
        field=command.field,
        before=None if before is None else str(before),
        after=command.value,
        by=command.by,
        analysis_id=ticket.analysis_id,
    )
    if command.field == "priority":
        priority = TicketPriority(command.value)
        severity = ticket.severity if "severity" in ticket.said else SEVERITY_OF[priority]
        yield TicketPrioritised(**ticket.fields, priority=priority, severity=severity, reason=command.reason)
    if command.field == "severity":
        severity = Severity(command.value)
        yield TicketPrioritised(**ticket.fields, priority=ticket.priority, severity=severity, reason=command.reason)


def _check(field: str, value: str) -> None:
    """Raises Refused for a field that no analysis has, and for a value that the field cannot have."""
    if field == "feature":
        if not value.strip():
            raise Refused("Name the feature by its key, such as data_export.", rule="ticket.value", field="value")
        return
    if field not in VALUES:
        known = ", ".join((*VALUES, "feature"))
        raise Refused(f"{field!r} cannot be corrected; choose one of {known}.", rule="ticket.field", field="field")
    if value not in VALUES[field]:
        known = ", ".join(VALUES[field])
        raise Refused(f"A ticket's {field} is {known}; not {value!r}.", rule="ticket.value", field="value")
