"""How the promises of a ticket stand at an instant: its course, measured by a policy in the time of a calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from nexa_contracts.support import ClockState, SlaClock, SlaPolicy
from nexa_support.sla.calendar import WorkingTime
from nexa_support.sla.course import Course, Pause, Run


@dataclass(frozen=True)
class Reading:
    """A promise as it stands.

    `used` and `paused` are time of the calendar and add up to what has passed of it since `began_at`. `due_at`: when `used`
    reaches the target, None where it never does as things stand. `steps`: when the further steps of the ladder come.
    """

    clock: SlaClock
    state: ClockState
    began_at: datetime
    ended_at: datetime | None
    target: timedelta
    used: timedelta
    paused: timedelta
    warn_at: datetime | None
    due_at: datetime | None
    steps: tuple[datetime | None, ...]

    @property
    def breached_at(self) -> datetime | None:
        return self.due_at if self.state is ClockState.BREACHED else None

    def alarm_at(self, step: int) -> datetime | None:
        """When the warning (0), the breach (1) or a further step of the ladder comes."""
        alarms = (self.warn_at, self.due_at, *self.steps)
        return alarms[step] if step < len(alarms) else None


def measure(course: Course, policy: SlaPolicy, time: WorkingTime, now: datetime) -> tuple[Reading, ...]:
    """Every promise of the course, in the order in which they were given, at `now` or its last moment if that is later."""
    at = now if course.last_at is None else max(now, course.last_at)
    return tuple(_read(run, course.pauses, policy, time, at) for run in course.runs)


def target_of(policy: SlaPolicy, clock: SlaClock) -> timedelta:
    minutes = {
        SlaClock.ACKNOWLEDGE: policy.acknowledge_minutes,
        SlaClock.NEXT_RESPONSE: policy.next_response_minutes,
        SlaClock.RESOLVE: policy.resolve_minutes,
    }
    return timedelta(minutes=minutes[clock])


def _read(run: Run, pauses: tuple[Pause, ...], policy: SlaPolicy, time: WorkingTime, now: datetime) -> Reading:
    until = run.ended_at or now
    stretches = [
        _Stretch(begin, time.between(begin, end), goes_on) for begin, end, goes_on in _running(run, pauses, until)
    ]
    used = sum((stretch.lasts for stretch in stretches), timedelta())
    target = target_of(policy, run.clock)

    def reached(percent: int) -> datetime | None:
        return _reached(target * percent / 100, stretches, time)

    due_at = reached(100)
    return Reading(
        clock=run.clock,
        state=_state(run, due_at, until, bool(stretches) and stretches[-1].goes_on),
        began_at=run.began_at,
        ended_at=run.ended_at,
        target=target,
        used=used,
        paused=time.between(run.began_at, until) - used,
        warn_at=reached(policy.warn_percent),
        due_at=due_at,
        steps=tuple(reached(100 + percent) for percent in policy.escalate_percent),
    )


def _state(run: Run, due_at: datetime | None, until: datetime, goes_on: bool) -> ClockState:
    if due_at is not None and due_at <= until:
        return ClockState.BREACHED
    if run.ended_at is not None:
        return ClockState.MET
    return ClockState.RUNNING if goes_on else ClockState.PAUSED


@dataclass(frozen=True)
class _Stretch:
    """When the clock ran without a break, and how much of the calendar's time that was; `goes_on`: it still does."""

    begin: datetime
    lasts: timedelta
    goes_on: bool


def _running(run: Run, pauses: tuple[Pause, ...], until: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
    """Begin and end of each stretch, and whether it goes on."""
    begin = run.began_at
    for pause in pauses:
        if pause.ended_at is not None and pause.ended_at <= begin:
            continue
        if pause.began_at >= until and run.ended_at is not None:
            break
        if pause.began_at > begin:
            yield begin, min(pause.began_at, until), False
        if pause.ended_at is None:
            return
        begin = pause.ended_at
    if begin <= until:
        yield begin, until, run.ended_at is None


def _reached(amount: timedelta, stretches: list[_Stretch], time: WorkingTime) -> datetime | None:
    """When so much time is used: in the past, or ahead if the clock goes on."""
    for stretch in stretches:
        if stretch.lasts >= amount or stretch.goes_on:
            return time.after(stretch.begin, amount)
        amount -= stretch.lasts
    return None
