"""The clocks of a ticket move with what happens to it; promises that are about to be broken, or are, are told of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.support import (
    ClockMove,
    ClockState,
    MomentOfClocks,
    SlaBreached,
    SlaClocksMoved,
    SlaPolicy,
    SlaWarned,
    SupportRole,
    TicketAcknowledged,
    TicketEscalated,
    TicketMerged,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketStatus,
    TicketStatusChanged,
    TicketSubmitted,
    TicketUnmerged,
)
from nexa_support.sla.clocks import standing, stands_otherwise
from nexa_support.sla.course import Course, after
from nexa_support.sla.measuring import Reading, measure
from nexa_support.sla.policies import Policies
from nexa_support.ticket import reaching
from nexa_support.ticket.commands import BreachSla, Command, HearFromMerged, MeasureClocks, TakePlan, WarnSla
from nexa_support.ticket.desk import Desk
from nexa_support.ticket.state import NotSubmitted, State, Ticket


def moved(command: Command, state: State, events: Sequence[Event], now: datetime, desk: Desk) -> Sequence[Event]:
    """How the clocks stand after these events (`state` has them): nothing where they stand as they stood."""
    if desk.policies is None or isinstance(state, NotSubmitted) or not (events or _asks_for_it(command)):
        return []
    ticket = state.ticket
    clocks = ticket.clocks
    course, moments = _went_on(clocks.course, _moments(command, events, now))
    plan = clocks.plan
    if isinstance(command, TakePlan) and command.account_id == ticket.account_id:
        plan = command.plan
    measured = course.settled or clocks.measured_by == (desk.policies.version, ticket.severity, plan)
    if not moments and measured:  # what is settled stays as it was measured last
        return []
    return [_read(ticket, course, moments, plan, desk.policies, now)]


def _asks_for_it(command: Command) -> bool:
    return isinstance(command, MeasureClocks | TakePlan | HearFromMerged)


def _moments(command: Command, events: Sequence[Event], now: datetime) -> Iterator[MomentOfClocks]:
    """What the customer wrote in a ticket that goes on in this one is answered here."""
    yield from (moment for event in events if (moment := moment_of(event, now)) is not None)
    if isinstance(command, HearFromMerged):
        yield MomentOfClocks(move=ClockMove.CUSTOMER_WROTE, at=now)


def _went_on(course: Course, moments: Iterable[MomentOfClocks]) -> tuple[Course, tuple[MomentOfClocks, ...]]:
    """The course after these moments, and those of them that changed it."""
    moved = []
    for moment in moments:
        following = after(course, moment)
        if not following.like(course):
            moved.append(moment)
            course = following
    return course, tuple(moved)


def moment_of(event: Event, now: datetime) -> MomentOfClocks | None:
    """What the event, which happens now, is to the clocks."""
    match event:
        case TicketSubmitted(submitted_at=at):
            return MomentOfClocks(move=ClockMove.SUBMITTED, at=min(at, now))
        case TicketReplied(from_customer=from_customer):
            move = ClockMove.CUSTOMER_WROTE if from_customer else ClockMove.ANSWERED
        case TicketAcknowledged():
            move = ClockMove.ANSWERED
        case TicketStatusChanged(status=TicketStatus.WAITING_FOR_CUSTOMER):
            move = ClockMove.WAITING
        case TicketResolved() | TicketStatusChanged(status=TicketStatus.CLOSED):
            move = ClockMove.SETTLED
        case TicketStatusChanged() | TicketEscalated():
            move = ClockMove.RESUMED
        case TicketReopened():
            move = ClockMove.REOPENED
        case TicketMerged():
            move = ClockMove.MERGED
        case TicketUnmerged():
            move = ClockMove.UNMERGED
        case _:
            return None
    return MomentOfClocks(move=move, at=now)


def _read(
    ticket: Ticket,
    course: Course,
    moments: tuple[MomentOfClocks, ...],
    plan: str | None,
    policies: Policies,
    now: datetime,
) -> SlaClocksMoved:
    found = standing(replace(ticket.clocks, course=course, plan=plan), ticket.severity, policies, now)
    before = ticket.clocks.shown
    return SlaClocksMoved(
        **ticket.fields,
        at=now,
        moments=moments,
        severity=ticket.severity,
        plan=plan,
        policy=found.policy,
        policy_version=found.version,
        clocks=tuple(each for each in found.clocks if stands_otherwise(each, before.get((each.clock, each.began_at)))),
    )


@dataclass(frozen=True)
class Promise:
    """A reading, with the policy that it is by."""

    reading: Reading
    due_at: datetime
    policy: SlaPolicy
    version: int


def warn(command: WarnSla, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    """If the clock still runs and is due when it was said to be; a promise whose time moved has a deadline of its own."""
    ticket = reaching.of(state, command.ticket_id)
    promise = _promise(ticket, command, now, desk)
    if promise is None or promise.reading.state is not ClockState.RUNNING:
        return []
    if ticket.clocks.told_of(promise.reading).warned:
        return []
    return [SlaWarned(**_clock_fields(ticket, promise), next_at=promise.due_at)]


def breach(command: BreachSla, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    """A broken promise is told of though it was kept since, too late; further steps only while it runs."""
    ticket = reaching.of(state, command.ticket_id)
    promise = _promise(ticket, command, now, desk)
    if promise is None or promise.reading.state is not ClockState.BREACHED:
        return []
    reading = promise.reading
    at = reading.alarm_at(command.step)
    if ticket.clocks.told_of(reading).step != command.step - 1 or at is None or at > now:
        return []
    if command.step > 1 and (reading.ended_at is not None or ticket.clocks.course.stands_still):
        return []
    return list(_told(ticket, promise, command.step, desk))


def _promise(ticket: Ticket, command: WarnSla | BreachSla, now: datetime, desk: Desk) -> Promise | None:
    """The promise that the command is about, if it is still due then."""
    policy = desk.policies.matching(ticket.severity, ticket.clocks.plan) if desk.policies else None
    if desk.policies is None or policy is None:
        return None
    for reading in measure(ticket.clocks.course, policy, desk.policies.time_of(policy), now):
        if reading.clock is command.clock and reading.due_at == command.due_at:
            return Promise(reading, command.due_at, policy, desk.policies.version)
    return None


def _told(ticket: Ticket, promise: Promise, step: int, desk: Desk) -> Iterator[SlaBreached]:
    """One event for each who is told; the last carries the next step, so that it is waited for once."""
    *others, last = _whom(ticket, step, desk)
    fields = _clock_fields(ticket, promise)
    for other in others:
        yield SlaBreached(**fields, step=step, tell_id=other)
    reading = promise.reading
    following = reading.alarm_at(step + 1) if reading.ended_at is None else None
    yield SlaBreached(**fields, step=step, tell_id=last, next_at=following)


def _whom(ticket: Ticket, step: int, desk: Desk) -> Sequence[UUID | None]:
    """The agent, then their manager, then all support managers; who is not there is passed over for the next."""
    if step == 1 and ticket.agent is not None:
        return [ticket.agent.agent_id]
    if step <= 2 and ticket.agent is not None and (manager := desk.manager_of(ticket.agent)) is not None:
        return [manager]
    managers = sorted(seat.agent_id for seat in desk.seats.values() if seat.role is SupportRole.MANAGER)
    return managers or [None]


def _clock_fields(ticket: Ticket, promise: Promise) -> dict[str, object]:
    return {
        **ticket.fields,
        "clock": promise.reading.clock,
        "policy": promise.policy.name,
        "policy_version": promise.version,
        "severity": ticket.severity,
        "target_minutes": int(promise.reading.target.total_seconds()) // 60,
        "due_at": promise.due_at,
        "agent": ticket.agent,
        "began_at": promise.reading.began_at,
    }
