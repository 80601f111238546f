"""A customer's health is scored from its first day on, and again with each report of how it does.

Facts arrive in any order. Reports that come before the account is a customer wait; the present score is made of the newest
value of each factor, by the day it is about. A report about an earlier day is scored for that day, and so are the days after
it that it changes. Once the account is no customer any more nothing is scored; reports about days up to that one belong to
the time before and count no more if the account comes back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.sales import AccountBecameCustomer, AccountBecameProspect, AccountChurned, AccountUpdated
from nexa_contracts.success import AccountSignalReported
from nexa_scoring.account_health.decisions import HealthCommand, ScoreAccount, StopScoring
from nexa_scoring.account_health.signals import Day, bounded, date_of, day_of, known_of, merged, touched_by

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Outside:
    """Not a customer yet, or not any more. `waiting` are the days reported meanwhile, `ends` those on which it churned."""

    name: str = ""
    days: tuple[Day, ...] = ()
    waiting: tuple[date, ...] = ()
    ends: tuple[date, ...] = ()


@dataclass(frozen=True)
class Customer:
    """`waited` are the days that had been reported when it became one; they are scored then."""

    name: str
    since: date
    days: tuple[Day, ...]
    waited: tuple[date, ...]
    ends: tuple[date, ...]

    @property
    def on(self) -> date:
        """The latest day known."""
        return max(self.since, date_of(self.days[-1])) if self.days else self.since

    @property
    def last_end(self) -> date | None:
        return self.ends[-1] if self.ends else None


Account: TypeAlias = Outside | Customer


def evolve(state: Account, fact: Recorded) -> Account:
    match state, fact.event:
        case Outside(days=days, waiting=waiting), AccountSignalReported() as report:
            return replace(state, days=bounded(merged(days, day_of(report))), waiting=_with(waiting, report.on))
        case Customer(days=days), AccountSignalReported() as report:
            return replace(state, days=bounded(merged(days, day_of(report))), waited=())
        case Outside(days=days, waiting=waiting, ends=ends), AccountBecameCustomer() as won:
            since = max((won.customer_since, *ends[-1:]))
            return Customer(won.account_name, since, days, waiting, ends)
        case Customer(), AccountBecameCustomer() as won:
            return replace(state, name=won.account_name, waited=())
        case Customer(), AccountUpdated(name=name):
            return replace(state, name=name, waited=())
        case Customer(name=name, days=days, ends=ends), AccountChurned(churned_on=churned_on):
            return Outside(name=name, days=days, ends=(*ends, churned_on))
        case Customer(name=name, days=days, ends=ends), AccountBecameProspect():
            return Outside(name=name, days=days, ends=ends)
        case _:
            return state


def react(state: Account, fact: Recorded, now: datetime) -> Iterator[HealthCommand]:
    match state, fact.event:
        case Customer(), AccountBecameCustomer() as won:
            for day in state.waited:
                if day < state.on:
                    yield from _late(won.account_id, state, state.days, day, fact)
            yield _present(won.account_id, state, fact)
        case Customer(), AccountSignalReported() as report:
            if report.on < state.on:
                yield from _late_days(state, report, fact)
            yield _present(report.account_id, state, fact)
        case Outside(), AccountChurned(churned_on=churned_on) as churned:
            yield _stop(churned.account_id, state, churned_on, "churned", fact)
        case Outside(), AccountBecameProspect() as prospect:
            yield _stop(prospect.account_id, state, fact.time.date(), "prospect", fact)
        case _:
            return


def _late_days(state: Customer, report: AccountSignalReported, fact: Recorded) -> Iterator[ScoreAccount]:
    told = day_of(report)
    days = merged(state.days, told)
    end = next((end for end in state.ends if end >= report.on), None)
    until = state.on if end is None else min(state.on, end + A_DAY)
    for day in touched_by(days, told, until=until):
        yield from _late(report.account_id, state, days, day, fact)


def _late(
    account_id: UUID, state: Customer, days: tuple[Day, ...], day: date, fact: Recorded
) -> Iterator[ScoreAccount]:
    """By what was known for that day, since the account last churned before it."""
    began = max((end for end in state.ends if end < day), default=None)
    signals = known_of(days, after=began, until=day)
    if signals is not None:
        yield ScoreAccount(
            account_id=account_id, account_name=state.name, on=day, late=True, signals=signals, caused_by=fact.id
        )


def _present(account_id: UUID, state: Customer, fact: Recorded) -> ScoreAccount:
    return ScoreAccount(
        account_id=account_id,
        account_name=state.name,
        on=state.on,
        late=False,
        signals=known_of(state.days, after=state.last_end),
        caused_by=fact.id,
    )


def _stop(account_id: UUID, state: Outside, on: date, reason: str, fact: Recorded) -> StopScoring:
    return StopScoring(account_id=account_id, account_name=state.name, on=on, reason=reason, caused_by=fact.id)


def _with(days: tuple[date, ...], day: date) -> tuple[date, ...]:
    return days if day in days else tuple(sorted((*days, day)))


def account_of(
    event: AccountBecameCustomer | AccountUpdated | AccountChurned | AccountBecameProspect | AccountSignalReported,
) -> UUID:
    return event.account_id


score_account = Process[Account](
    name="score_account",
    on=(AccountBecameCustomer, AccountUpdated, AccountChurned, AccountBecameProspect, AccountSignalReported),
    key=account_of,
    initial=Outside(),
    states=(Outside, Customer),
    evolve=evolve,
    react=react,
)
