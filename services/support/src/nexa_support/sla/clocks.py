"""The clocks of a ticket: its course, by what it was measured last, and what has been told of each promise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from nexa_contracts.support import ClockReading, ClockState, Severity, SlaBreached, SlaClock, SlaClocksMoved, SlaWarned
from nexa_support.sla.course import Course, after
from nexa_support.sla.measuring import Reading, measure
from nexa_support.sla.policies import Policies

Promise: TypeAlias = tuple[SlaClock, datetime]
"""A clock and when it began."""

ClockEvent: TypeAlias = SlaClocksMoved | SlaWarned | SlaBreached


@dataclass(frozen=True)
class Told:
    """What has been told of a promise: the warning, and the last step of the ladder (0: none)."""

    warned: bool = False
    step: int = 0


@dataclass(frozen=True)
class Clocks:
    """`measured_by`: version of the policies, severity and plan; `shown`: each promise as it was last published."""

    course: Course = field(default_factory=Course)
    plan: str | None = None
    policy: str | None = None
    measured_by: tuple[int, Severity, str | None] | None = None
    told: Mapping[Promise, Told] = field(default_factory=dict)
    shown: Mapping[Promise, ClockReading] = field(default_factory=dict)

    def told_of(self, reading: Reading) -> Told:
        return self.told.get((reading.clock, reading.began_at), Told())


def evolve(clocks: Clocks, event: ClockEvent) -> Clocks:
    match event:
        case SlaClocksMoved():
            return _moved(clocks, event)
        case SlaWarned(clock=clock, began_at=datetime() as began_at):
            told = clocks.told.get((clock, began_at), Told())
            return replace(clocks, told={**clocks.told, (clock, began_at): replace(told, warned=True)})
        case SlaBreached(clock=clock, began_at=datetime() as began_at, step=step):
            return replace(clocks, told={**clocks.told, (clock, began_at): Told(warned=True, step=step)})
        case _:
            return clocks


def _moved(clocks: Clocks, event: SlaClocksMoved) -> Clocks:
    course = clocks.course
    for moment in event.moments:
        course = after(course, moment)
    shown = {(reading.clock, reading.began_at): reading for reading in event.clocks}
    told = {promise: _still_told(clocks.told[promise], shown.get(promise), event.at) for promise in clocks.told}
    return Clocks(
        course=course,
        plan=event.plan,
        policy=event.policy,
        measured_by=(event.policy_version, event.severity, event.plan),
        told=told,
        shown={**clocks.shown, **shown} if event.policy is not None else {},
    )


def _still_told(told: Told, reading: ClockReading | Reading | None, at: datetime) -> Told:
    """A promise that gained time is warned of, and broken, once more."""
    if reading is None:
        return told
    again = reading.warn_at is not None and reading.warn_at > at
    whole = reading.due_at is not None and reading.due_at > at
    return Told(warned=told.warned and not again, step=0 if whole else told.step)


@dataclass(frozen=True)
class Standing:
    """How the promises of a ticket stand, by which policy of which version; None: nothing is promised."""

    policy: str | None
    version: int
    clocks: tuple[ClockReading, ...]


def standing(clocks: Clocks, severity: Severity, policies: Policies, now: datetime) -> Standing:
    """By the policies given, over the whole history."""
    policy = policies.matching(severity, clocks.plan)
    if policy is None:
        return Standing(None, policies.version, ())
    readings = measure(clocks.course, policy, policies.time_of(policy), now)
    shown = tuple(_shown(each, _still_told(clocks.told_of(each), each, now)) for each in readings)
    return Standing(policy.name, policies.version, shown)


def standing_last(clocks: Clocks, severity: Severity, policies: Policies, now: datetime) -> Standing:
    """By the policies given; what is settled stays as it was measured last."""
    if clocks.course.settled and clocks.measured_by is not None:
        return Standing(clocks.policy, clocks.measured_by[0], tuple(clocks.shown.values()))
    return standing(clocks, severity, policies, now)


def _shown(reading: Reading, told: Told) -> ClockReading:
    """The promise as it is published, with what follows unless it stops."""
    step, at = _next(reading, told)
    return ClockReading(
        clock=reading.clock,
        state=reading.state,
        began_at=reading.began_at,
        target_minutes=int(reading.target.total_seconds()) // 60,
        used_seconds=int(reading.used.total_seconds()),
        paused_seconds=int(reading.paused.total_seconds()),
        warn_at=reading.warn_at,
        due_at=reading.due_at,
        ended_at=reading.ended_at,
        next_step=step,
        next_at=at,
    )


def stands_otherwise(now: ClockReading, before: ClockReading | None) -> bool:
    """Whether more than the time has changed."""
    return before is None or now != before.model_copy(
        update={"used_seconds": now.used_seconds, "paused_seconds": now.paused_seconds}
    )


def _next(reading: Reading, told: Told) -> tuple[int | None, datetime | None]:
    """The first alarm that has not been given."""
    for step, at in _alarms(reading):
        if step > told.step or (step == 0 and not told.warned):
            return step, at
    return None, None


def _alarms(reading: Reading) -> Iterator[tuple[int, datetime]]:
    """In their order; once the promise has ended, only a breach that was too late to be told."""
    ended = reading.ended_at is not None
    if not ended and reading.state is ClockState.RUNNING and reading.warn_at is not None:
        yield 0, reading.warn_at
    if reading.due_at is not None:
        yield 1, reading.due_at
    if not ended:
        yield from ((step, at) for step, at in enumerate(reading.steps, 2) if at is not None)
