"""ISO weeks (ISO 8601), in UTC."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from nexa_chassis.domain import derive

PUBLISHED_AT = timedelta(hours=6)
"""So long after its end a week is reviewed."""


def week_of(moment: datetime) -> str:
    """Such as "2025-W47"."""
    year, week, _ = moment.astimezone(UTC).isocalendar()
    return f"{year}-W{week:02}"


def first_day_of(week: str) -> date:
    """Its Monday. Raises ValueError for what is no ISO week."""
    return date.fromisoformat(f"{week}-1")


def begins(week: str) -> datetime:
    return datetime.combine(first_day_of(week), time(), UTC)


def ends(week: str) -> datetime:
    """The first moment after it."""
    return begins(week) + timedelta(days=7)


def review_of(week: str) -> UUID:
    return derive("weekly_review", week)
