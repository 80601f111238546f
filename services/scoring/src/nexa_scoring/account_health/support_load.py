"""How many tickets an account had in the 30 days up to a day, as support tells.

From the day of its first ticket on, this count stands in place of the figure that is reported; before, and for an account of
which support has told no ticket, the reported one holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import TypeAlias

from nexa_contracts.scoring import SupportLoadChanged
from nexa_scoring.account_health.signals import KEPT_DAYS, VALUES, Day, Signals, date_of

WINDOW_DAYS = 30

Ticket: TypeAlias = tuple[str, str]
"""Its ISO date (UTC) and its id, as they are stored with the account."""


def ticket_of(event: SupportLoadChanged) -> Ticket:
    return event.submitted_at.astimezone(UTC).date().isoformat(), str(event.ticket_id)


def day_with_ticket(event: SupportLoadChanged) -> Day:
    """A day of which nothing else is known yet."""
    return (ticket_of(event)[0], *(None for _ in VALUES))


def counted(tickets: tuple[Ticket, ...], event: SupportLoadChanged, *, counts: bool) -> tuple[Ticket, ...]:
    """The tickets with this one or without it, in order of date, those of the last 400 days."""
    ticket = ticket_of(event)
    others = [each for each in tickets if each[1] != ticket[1]]
    kept = sorted([*others, ticket] if counts else others)
    if not kept:
        return ()
    since = (date.fromisoformat(kept[-1][0]) - timedelta(days=KEPT_DAYS)).isoformat()
    return tuple(each for each in kept if each[0] > since)


def load_on(tickets: Sequence[Ticket], day: date, *, after: date | None = None) -> int | None:
    """Tickets of the 30 days up to this one, later than `after`; None where the first one is still to come."""
    known = [on for on, _ in tickets if on <= day.isoformat() and (after is None or on > after.isoformat())]
    since = (day - timedelta(days=WINDOW_DAYS)).isoformat()
    return sum(on > since for on in known) if known else None


def with_load(signals: Signals | None, tickets: Sequence[Ticket], day: date, *, after: date | None) -> Signals | None:
    """The count in place of the reported figure. Tickets alone, without any report, say nothing of an account."""
    load = load_on(tickets, day, after=after)
    return signals if signals is None or load is None else replace(signals, support_tickets=load)


def days_with_other_load(
    days: Sequence[Day], before: Sequence[Ticket], now: Sequence[Ticket], *, first: date, until: date
) -> Iterator[date]:
    """The days from `first` on and before `until` of which the load differs, `first` itself, and the day after each."""
    differed = False
    for day in (date_of(each) for each in days):
        if not first <= day < until:
            continue
        differs = day == first or load_on(before, day) != load_on(now, day)
        if differs or differed:
            yield day
        differed = differs
