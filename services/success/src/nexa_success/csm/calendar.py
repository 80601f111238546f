"""On which days does a person work?"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from nexa_contracts.success import Absence

LONGEST_SEARCH = timedelta(days=400)


@dataclass(frozen=True)
class Calendar:
    """Working days of the week (Monday is 0), public holidays of a country, absences; days are those of the time zone."""

    time_zone: str = "UTC"
    country: str | None = None
    working_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    absences: tuple[Absence, ...] = ()

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    def at(self, day: date, hour: time) -> datetime:
        """That day at this hour of the person's clock, in UTC."""
        return datetime.combine(day, hour, ZoneInfo(self.time_zone)).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """The midnight that ends the day, in UTC."""
        return self.at(day + timedelta(days=1), time())

    def is_absent(self, day: date) -> bool:
        return any(absence.first <= day <= absence.last for absence in self.absences)

    def is_working_day(self, day: date) -> bool:
        if day.weekday() not in self.working_days or self.is_absent(day):
            return False
        return self.country is None or day not in holidays_of(self.country, day.year)

    def working_day_from(self, day: date) -> date:
        """The day itself or the next one that the person works; the day itself where there is none within a year."""
        ahead = day
        while not self.is_working_day(ahead):
            ahead += timedelta(days=1)
            if ahead - day > LONGEST_SEARCH:
                return day
        return ahead


@lru_cache(maxsize=256)
def holidays_of(country: str, year: int) -> Container[date]:
    """The public holidays of a country (ISO 3166-1 alpha-2) in a year. Raises NotImplementedError for an unknown country."""
    return frozenset(holidays.country_holidays(country, years=year))


@lru_cache(maxsize=1)
def countries_with_holidays() -> frozenset[str]:
    return frozenset(holidays.list_supported_countries())
