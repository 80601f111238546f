"""When does a person work?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nexa_contracts.success import Absence
from nexa_contracts.support import Shift

LONGEST_SEARCH = 60
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """The shifts and absences of a person on their own clock; without shifts they work around the clock."""

    time_zone: str = "UTC"
    shifts: tuple[Shift, ...] = ()
    absences: tuple[Absence, ...] = ()

    def is_away(self, moment: datetime) -> bool:
        return self._is_absent(moment.astimezone(ZoneInfo(self.time_zone)).date())

    def is_in_shift(self, moment: datetime) -> bool:
        if not self.shifts:
            return True
        day = moment.astimezone(ZoneInfo(self.time_zone)).date()
        return any(begins <= moment < ends for begins, ends in self._shifts_of(day))

    def next_begin(self, after: datetime) -> datetime | None:
        """When the person begins to work next, in UTC; None where that is not within 60 days."""
        first = after.astimezone(ZoneInfo(self.time_zone)).date()
        for day in (first + n * DAY for n in range(LONGEST_SEARCH)):
            begins = [begin for begin, _ in self._shifts_of(day) if begin > after]
            if begins and not self._is_absent(day):
                return min(begins)
        return None

    def _is_absent(self, day: date) -> bool:
        return any(absence.first <= day <= absence.last for absence in self.absences)

    def _shifts_of(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Begin and end of each of the day's shifts, in UTC."""
        shifts = self.shifts or tuple(Shift(weekday=n, begins=time(), ends=time()) for n in range(7))
        for shift in shifts:
            if shift.weekday == day.weekday():
                end_day = day + DAY if shift.ends == time() else day
                yield self._at(day, shift.begins), self._at(end_day, shift.ends)

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, ZoneInfo(self.time_zone)).astimezone(UTC)
