"""A customer's health is scored from its first day on, and again with each report of how it does and each of its tickets.

Facts arrive in any order. Reports that come before the account is a customer wait; the present score is made of the newest
value of each factor, by the day it is about. A report about an earlier day is scored for that day, and so are the days after
it that it changes. Once the account is no customer any more nothing is scored; reports about days up to that one belong to
the time before and count no more if the account comes back. Tickets are counted for the day that is scored, so that one that
has left the 30 days is missing from the next score; none is made for its leaving alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeAlias, TypeVar
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.sales import AccountBecameCustomer, AccountBecameProspect, AccountChurned, AccountUpdated
from nexa_contracts.scoring import SupportLoadChanged
from nexa_contracts.success import AccountSignalReported
from nexa_scoring.account_health.decisions import HealthCommand, ScoreAccount, StopScoring
from nexa_scoring.account_health.signals import Day, bounded, date_of, day_of, known_of, merged, touched_by
from nexa_scoring.account_health.support_load import (
    Ticket,
    counted,
    day_with_ticket,
    days_with_other_load,
    ticket_of,
    with_load,
)

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Outside:
    """Not a customer yet, or not any more. `waiting` are the days reported meanwhile, `ends` those on which it churned."""

    name: str = ""
    days: tuple[Day, ...] = ()
    waiting: tuple[date, ...] = ()
    ends: tuple[date, ...] = ()
    tickets: tuple[Ticket, ...] = ()


@dataclass(frozen=True)
class Customer:
    """`waited` are the days that had been reported when it became one; they are scored then."""

    name: str
    since: date
    days: tuple[Day, ...]
    waited: tuple[date, ...]
    ends: tuple[date, ...]
    tickets: tuple[Ticket, ...] = ()

    @property
    def on(self) -> date:
        """The latest day known."""
        return max(self.since, date_of(self.days[-1])) if self.days else self.since

    @property
    def last_end(self) -> date | None:
        return self.ends[-1] if self.ends else None


Account: TypeAlias = Outside | Customer
A = TypeVar("A", Outside, Customer)


def evolve(state: Account, fact: Recorded) -> Account:
    match state, fact.event:
        case Outside(days=days, waiting=waiting), AccountSignalReported() as report:
            return replace(state, days=bounded(merged(days, day_of(report))), waiting=_with(waiting, report.on))
        case Customer(days=days), AccountSignalReported() as report:
            return replace(state, days=bounded(merged(days, day_of(report))), waited=())
        case Outside(), SupportLoadChanged() as load:
            return replace(_with_ticket(state, load), waiting=_with(state.waiting, _day(load)))
        case Customer(), SupportLoadChanged() as load:
            return replace(_with_ticket(state, load), waited=())
        case Outside(days=days, waiting=waiting, ends=ends), AccountBecameCustomer() as won:
            since = max((won.customer_since, *ends[-1:]))
            return Customer(won.account_name, since, days, waiting, ends, state.tickets)
        case Customer(), AccountBecameCustomer() as won:
            return replace(state, name=won.account_name, waited=())
        case Customer(), AccountUpdated(name=name):
            return replace(state, name=name, waited=())
        case Customer(name=name, days=days, ends=ends), AccountChurned(churned_on=churned_on):
            return Outside(name=name, days=days, ends=(*ends, churned_on), tickets=state.tickets)
        case Customer(name=name, days=days, ends=ends), AccountBecameProspect():
            return Outside(name=name, days=days, ends=ends, tickets=state.tickets)
        case _:
            return state


def react(state: Account, fact: Recorded, now: datetime) -> Iterator[HealthCommand]:
    match state, fact.event:
        case Customer(), AccountBecameCustomer() as won:
            for day in state.waited:
                if day < state.on:
                    yield from _late(won.account_id, state, day, fact)
            yield _present(won.account_id, state, fact)
        case Customer(), AccountSignalReported() as report:
            if report.on < state.on:
                yield from _late_days(state, report, fact)
            yield _present(report.account_id, state, fact)
        case Customer(), SupportLoadChanged() as load:
            if _day(load) < state.on:
                yield from _days_of_load(state, load, fact)
            yield _present(load.account_id, state, fact)
        case Outside(), AccountChurned(churned_on=churned_on) as churned:
            yield _stop(churned.account_id, state, churned_on, "churned", fact)
        case Outside(), AccountBecameProspect() as prospect:
            yield _stop(prospect.account_id, state, fact.time.date(), "prospect", fact)
        case _:
            return


def _late_days(state: Customer, report: AccountSignalReported, fact: Recorded) -> Iterator[ScoreAccount]:
    told = day_of(report)
    state = replace(state, days=merged(state.days, told))
    for day in touched_by(state.days, told, until=_until(state, report.on)):
        yield from _late(report.account_id, state, day, fact)


def _days_of_load(state: Customer, load: SupportLoadChanged, fact: Recorded) -> Iterator[ScoreAccount]:
    before = counted(state.tickets, load, counts=not load.counts)
    first = _day(load)
    for day in days_with_other_load(state.days, before, state.tickets, first=first, until=_until(state, first)):
        yield from _late(load.account_id, state, day, fact)


def _until(state: Customer, day: date) -> date:
    """Up to when what is told of a day can matter: the present, or the account's next end."""
    end = next((end for end in state.ends if end >= day), None)
    return state.on if end is None else min(state.on, end + A_DAY)


def _late(account_id: UUID, state: Customer, day: date, fact: Recorded) -> Iterator[ScoreAccount]:
    """By what was known for that day, since the account last churned before it."""
    began = max((end for end in state.ends if end < day), default=None)
    signals = with_load(known_of(state.days, after=began, until=day), state.tickets, day, after=began)
    if signals is not None:
        yield ScoreAccount(
            account_id=account_id, account_name=state.name, on=day, late=True, signals=signals, caused_by=_cause(fact)
        )


def _present(account_id: UUID, state: Customer, fact: Recorded) -> ScoreAccount:
    return ScoreAccount(
        account_id=account_id,
        account_name=state.name,
        on=state.on,
        late=False,
        signals=with_load(known_of(state.days, after=state.last_end), state.tickets, state.on, after=state.last_end),
        caused_by=_cause(fact),
    )


def _stop(account_id: UUID, state: Outside, on: date, reason: str, fact: Recorded) -> StopScoring:
    return StopScoring(account_id=account_id, account_name=state.name, on=on, reason=reason, caused_by=fact.id)


def _cause(fact: Recorded) -> str:
    """Of what a ticket changes, the ticket's event."""
    return fact.event.caused_by if isinstance(fact.event, SupportLoadChanged) else fact.id


def _day(load: SupportLoadChanged) -> date:
    return date.fromisoformat(ticket_of(load)[0])


def _with_ticket(state: A, load: SupportLoadChanged) -> A:
    days = bounded(merged(state.days, day_with_ticket(load)))
    return replace(state, days=days, tickets=counted(state.tickets, load, counts=load.counts))


def _with(days: tuple[date, ...], day: date) -> tuple[date, ...]:
    return days if day in days else tuple(sorted((*days, day)))


def account_of(
    event: AccountBecameCustomer
    | AccountUpdated
    | AccountChurned
    | AccountBecameProspect
    | AccountSignalReported
    | SupportLoadChanged,
) -> UUID:
    return event.account_id


score_account = Process[Account](
    name="score_account",
    on=(
        AccountBecameCustomer,
        AccountUpdated,
        AccountChurned,
        AccountBecameProspect,
        AccountSignalReported,
        SupportLoadChanged,
    ),
    key=account_of,
    initial=Outside(),
    states=(Outside, Customer),
    evolve=evolve,
    react=react,
)
