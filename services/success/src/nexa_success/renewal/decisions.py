"""Renewing a contract: planned when its end is known, opened in time, won, expanded or lost once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from dateutil.relativedelta import relativedelta

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.success import RenewalClosed, RenewalOpened, RenewalOutcome
from nexa_contracts.values import Money
from nexa_success.renewal.events import RenewalPlanned, RenewalTermsChanged, RenewalWithdrawn
from nexa_success.renewal.state import Closed, NotPlanned, Open, Planned, Renewal, RenewalEvent, Terms, Withdrawn

RUNS_FOR = relativedelta(months=12)
LONGEST = relativedelta(years=10)


@dataclass(frozen=True, kw_only=True)
class PlanRenewal:
    """What is to be renewed, as it is now."""

    renewal_id: UUID
    terms: Terms


@dataclass(frozen=True, kw_only=True)
class WithdrawRenewal:
    """The contract does not end on that day any more."""

    renewal_id: UUID


@dataclass(frozen=True, kw_only=True)
class OpenRenewal:
    """The contract ends soon. Changes nothing where the contract's end has moved since this was planned."""

    renewal_id: UUID


@dataclass(frozen=True, kw_only=True)
class WinRenewal:
    """The customer stays. Without `arr` for the same, without `contract_end` for another twelve months."""

    renewal_id: UUID
    arr: Money | None
    contract_end: date | None


@dataclass(frozen=True, kw_only=True)
class ExpandRenewal:
    """The customer stays and pays more."""

    renewal_id: UUID
    arr: Money
    contract_end: date | None


@dataclass(frozen=True, kw_only=True)
class LoseRenewal:
    """The customer goes."""

    renewal_id: UUID
    reason: str


CloseCommand: TypeAlias = WinRenewal | ExpandRenewal | LoseRenewal
Command: TypeAlias = PlanRenewal | WithdrawRenewal | OpenRenewal | CloseCommand
COMMANDS: tuple[type, ...] = (PlanRenewal, WithdrawRenewal, OpenRenewal, WinRenewal, ExpandRenewal, LoseRenewal)


def decide(command: Command, renewal: Renewal, now: datetime) -> Sequence[RenewalEvent]:
    match command:
        case PlanRenewal():
            return _planned(command, renewal)
        case WithdrawRenewal(renewal_id=renewal_id):
            return [RenewalWithdrawn(renewal_id=renewal_id)] if isinstance(renewal, Planned | Open) else []
        case OpenRenewal(renewal_id=renewal_id):
            return [RenewalOpened(renewal_id=renewal_id, **vars(renewal.terms))] if isinstance(renewal, Planned) else []
        case WinRenewal() | ExpandRenewal() | LoseRenewal():
            return _closed(command, renewal)
        case _:
            assert_never(command)


def _planned(command: PlanRenewal, renewal: Renewal) -> Sequence[RenewalEvent]:
    match renewal:
        case NotPlanned() | Withdrawn():
            return [RenewalPlanned(renewal_id=command.renewal_id, **vars(command.terms))]
        case Planned(terms=terms) | Open(terms=terms):
            changed = RenewalTermsChanged(renewal_id=command.renewal_id, **vars(command.terms))
            return [] if terms == command.terms else [changed]
        case Closed():
            return []
        case _:
            assert_never(renewal)


def _closed(command: CloseCommand, renewal: Renewal) -> Sequence[RenewalClosed]:
    match renewal:
        case NotPlanned():
            raise NotFound(f"There is no renewal {command.renewal_id}.", rule="renewal.unknown")
        case Planned(terms=terms):
            raise Refused(
                f"The contract ends on {terms.contract_end}; its renewal opens 90 days before.", rule="renewal.not_open"
            )
        case Withdrawn():
            raise Refused("The contract does not end on that day any more.", rule="renewal.withdrawn")
        case Open(terms=terms):
            return [_closing(command, terms)]
        case Closed(terms=terms):
            again = _closing(command, terms)
            if (again.outcome, again.arr, again.contract_end) == (renewal.outcome, renewal.arr, renewal.contract_end):
                return []
            raise Refused(f"The renewal is closed: {renewal.outcome.value}.", rule="renewal.closed")
        case _:
            assert_never(renewal)


def _closing(command: CloseCommand, terms: Terms) -> RenewalClosed:
    match command:
        case WinRenewal(arr=arr, contract_end=end):
            return _kept(command.renewal_id, terms, RenewalOutcome.WON, _same_or_less(arr or terms.arr, terms), end)
        case ExpandRenewal(arr=arr, contract_end=end):
            return _kept(command.renewal_id, terms, RenewalOutcome.EXPANDED, _more(arr, terms), end)
        case LoseRenewal(renewal_id=renewal_id, reason=reason):
            return RenewalClosed(
                renewal_id=renewal_id,
                account_id=terms.account_id,
                account_name=terms.account_name,
                outcome=RenewalOutcome.LOST,
                previous_arr=terms.arr,
                arr=None,
                contract_end=terms.contract_end,
                reason=reason,
            )
        case _:
            assert_never(command)


def _kept(renewal_id: UUID, terms: Terms, outcome: RenewalOutcome, arr: Money, end: date | None) -> RenewalClosed:
    new_end = end or terms.contract_end + RUNS_FOR
    if not terms.contract_end < new_end <= terms.contract_end + LONGEST:
        raise Refused(
            f"The contract ends on {terms.contract_end}; its new end is later than that, by at most ten years.",
            rule="renewal.contract_end",
            field="contract_end",
        )
    return RenewalClosed(
        renewal_id=renewal_id,
        account_id=terms.account_id,
        account_name=terms.account_name,
        outcome=outcome,
        previous_arr=terms.arr,
        arr=arr,
        contract_end=new_end,
    )


def _same_or_less(arr: Money, terms: Terms) -> Money:
    _check_currency(arr, terms)
    if arr.amount > terms.arr.amount:
        raise Refused(
            f"{arr.amount} is more than the {terms.arr.amount} of before; that is an expansion.",
            rule="renewal.expansion",
            field="arr",
        )
    if arr.amount <= 0 and arr != terms.arr:
        raise Refused("A contract that brings nothing is lost, with a reason.", rule="renewal.arr", field="arr")
    return arr


def _more(arr: Money, terms: Terms) -> Money:
    _check_currency(arr, terms)
    if arr.amount <= terms.arr.amount:
        raise Refused(
            f"An expansion brings more than the {terms.arr.amount} of before; {arr.amount} does not.",
            rule="renewal.expansion",
            field="arr",
        )
    return arr


def _check_currency(arr: Money, terms: Terms) -> None:
    if arr.currency != terms.arr.currency:
        raise Refused(
            f"The contract is in {terms.arr.currency}; its renewal cannot be in {arr.currency}.",
            rule="renewal.currency",
            field="arr",
        )
