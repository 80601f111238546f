"""Working time over changes of the clock, holidays and several intervals a day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from nexa_contracts.support import BusinessCalendar, Interval
from nexa_support.sla.calendar import WorkingTime

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"
SYDNEY = "Australia/Sydney"


def every_day(*hours: tuple[str, str], zone: str = BERLIN, **more: object) -> BusinessCalendar:
    return on(range(7), *hours, zone=zone, **more)


def on(days: range, *hours: tuple[str, str], zone: str = BERLIN, **more: object) -> BusinessCalendar:
    intervals = tuple(
        Interval(weekday=day, begins=time.fromisoformat(begins), ends=time.fromisoformat(ends))
        for day in days
        for begins, ends in hours
    )
    return BusinessCalendar.model_validate(
        {"name": "office", "time_zone": zone, "intervals": intervals, **more}, from_attributes=True
    )


def local(zone: str, text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def counted(calendar: BusinessCalendar, start: datetime, end: datetime) -> timedelta:
    """What the definition says, minute by minute: a minute counts if the wall's clock is inside an interval."""
    zone = ZoneInfo(calendar.time_zone)
    total = timedelta()
    while start < end:
        wall = start.astimezone(zone)
        inside = any(
            each.weekday == wall.weekday()
            and each.begins <= wall.time()
            and (wall.time() < each.ends or not _hm(each.ends))
            for each in calendar.intervals
        )
        total += MINUTE if inside and wall.date() not in calendar.holidays else timedelta()
        start += MINUTE
    return total


def _hm(clock: time) -> bool:
    return clock != time()


@pytest.mark.parametrize(
    ("zone", "day", "hours", "expected"),
    [
        (BERLIN, "2026-03-29", ("01:00", "04:00"), 2 * HOUR),  # 02:00 to 03:00 does not exist
        (BERLIN, "2026-03-29", ("02:15", "02:45"), timedelta()),
        (BERLIN, "2026-03-29", ("02:30", "04:00"), HOUR),
        (BERLIN, "2026-10-25", ("01:00", "04:00"), 4 * HOUR),  # 02:00 to 03:00 comes twice
        (BERLIN, "2026-10-25", ("02:15", "02:45"), HOUR),
        (NEW_YORK, "2026-03-08", ("00:00", "00:00"), 23 * HOUR),
        (NEW_YORK, "2026-11-01", ("00:00", "00:00"), 25 * HOUR),
        (NEW_YORK, "2026-11-01", ("01:30", "02:00"), HOUR),
        (LORD_HOWE, "2026-10-04", ("00:00", "00:00"), 23.5 * HOUR),  # half an hour, and spring is in October
        (LORD_HOWE, "2026-04-05", ("01:00", "03:00"), 2.5 * HOUR),
        (SYDNEY, "2026-04-05", ("02:00", "03:00"), 2 * HOUR),
    ],
)
def test_an_hour_that_is_skipped_does_not_exist_and_one_that_comes_twice_counts_twice(
    zone: str, day: str, hours: tuple[str, str], expected: timedelta
) -> None:
    time_of_day = WorkingTime(every_day(hours, zone=zone))
    start, end = local(zone, f"{day}T00:00"), local(zone, str(date.fromisoformat(day) + timedelta(days=1)) + "T00:00")
    assert time_of_day.between(start, end) == expected


def test_eight_hours_over_a_short_night_in_berlin_are_due_an_hour_later_on_the_wall() -> None:
    night = WorkingTime(every_day(("00:00", "06:00"), ("22:00", "00:00")))
    assert night.after(local(BERLIN, "2026-03-28T22:00"), 7 * HOUR) == local(BERLIN, "2026-03-29T06:00")
    assert night.after(local(BERLIN, "2026-10-24T22:00"), 7 * HOUR) == local(BERLIN, "2026-10-25T04:00")


def test_lunch_weekends_and_public_holidays_do_not_count() -> None:
    office = WorkingTime(
        on(range(5), ("09:00", "12:00"), ("13:00", "17:00"), holidays_of="DE", holidays=(date(2026, 4, 2),))
    )
    assert office.between(local(BERLIN, "2026-03-31T11:00"), local(BERLIN, "2026-03-31T14:00")) == 2 * HOUR
    # Thursday is a day off of the firm's own, Friday and Monday are Good Friday and Easter Monday.
    assert office.after(local(BERLIN, "2026-04-01T16:00"), 2 * HOUR) == local(BERLIN, "2026-04-07T10:00")


def test_what_is_reached_with_the_last_minute_of_a_day_is_reached_then_and_not_the_next_morning() -> None:
    office = WorkingTime(on(range(5), ("09:00", "17:00")))
    assert office.after(local(BERLIN, "2026-03-30T09:00"), 8 * HOUR) == local(BERLIN, "2026-03-30T17:00")


def test_without_intervals_time_counts_around_the_clock() -> None:
    always = WorkingTime(every_day(zone=BERLIN))
    start, end = local(BERLIN, "2026-03-28T12:00"), local(BERLIN, "2026-03-29T12:00")
    assert always.between(start, end) == 23 * HOUR
    assert always.after(start, 23 * HOUR) == end


def test_time_that_never_comes_is_said_to_be_never() -> None:
    never = WorkingTime(on(range(6, 7), ("02:15", "02:45"), holidays=tuple(sundays())))
    assert never.after(datetime(2026, 1, 1, tzinfo=UTC), MINUTE) is None


def sundays() -> list[date]:
    return [date(2026, 1, 4) + timedelta(weeks=n) for n in range(11 * 53)]


def test_a_year_is_counted_in_no_time() -> None:
    office = WorkingTime(on(range(5), ("09:00", "12:00"), ("13:00", "17:00"), holidays_of="US", zone=NEW_YORK))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    office.after(start, 3_000 * HOUR)
    began = datetime.now(UTC)
    for n in range(1_000):
        office.after(start + n * HOUR, 100 * HOUR)
        office.between(start, start + n * HOUR)
    assert datetime.now(UTC) - began < timedelta(seconds=2)


CALENDARS = st.sampled_from(
    [
        every_day(("00:30", "02:30"), ("02:45", "12:00"), zone=BERLIN, holidays=(date(2026, 3, 30),)),
        every_day(("22:00", "00:00"), ("01:15", "01:45"), zone=NEW_YORK),
        every_day(("00:00", "02:15"), ("20:00", "00:00"), zone=LORD_HOWE),
        on(range(5), ("09:00", "12:00"), ("13:00", "17:00"), zone=SYDNEY),
    ]
)
CHANGES = st.sampled_from(
    [datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(2026, 3, 8), datetime(2026, 11, 1)]
) | (st.sampled_from([datetime(2026, 4, 5), datetime(2026, 10, 4), datetime(2026, 12, 31)]))
AROUND = st.integers(-2_000, 2_000).map(lambda minutes: minutes * MINUTE)


@settings(max_examples=60, deadline=None)
@over(CALENDARS, CHANGES, AROUND, st.integers(0, 3_000))
def test_it_is_what_a_walk_from_minute_to_minute_finds(
    calendar: BusinessCalendar, change: datetime, shift: timedelta, minutes: int
) -> None:
    start = change.replace(tzinfo=UTC) + shift
    end = start + minutes * MINUTE
    assert WorkingTime(calendar).between(start, end) == counted(calendar, start, end)


@settings(deadline=None)
@over(CALENDARS, CHANGES, AROUND, st.integers(1, 30_000))
def test_after_is_the_first_instant_by_which_so_much_has_passed(
    calendar: BusinessCalendar, change: datetime, shift: timedelta, minutes: int
) -> None:
    working = WorkingTime(calendar)
    start, amount = change.replace(tzinfo=UTC) + shift, minutes * MINUTE
    end = working.after(start, amount)
    assert end is not None
    assert working.between(start, end) == amount
    assert working.between(start, end - timedelta(microseconds=1)) < amount


@settings(deadline=None)
@over(CALENDARS, CHANGES, AROUND, AROUND, AROUND)
def test_parts_add_up_to_the_whole(
    calendar: BusinessCalendar, change: datetime, one: timedelta, two: timedelta, three: timedelta
) -> None:
    working = WorkingTime(calendar)
    first, middle, last = sorted(change.replace(tzinfo=UTC) + each for each in (one, two, three))
    assert working.between(first, middle) + working.between(middle, last) == working.between(first, last)
