"""From a state to the ticket that a command is about, or the refusal that says why not."""

from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_support.ticket.state import Closed, Merged, NotSubmitted, Open, Resolved, Stage, State, Ticket


def of(state: State, ticket_id: UUID) -> Ticket:
    """The ticket in whatever stage. Raises NotFound."""
    match state:
        case NotSubmitted():
            raise NotFound(f"There is no ticket {ticket_id}.", rule="ticket.unknown")
        case Open() | Resolved() | Closed() | Merged():
            return state.ticket


def stage(state: State, ticket_id: UUID) -> Stage:
    """Its stage, of a merged ticket the one it would be in by itself. Raises NotFound."""
    of(state, ticket_id)
    match state:
        case Merged(before=before):
            return before
        case Open() | Resolved() | Closed():
            return state
        case NotSubmitted():
            raise AssertionError(ticket_id)


def here(state: State, ticket_id: UUID) -> Stage:
    """Its stage, if it goes on here. Raises Refused for a ticket that was merged into another one."""
    if isinstance(state, Merged):
        raise Refused(
            f"The ticket goes on in {state.into_reference}; write there, or undo the merge first.",
            rule="ticket.merged",
        )
    return stage(state, ticket_id)


def at_work(state: State, ticket_id: UUID) -> Open:
    """The open ticket. Raises Refused for one that is settled or merged."""
    found = here(state, ticket_id)
    if not isinstance(found, Open):
        raise Refused(f"The ticket is {found.status.value}; reopen it first.", rule="ticket.settled")
    return found
