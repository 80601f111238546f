"""What was reported of an account, day by day, and what was known of it on a day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from nexa_contracts.success import AccountSignalReported, EngagementLevel, PaymentStatus

KEPT_DAYS = 400

Day: TypeAlias = tuple[Any, ...]
"""One reported day: its ISO date, then the values in the order of `Signals`, None where nothing was reported. Plain JSON
values, because hundreds of them are stored with each account and read back with each report."""

VALUES = range(1, 7)


@dataclass(frozen=True)
class Signals:
    """The newest value of each factor; None where nothing was reported yet. `usage` and `adoption` are percent."""

    usage: Decimal | None = None
    adoption: Decimal | None = None
    support_tickets: int | None = None
    payment: PaymentStatus | None = None
    engagement: EngagementLevel | None = None
    nps: int | None = None


def day_of(event: AccountSignalReported) -> Day:
    return (
        event.on.isoformat(),
        None if event.usage is None else str(event.usage),
        None if event.adoption is None else str(event.adoption),
        event.support_tickets,
        None if event.payment is None else event.payment.value,
        None if event.engagement is None else event.engagement.value,
        event.nps,
    )


def date_of(day: Day) -> date:
    return date.fromisoformat(day[0])


def merged(days: tuple[Day, ...], new: Day) -> tuple[Day, ...]:
    """The days in order of date with this one among them. What comes again for a day replaces what was told before."""
    place = len(days)
    while place and days[place - 1][0] > new[0]:
        place -= 1
    if place and days[place - 1][0] == new[0]:
        both = zip(new, days[place - 1], strict=True)
        new = tuple(fresh if fresh is not None else old for fresh, old in both)
        return (*days[: place - 1], new, *days[place:])
    return (*days[:place], new, *days[place:])


def bounded(days: tuple[Day, ...]) -> tuple[Day, ...]:
    """Without those more than 400 days before the newest, except where they hold the newest value of a factor."""
    kept_from = (date_of(days[-1]) - timedelta(days=KEPT_DAYS)).isoformat()
    if days[0][0] > kept_from:
        return days
    missing = set(VALUES)
    kept = []
    for day in reversed(days):
        newest = {place for place in missing if day[place] is not None}
        missing -= newest
        if newest or day[0] > kept_from:
            kept.append(day)
    return tuple(reversed(kept))


def known_of(days: Sequence[Day], *, after: date | None, until: date | None = None) -> Signals | None:
    """The newest value of each factor among the days after `after` up to `until`; None if nothing was reported then."""
    first = after.isoformat() if after else ""
    last = until.isoformat() if until else None
    values: dict[int, Any] = {}
    missing = list(VALUES)
    for day in reversed(days):
        if last is not None and day[0] > last:
            continue
        if not missing or day[0] <= first:
            break
        values.update((place, day[place]) for place in missing if day[place] is not None)
        if len(values) + len(missing) > len(VALUES):
            missing = [place for place in missing if place not in values]
    return _signals(*(values.get(place) for place in VALUES)) if values else None


def _signals(usage: Any, adoption: Any, tickets: Any, payment: Any, engagement: Any, nps: Any) -> Signals:
    return Signals(
        usage=None if usage is None else Decimal(usage),
        adoption=None if adoption is None else Decimal(adoption),
        support_tickets=tickets,
        payment=None if payment is None else PaymentStatus(payment),
        engagement=None if engagement is None else EngagementLevel(engagement),
        nps=nps,
    )


def touched_by(days: Sequence[Day], told: Day, *, until: date) -> Iterator[date]:
    """The days before `until`, from the told one on, of which something else is known since it was told.

    Among them is the day after each of them, which may have had no score of its own while it was the same as before.
    """
    end = until.isoformat()
    newest = {place for place in VALUES if told[place] is not None}
    touched = False
    for day in days:
        if day[0] < told[0]:
            continue
        if day[0] >= end:
            return
        if day[0] > told[0]:
            newest = {place for place in newest if day[place] is None}
        before, touched = touched, bool(newest) or day[0] == told[0]
        if before or touched:
            yield date_of(day)
