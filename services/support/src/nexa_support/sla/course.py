"""What happened to a ticket as far as its clocks go: which promises were given, which ended, when they did not run.

Moments fold into a course; no policy and no calendar is known here, so the same course can be measured by any of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from nexa_contracts.support import ClockMove, MomentOfClocks, SlaClock


@dataclass(frozen=True)
class Run:
    """A promise, from when it was given to when it was kept."""

    clock: SlaClock
    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Pause:
    """When no clock ran."""

    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Course:
    """Clocks stand still while the ticket waits for the customer, is settled, or goes on in another one."""

    runs: tuple[Run, ...] = ()
    pauses: tuple[Pause, ...] = ()
    waiting: bool = False
    settled: bool = False
    merged: bool = False
    last_at: datetime | None = None

    @property
    def stands_still(self) -> bool:
        return self.waiting or self.settled or self.merged

    def like(self, other: "Course") -> bool:
        """Whether nothing but time lies between them."""
        return replace(self, last_at=other.last_at) == other


def course_of(moments: Iterable[MomentOfClocks]) -> Course:
    course = Course()
    for moment in moments:
        course = after(course, moment)
    return course


def after(course: Course, moment: MomentOfClocks) -> Course:
    """The course after the moment; one that is told late counts from the one told before it."""
    at = moment.at if course.last_at is None else max(moment.at, course.last_at)
    moved = _paused(course, _moved(course, moment.move, at), at)
    return replace(moved, last_at=at)


def _moved(course: Course, move: ClockMove, at: datetime) -> Course:
    match move:
        case ClockMove.SUBMITTED:
            return replace(course, runs=(Run(SlaClock.ACKNOWLEDGE, at), Run(SlaClock.RESOLVE, at)))
        case ClockMove.CUSTOMER_WROTE:
            return course if course.settled else _asked(replace(course, waiting=False), at)
        case ClockMove.ANSWERED:
            return _ended(course, (SlaClock.ACKNOWLEDGE, SlaClock.NEXT_RESPONSE), at)
        case ClockMove.WAITING:
            return replace(course, waiting=True)
        case ClockMove.RESUMED:
            return replace(course, waiting=False)
        case ClockMove.SETTLED:
            return replace(_ended(course, tuple(SlaClock), at), settled=True)
        case ClockMove.REOPENED:
            return _resolving_again(replace(course, settled=False, waiting=False))
        case ClockMove.MERGED:
            return replace(course, merged=True)
        case ClockMove.UNMERGED:
            return replace(course, merged=False)
        case _:
            assert_never(move)


def _asked(course: Course, at: datetime) -> Course:
    """The next response is promised from the first message that nobody has answered."""
    if any(run.clock is SlaClock.NEXT_RESPONSE and run.ended_at is None for run in course.runs):
        return course
    return replace(course, runs=(*course.runs, Run(SlaClock.NEXT_RESPONSE, at)))


def _ended(course: Course, clocks: tuple[SlaClock, ...], at: datetime) -> Course:
    runs = (replace(run, ended_at=at) if run.clock in clocks and run.ended_at is None else run for run in course.runs)
    return replace(course, runs=tuple(runs))


def _resolving_again(course: Course) -> Course:
    runs = (replace(run, ended_at=None) if run.clock is SlaClock.RESOLVE else run for run in course.runs)
    return replace(course, runs=tuple(runs))


def _paused(before: Course, now: Course, at: datetime) -> Course:
    if now.stands_still == before.stands_still:
        return now
    if now.stands_still:
        return replace(now, pauses=(*now.pauses, Pause(at)))
    *earlier, last = now.pauses
    gone = () if last.began_at == at else (replace(last, ended_at=at),)
    return replace(now, pauses=(*earlier, *gone))
