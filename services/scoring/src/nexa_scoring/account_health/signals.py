"""What was reported of an account, day by day, and what was known of it on a day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from nexa_contracts.success import AccountSignalReported, EngagementLevel, PaymentStatus

KEPT_DAYS = 400


@dataclass(frozen=True)
class Signals:
    """The newest value of each factor; None where nothing was reported yet. `usage` and `adoption` are percent."""

    usage: Decimal | None = None
    adoption: Decimal | None = None
    support_tickets: int | None = None
    payment: PaymentStatus | None = None
    engagement: EngagementLevel | None = None
    nps: int | None = None


class Day(NamedTuple):
    """What was reported about one day. A tuple, because hundreds of them are stored with each account."""

    on: date
    usage: Decimal | None = None
    adoption: Decimal | None = None
    support_tickets: int | None = None
    payment: PaymentStatus | None = None
    engagement: EngagementLevel | None = None
    nps: int | None = None


def day_of(event: AccountSignalReported) -> Day:
    return Day(
        event.on,
        None if event.usage is None else Decimal(str(event.usage)),
        None if event.adoption is None else Decimal(str(event.adoption)),
        event.support_tickets,
        event.payment,
        event.engagement,
        event.nps,
    )


def merged(days: Sequence[Day], new: Day) -> tuple[Day, ...]:
    """The days in order of date with this one among them. What comes again for a day replaces what was told before."""
    place = len(days)
    while place and days[place - 1].on > new.on:
        place -= 1
    if place and days[place - 1].on == new.on:
        place -= 1
        both = zip(new, days[place], strict=True)
        new = Day._make(fresh if fresh is not None else old for fresh, old in both)
        return (*days[:place], new, *days[place + 1 :])
    return (*days[:place], new, *days[place:])


def bounded(days: tuple[Day, ...]) -> tuple[Day, ...]:
    """Without those more than 400 days before the newest, except where they hold the newest value of a factor."""
    kept_from = days[-1].on - timedelta(days=KEPT_DAYS)
    if days[0].on > kept_from:
        return days
    seen = [False] * len(Day._fields)
    kept = []
    for day in reversed(days):
        newest = False
        for place in range(1, len(day)):
            if day[place] is not None and not seen[place]:
                seen[place] = newest = True
        if newest or day.on > kept_from:
            kept.append(day)
    return tuple(reversed(kept))


def known_of(days: Sequence[Day], *, after: date | None, until: date | None = None) -> Signals | None:
    """The newest value of each factor among the days after `after` up to `until`; None if there is no such day."""
    values: list[object] = [None] * len(Day._fields)
    missing = list(range(1, len(Day._fields)))
    found = False
    for day in reversed(days):
        if until is not None and day.on > until:
            continue
        if not missing or (after is not None and day.on <= after):
            break
        found = True
        for place in missing:
            values[place] = day[place]
        missing = [place for place in missing if values[place] is None]
    return Signals(*values[1:]) if found else None  # type: ignore[arg-type]


def touched_by(days: Sequence[Day], told: Day, *, until: date) -> Iterator[date]:
    """The days before `until`, from the told one on, of which more or something else is known since it was told.

    Among them is the day after each of them, which may have had no score of its own while it was the same as before.
    """
    open_factors = {place for place in range(1, len(told)) if told[place] is not None}
    touched = False
    for day in days:
        if day.on < told.on:
            continue
        if day.on >= until:
            return
        if day.on > told.on:
            open_factors = {place for place in open_factors if day[place] is None}
        if touched or open_factors or day.on == told.on:
            yield day.on
        touched = bool(open_factors) or day.on == told.on
