"""Two tickets become one, or one becomes two; undone, each is what it was, and messages stay where they were written."""

from collections.abc import Sequence
from datetime import datetime

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.support import (
    TicketMerged,
    TicketQueued,
    TicketSplit,
    TicketSplitUndone,
    TicketUnmerged,
)
from nexa_contracts.values import Because
from nexa_support.ticket import reaching
from nexa_support.ticket.commands import (
    AbsorbTicket,
    MergeTicket,
    ReleaseTicket,
    SplitTicket,
    UndoSplit,
    UnmergeTicket,
)
from nexa_support.ticket.events import TicketAbsorbed, TicketReleased
from nexa_support.ticket.reference import reference_of
from nexa_support.ticket.state import Merged, Open, State


def merge(command: MergeTicket, state: State) -> Sequence[Event]:
    ticket = reaching.of(state, command.ticket_id)
    if command.into_id == command.ticket_id:
        raise Refused("A ticket cannot go on in itself.", rule="ticket.merge", field="into_id")
    if isinstance(state, Merged) and state.into_id == command.into_id:
        return []
    reaching.here(state, command.ticket_id)
    return [TicketMerged(**ticket.fields, into_id=command.into_id, into_reference=command.into_reference)]


def absorb(command: AbsorbTicket, state: State) -> Sequence[Event]:
    ticket = reaching.here(state, command.ticket_id).ticket
    if command.from_id in ticket.absorbed:
        return []
    return [
        TicketAbsorbed(
            ticket_id=command.ticket_id, from_id=command.from_id, from_reference=reference_of(command.from_id)
        )
    ]


def unmerge(command: UnmergeTicket, state: State, now: datetime) -> Sequence[Event]:
    """A ticket that waited for an agent waits again, since when it did."""
    ticket = reaching.of(state, command.ticket_id)
    if not isinstance(state, Merged):
        return []
    unmerged = TicketUnmerged(**ticket.fields, into_id=state.into_id)
    if not isinstance(state.before, Open) or ticket.waiting_since is None:
        return [unmerged]
    because = Because(rule="it waited before it was merged")
    return [unmerged, TicketQueued(**ticket.fields, waiting_since=ticket.waiting_since, because=because)]


def release(command: ReleaseTicket, state: State) -> Sequence[Event]:
    ticket = reaching.of(state, command.ticket_id)
    if command.from_id not in ticket.absorbed:
        return []
    return [
        TicketReleased(
            ticket_id=command.ticket_id, from_id=command.from_id, from_reference=reference_of(command.from_id)
        )
    ]


def split(command: SplitTicket, state: State) -> Sequence[Event]:
    ticket = reaching.here(state, command.ticket_id).ticket
    if command.new_ticket_id in ticket.splits or command.new_ticket_id in ticket.undone_splits:
        return []
    if not command.reply_ids:
        raise Refused("Name the messages that go into the new ticket.", rule="ticket.split", field="reply_ids")
    for reply_id in command.reply_ids:
        if reply_id not in ticket.replies:
            raise Refused(
                f"The message {reply_id} was not written in {ticket.reference}; split the ticket it was written in.",
                rule="ticket.split",
                field="reply_ids",
            )
        if reply_id in ticket.elsewhere:
            raise Refused(
                f"The message {reply_id} is in a ticket of its own already.", rule="ticket.split", field="reply_ids"
            )
    reply_ids = tuple(dict.fromkeys(command.reply_ids))
    return [TicketSplit(**ticket.fields, new_ticket_id=command.new_ticket_id, reply_ids=reply_ids)]


def undo_split(command: UndoSplit, state: State) -> Sequence[Event]:
    ticket = reaching.here(state, command.ticket_id).ticket
    if command.new_ticket_id in ticket.undone_splits:
        return []
    if command.new_ticket_id not in ticket.splits:
        raise NotFound(
            f"{reference_of(command.new_ticket_id)} was not split from {ticket.reference}.", rule="ticket.split"
        )
    return [TicketSplitUndone(**ticket.fields, new_ticket_id=command.new_ticket_id)]
