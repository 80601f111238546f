"""Working time: how much of it lies between two instants, and when so much of it has passed.

An instant counts when the clock on the calendar's wall shows a time inside one of the day's intervals. So an hour that
daylight saving skips does not exist, and one that it repeats counts twice. Everything is measured in whole microseconds of
absolute time, over the windows of a year, which are computed once.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import holidays

from nexa_contracts.support import BusinessCalendar

HORIZON = 10
"""Years after which a promise is taken to be never due."""

DAY = 86_400_000_000
_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_YEAR = 9998


class WorkingTime:
    """A calendar that can be counted by. Two of one calendar are one, so each year's windows are computed once."""

    def __init__(self, calendar: BusinessCalendar) -> None:
        self._calendar = calendar
        self._years: dict[int, _Year] = {}

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`, both aware; nothing where `end` is not later."""
        if end <= start:
            return timedelta()
        if not self._calendar.intervals:
            return end - start
        first, last = _year_of(start), _year_of(end)
        whole = sum(self._year(year).total for year in range(first, last))
        counted = whole + self._year(last).until(_count(end)) - self._year(first).until(_count(start))
        return timedelta(microseconds=counted)

    def after(self, start: datetime, amount: timedelta) -> datetime | None:
        """The first instant, in UTC, by which `amount` of working time has passed since `start`; None: not in ten years."""
        if not self._calendar.intervals or amount <= timedelta():
            return start.astimezone(UTC) + max(amount, timedelta())
        first = _year_of(start)
        wanted = amount // _MICROSECOND + self._year(first).until(_count(start))
        for number in range(first, min(first + HORIZON, _LAST_YEAR) + 1):
            year = self._year(number)
            if wanted <= year.total:
                return _EPOCH + timedelta(microseconds=year.when(wanted))
            wanted -= year.total
        return None

    def _year(self, number: int) -> "_Year":
        year = self._years.get(number)
        if year is None:
            year = self._years[number] = _year_of_windows(self._calendar, number)
        return year


@lru_cache(maxsize=128)
def counted_by(calendar: BusinessCalendar) -> WorkingTime:
    return WorkingTime(calendar)


@dataclass(frozen=True)
class _Year:
    """The windows of a year of UTC in order, in microseconds since 1970; `before[n]`: what lies in those before the nth."""

    begins: Sequence[int]
    ends: Sequence[int]
    before: Sequence[int]

    @property
    def total(self) -> int:
        return self.before[-1]

    def until(self, instant: int) -> int:
        """Working time of the year until the instant."""
        place = bisect_right(self.begins, instant) - 1
        if place < 0:
            return 0
        return self.before[place] + min(instant, self.ends[place]) - self.begins[place]

    def when(self, amount: int) -> int:
        """The first instant until which so much of the year's working time has passed; more than nothing, not more than all."""
        place = bisect_right(self.before, amount - 1) - 1
        return self.begins[place] + amount - self.before[place]


def _year_of_windows(calendar: BusinessCalendar, year: int) -> _Year:
    windows = sorted(_windows(calendar, year))
    lengths = (end - begin for begin, end in windows)
    return _Year(
        tuple(begin for begin, _ in windows), tuple(end for _, end in windows), tuple(accumulate(lengths, initial=0))
    )


def _windows(calendar: BusinessCalendar, year: int) -> Iterator[tuple[int, int]]:
    """Where local time runs evenly, an interval of a day is one window; a change of the clock cuts or repeats it."""
    free = _free_days(calendar, year)
    for begin, end, offset in _even_stretches(ZoneInfo(calendar.time_zone), year):
        first, last = (begin + offset) // DAY, (end + offset - 1) // DAY
        for number in range(first, last + 1):
            day = date.fromordinal(_EPOCH.toordinal() + number)
            if day in free:
                continue
            for interval in calendar.intervals:
                if interval.weekday == day.weekday():
                    midnight = number * DAY - offset
                    opens = max(begin, midnight + _of_day(interval.begins))
                    closes = min(end, midnight + (_of_day(interval.ends) or DAY))
                    if opens < closes:
                        yield opens, closes


def _even_stretches(zone: ZoneInfo, year: int) -> Iterator[tuple[int, int, int]]:
    """Begin, end and offset from UTC of each stretch of the year in which the zone's clock is not changed."""
    begin, end = _count(datetime(year, 1, 1, tzinfo=UTC)), _count(datetime(year + 1, 1, 1, tzinfo=UTC))
    offset = _offset(zone, begin)
    for instant in range(begin, end, DAY):
        following = min(instant + DAY, end)
        if _offset(zone, following) != offset:
            change = _change_between(zone, instant, following)
            yield begin, change, offset
            begin, offset = change, _offset(zone, following)
    if begin < end:
        yield begin, end, offset


def _change_between(zone: ZoneInfo, same: int, other: int) -> int:
    """The second in which the offset becomes another one than at `same`."""
    offset = _offset(zone, same)
    while other - same > _SECOND:
        middle = same + (other - same) // 2 // _SECOND * _SECOND
        if _offset(zone, middle) == offset:
            same = middle
        else:
            other = middle
    return other


def _offset(zone: ZoneInfo, instant: int) -> int:
    local = (_EPOCH + timedelta(microseconds=instant)).astimezone(zone)
    return (local.utcoffset() or timedelta()) // _MICROSECOND


def _free_days(calendar: BusinessCalendar, year: int) -> frozenset[date]:
    public = (
        day
        for each in (year - 1, year, year + 1)
        if calendar.holidays_of is not None
        for day in public_holidays(calendar.holidays_of, each)
    )
    return frozenset(calendar.holidays) | frozenset(public)


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """The public holidays of a country (ISO 3166-1 alpha-2). Raises NotImplementedError for an unknown one."""
    return frozenset(holidays.country_holidays(country, years=year))


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Whose public holidays are known."""
    return frozenset(holidays.list_supported_countries())


def _of_day(clock: time) -> int:
    return (clock.hour * 3_600 + clock.minute * 60 + clock.second) * _SECOND + clock.microsecond


def _year_of(instant: datetime) -> int:
    return instant.astimezone(UTC).year


def _count(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
