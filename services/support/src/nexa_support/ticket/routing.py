"""Who takes a ticket: bugs of high priority go to senior agents, everything else to whoever is next."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.support import SupportRole, TicketAssigned, TicketPriority, TicketQueued, TicketType
from nexa_contracts.values import Because
from nexa_support.ticket import commands as c
from nexa_support.ticket import reaching
from nexa_support.ticket.commands import AddReply, AssignTicket, Command, RouteTicket
from nexa_support.ticket.desk import Choice, Desk, Needs, Seat, choose
from nexa_support.ticket.events import SeatFreed, SeatTaken
from nexa_support.ticket.state import Open, State, Ticket

NEXT_SHIFT = "next shift begins"
INVESTIGATE_WITHIN = timedelta(hours=2)
ROUTABLE_ROLES = (SupportRole.AGENT, SupportRole.MANAGER)
AWAY_FROM_DESK = (
    c.SubmitTicket,
    c.FindAccount,
    c.AddNote,
    c.PrioritiseTicket,
    c.EscalateTicket,
    c.LinkBug,
    c.UnlinkBug,
    c.AcknowledgeBug,
    c.AbsorbTicket,
    c.ReleaseTicket,
    c.SplitTicket,
    c.WarnSla,
    c.MeasureClocks,
    c.TakePlan,
    c.AskCsat,
    c.RecordCsat,
)


def comes_to_desk(command: Command) -> bool:
    """Whether deciding it may look at the roster, or take or free a seat. The customer's word may reopen what is settled."""
    if isinstance(command, AddReply):
        return command.from_customer
    return not isinstance(command, AWAY_FROM_DESK)


def route(command: RouteTicket, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    """Nothing happens to a ticket that somebody has, is settled, or needs a person to look at it first."""
    reaching.of(state, command.ticket_id)
    match state:
        case Open(ticket=ticket) if ticket.agent is None and not ticket.needs_person:
            return _routed(ticket, now, desk, command.say_again)
        case _:
            return []


def route_if_known(state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    """An open ticket that nobody has goes to the next agent, or waits for one, once it is known what it is."""
    match state:
        case Open(ticket=ticket) if ticket.agent is None and not ticket.needs_person and ticket.type is not None:
            return _routed(ticket, now, desk, say_again=False)
        case _:
            return []


def _routed(ticket: Ticket, now: datetime, desk: Desk, say_again: bool) -> Sequence[Event]:
    choice = choose(desk, needs_of(ticket), now)
    if choice.seat is not None:
        return [_assigned(ticket, choice.seat, choice.because, now)]
    return [_queued(ticket, choice, now)] if say_again or ticket.waiting_since is None else []


def assign(command: AssignTicket, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    ticket = reaching.at_work(state, command.ticket_id).ticket
    seat = desk.seats.get(command.agent_id)
    if seat is None:
        raise NotFound(f"There is nobody with the id {command.agent_id} on the roster.", rule="agent.unknown")
    if seat.role not in ROUTABLE_ROLES:
        raise Refused(f"{seat.name} is no agent but {seat.role.value}.", rule="ticket.agent", field="agent_id")
    if ticket.agent is not None and ticket.agent.agent_id == command.agent_id:
        return []
    because = Because(rule="a person decided", facts={**needs_of(ticket).facts, "reason": command.reason})
    return [_assigned(ticket, seat, because, now)]


def needs_of(ticket: Ticket) -> Needs:
    facts = {
        "type": ticket.type.value if ticket.type else "not known",
        "priority": ticket.priority.value,
        "feature": ticket.feature or "not known",
    }
    return Needs(is_pressing_bug(ticket), ticket.submitted.language, ticket.feature, facts)


def is_pressing_bug(ticket: Ticket) -> bool:
    return ticket.type is TicketType.BUG and ticket.priority in (TicketPriority.HIGH, TicketPriority.CRITICAL)


def _assigned(ticket: Ticket, seat: Seat, because: Because, now: datetime) -> TicketAssigned:
    pressing = is_pressing_bug(ticket)
    return TicketAssigned(
        **ticket.fields,
        agent=seat.person,
        previous=ticket.agent,
        type=ticket.type,
        priority=ticket.priority,
        instruction="Investigate within 2 hours" if pressing else "Answer the customer",
        due_at=now + INVESTIGATE_WITHIN if pressing else None,
        because=because,
    )


def _queued(ticket: Ticket, choice: Choice, now: datetime) -> TicketQueued:
    begin = {NEXT_SHIFT: choice.next_begin.isoformat()} if choice.next_begin else {}
    because = choice.because.model_copy(update={"facts": {**choice.because.facts, **begin}})
    return TicketQueued(**ticket.fields, waiting_since=ticket.waiting_since or now, because=because)


def seats_moved(before: State, after: State, events: Sequence[Event], desk: Desk) -> Sequence[Event]:
    """For whom the ticket counts now and did not before, and the other way round."""
    was, now = _holder(before), _holder(after)
    new = any(isinstance(event, TicketAssigned) for event in events)
    if was == now or after is before:
        return []
    freed = [] if was is None else [SeatFreed(ticket_id=was[0], agent_id=was[1])]
    turn = desk.turn + 1 if new else None
    return [*freed, *([] if now is None else [SeatTaken(ticket_id=now[0], agent_id=now[1], turn=turn)])]


def _holder(state: State) -> tuple[UUID, UUID] | None:
    match state:
        case Open(ticket=ticket) if ticket.agent is not None:
            return ticket.ticket_id, ticket.agent.agent_id
        case _:
            return None
