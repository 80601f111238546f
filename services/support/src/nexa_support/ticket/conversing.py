"""The conversation that the customer sees, and the notes that no customer ever sees: two things, never one."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from nexa_chassis.domain import Refused
from nexa_contracts.envelope import Event
from nexa_contracts.support import (
    InternalNoteAdded,
    TicketReopened,
    TicketReplied,
    TicketStatus,
    TicketStatusChanged,
)
from nexa_support.ticket import reaching, routing
from nexa_support.ticket.commands import AddNote, AddReply
from nexa_support.ticket.desk import Desk
from nexa_support.ticket.state import Closed, Open, Resolved, State, Ticket, evolve


def reply(command: AddReply, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    ticket = reaching.of(state, command.ticket_id)
    if command.reply_id in ticket.replies:
        return []
    if not command.text.strip() and not command.attachments:
        raise Refused("A message has a text or an attachment.", rule="reply.empty", field="text")
    if command.from_customer:
        return list(_from_customer(command, state, now, desk))
    return list(_to_customer(command, state))


def _from_customer(command: AddReply, state: State, now: datetime, desk: Desk) -> Iterator[Event]:
    """Never refused: what was settled long ago keeps the message, and a new ticket follows from it."""
    ticket = reaching.of(state, command.ticket_id)
    match state:
        case Resolved() | Closed() if may_reopen(state, now, desk):
            reopened = TicketReopened(**ticket.fields, reason="The customer wrote again")
            yield reopened
            yield _replied(command, ticket)
            yield from routing.route_if_known(evolve(state, reopened), now, desk)
        case Open(status=TicketStatus.WAITING_FOR_CUSTOMER):
            yield _replied(command, ticket)
            yield awaited(state, "The customer wrote")
        case _:
            yield _replied(command, ticket)


def _to_customer(command: AddReply, state: State) -> Iterator[Event]:
    stage = reaching.here(state, command.ticket_id)
    yield _replied(command, stage.ticket)
    if stage.status is TicketStatus.OPEN and command.by_agent is not None:
        yield TicketStatusChanged(
            **stage.ticket.fields, status=TicketStatus.IN_PROGRESS, previous=stage.status, reason="An agent answered"
        )


def may_reopen(stage: Resolved | Closed, now: datetime, desk: Desk) -> bool:
    since = stage.settled.resolved_at if isinstance(stage, Resolved) else stage.closed_at
    return now - since <= desk.reopen_within


def awaited(state: Open, reason: str) -> TicketStatusChanged:
    """What was waited for came: the work stands where it stood before."""
    return TicketStatusChanged(**state.ticket.fields, status=state.resumes, previous=state.status, reason=reason)


def _replied(command: AddReply, ticket: Ticket) -> TicketReplied:
    return TicketReplied(
        **ticket.fields,
        reply_id=command.reply_id,
        from_customer=command.from_customer,
        author=command.author,
        text=command.text,
        channel=command.channel,
        requester=ticket.requester,
        attachments=command.attachments,
    )


def note(command: AddNote, state: State) -> Sequence[Event]:
    """A merged ticket can be noted on too: the note stays where it was written."""
    ticket = reaching.of(state, command.ticket_id)
    if command.note_id in ticket.notes:
        return []
    if not command.text.strip():
        raise Refused("A note has a text.", rule="note.empty", field="text")
    return [
        InternalNoteAdded(
            **ticket.fields,
            note_id=command.note_id,
            author=command.author,
            text=command.text,
            next_steps=command.next_steps,
        )
    ]
