"""Clocks over any history: used and paused add up, a pause costs nothing, whoever measures again finds the same."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, settings
from hypothesis import given as over
from hypothesis import strategies as st

from nexa_contracts.support import BusinessCalendar, ClockMove, ClockState, MomentOfClocks, SlaClock
from nexa_support.sla.calendar import WorkingTime
from nexa_support.sla.course import Course, after, course_of
from nexa_support.sla.measuring import Reading, measure

from .promises import MINUTE, policy
from .test_working_time import BERLIN, LORD_HOWE, NEW_YORK, SYDNEY, every_day, on

M = ClockMove
CALENDARS = {
    "always": every_day(),
    "Berlin": on(range(5), ("09:00", "12:00"), ("13:00", "17:00"), zone=BERLIN, holidays_of="DE"),
    "New York": every_day(("00:00", "03:00"), ("22:00", "00:00"), zone=NEW_YORK),
    "Lord Howe": every_day(("01:00", "02:15"), ("20:00", "00:00"), zone=LORD_HOWE),
    "Sydney": every_day(("02:00", "03:00"), ("09:00", "17:00"), zone=SYDNEY),
}
POLICY = policy(acknowledge_minutes=300, next_response_minutes=400, resolve_minutes=1_500)
BEGINS = st.sampled_from(
    [datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC)]
)
MOVES = st.lists(
    st.tuples(
        st.integers(0, 900),
        st.sampled_from(
            [M.CUSTOMER_WROTE, M.ANSWERED, M.WAITING, M.RESUMED, M.SETTLED, M.REOPENED, M.MERGED, M.UNMERGED]
        ),
    ),
    max_size=12,
)
WORKING = st.sampled_from(list(CALENDARS.values()))


def history(begin: datetime, moves: list[tuple[int, ClockMove]]) -> list[MomentOfClocks]:
    moments = [MomentOfClocks(move=M.SUBMITTED, at=begin)]
    for minutes, move in moves:
        moments.append(MomentOfClocks(move=move, at=moments[-1].at + minutes * MINUTE))
    return moments


def counts_at(moments: list[MomentOfClocks], reading: Reading, instant: datetime) -> bool:
    """Whether the clock runs at the instant, by the events before it alone."""
    waiting = settled = merged = False
    for each in moments:
        if each.at > instant:
            break
        waiting = {M.WAITING: True, M.RESUMED: False, M.REOPENED: False}.get(each.move, waiting)
        waiting = waiting and not (each.move is M.CUSTOMER_WROTE and not settled)
        settled = {M.SETTLED: True, M.REOPENED: False}.get(each.move, settled)
        merged = {M.MERGED: True, M.UNMERGED: False}.get(each.move, merged)
    ended = reading.ended_at is not None and reading.ended_at <= instant
    return reading.began_at <= instant and not (waiting or settled or merged or ended)


@settings(deadline=None)
@over(WORKING, BEGINS, MOVES, st.integers(0, 3_000))
def test_used_and_paused_add_up_to_the_calendars_time(
    calendar: BusinessCalendar, begin: datetime, moves: list[tuple[int, ClockMove]], later: int
) -> None:
    moments, time = history(begin, moves), WorkingTime(calendar)
    now = moments[-1].at + later * MINUTE
    for reading in measure(course_of(moments), POLICY, time, now):
        assert reading.used >= timedelta()
        assert reading.paused >= timedelta()
        assert reading.used + reading.paused == time.between(reading.began_at, reading.ended_at or now)


@settings(max_examples=40, deadline=None)
@example(every_day(), datetime(2026, 3, 27, tzinfo=UTC), [(10, M.WAITING), (20, M.CUSTOMER_WROTE)], 60)
@over(WORKING, BEGINS, MOVES, st.integers(0, 500))
def test_a_clock_uses_what_a_walk_from_minute_to_minute_finds(
    calendar: BusinessCalendar, begin: datetime, moves: list[tuple[int, ClockMove]], later: int
) -> None:
    moments, time = history(begin, moves), WorkingTime(calendar)
    now = moments[-1].at + later * MINUTE
    minutes = [begin + n * MINUTE for n in range((now - begin) // MINUTE)]
    working = [time.between(minute, minute + MINUTE) for minute in minutes]
    for reading in measure(course_of(moments), POLICY, time, now):
        walked = [each for each, minute in zip(working, minutes, strict=True) if counts_at(moments, reading, minute)]
        assert reading.used == sum(walked, timedelta())


@settings(deadline=None)
@over(WORKING, BEGINS, MOVES, st.integers(0, 3_000), st.integers(0, 3_000))
def test_time_never_runs_back_and_a_broken_promise_stays_broken(
    calendar: BusinessCalendar, begin: datetime, moves: list[tuple[int, ClockMove]], one: int, more: int
) -> None:
    moments, time = history(begin, moves), WorkingTime(calendar)
    earlier = moments[-1].at + one * MINUTE
    course = course_of(moments)
    sooner, later = measure(course, POLICY, time, earlier), measure(course, POLICY, time, earlier + more * MINUTE)
    for before, now in zip(sooner, later, strict=True):
        assert now.used >= before.used
        assert now.paused >= before.paused
        if before.state is ClockState.BREACHED:
            assert (now.state, now.due_at) == (ClockState.BREACHED, before.due_at)


@settings(deadline=None)
@over(WORKING, BEGINS, st.integers(1, 2_000), st.integers(0, 2_000), st.integers(0, 2_000))
def test_a_pause_never_makes_the_time_used_shorter_nor_the_time_left(
    calendar: BusinessCalendar, begin: datetime, first: int, pause: int, then: int
) -> None:
    time = WorkingTime(calendar)
    stopped = begin + first * MINUTE
    before = measure(course_of(history(begin, [])), POLICY, time, stopped)
    resumed = course_of(history(begin, [(first, M.WAITING), (pause, M.RESUMED)]))
    now = stopped + (pause + then) * MINUTE
    for paused, unpaused in zip(measure(resumed, POLICY, time, now), before, strict=True):
        assert paused.used == unpaused.used + time.between(stopped + pause * MINUTE, now)
        if paused.due_at is not None:
            running = measure(course_of(history(begin, [])), POLICY, time, now)
            due = next(each.due_at for each in running if each.clock is paused.clock)
            assert due is not None
            assert paused.due_at >= due


@settings(deadline=None)
@over(WORKING, BEGINS, MOVES, st.integers(0, 12), st.integers(0, 3_000))
def test_measuring_on_the_way_or_by_others_in_between_changes_nothing(
    calendar: BusinessCalendar, begin: datetime, moves: list[tuple[int, ClockMove]], until: int, later: int
) -> None:
    moments = history(begin, moves)
    now = moments[-1].at + later * MINUTE
    course = course_of(moments[: until + 1])
    measure(course, policy(), WorkingTime(CALENDARS["always"]), now)
    for moment in moments[until + 1 :]:
        course = after(course, moment)
    whole = measure(course_of(moments), POLICY, WorkingTime(calendar), now)
    assert measure(course, POLICY, WorkingTime(calendar), now) == whole


@settings(deadline=None)
@over(WORKING, BEGINS, MOVES, st.integers(0, 3_000))
def test_a_promise_is_due_when_its_target_is_used_and_not_before(
    calendar: BusinessCalendar, begin: datetime, moves: list[tuple[int, ClockMove]], later: int
) -> None:
    moments, time = history(begin, moves), WorkingTime(calendar)
    now = moments[-1].at + later * MINUTE
    for reading in measure(course_of(moments), POLICY, time, now):
        assert (reading.state is ClockState.BREACHED) == (reading.used >= reading.target)
        if reading.due_at is not None and reading.due_at > now:
            (at_due,) = (
                each
                for each in measure(course_of(moments), POLICY, time, reading.due_at)
                if (each.clock, each.began_at) == (reading.clock, reading.began_at)
            )
            assert (at_due.used, at_due.state) == (reading.target, ClockState.BREACHED)


def test_a_moment_that_is_told_late_counts_from_the_one_before_it() -> None:
    begin = datetime(2026, 3, 27, tzinfo=UTC)
    course = course_of(
        [
            MomentOfClocks(move=M.SUBMITTED, at=begin),
            MomentOfClocks(move=M.WAITING, at=begin + 10 * MINUTE),
            MomentOfClocks(move=M.RESUMED, at=begin + 5 * MINUTE),
        ]
    )
    assert (course.pauses, course.stands_still) == ((), False)


@pytest.mark.parametrize("move", list(ClockMove))
def test_nothing_moves_the_clocks_twice(move: ClockMove) -> None:
    begin = datetime(2026, 3, 27, tzinfo=UTC)
    moment = MomentOfClocks(move=move, at=begin)
    start = after(Course(), MomentOfClocks(move=M.SUBMITTED, at=begin))
    once = after(start, moment)
    assert after(once, moment) == once


def test_a_ticket_has_a_first_answer_and_a_resolution_to_come() -> None:
    course = course_of(history(datetime(2026, 3, 27, tzinfo=UTC), []))
    assert [run.clock for run in course.runs] == [SlaClock.ACKNOWLEDGE, SlaClock.RESOLVE]
