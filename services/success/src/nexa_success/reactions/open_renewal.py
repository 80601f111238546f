"""A contract's renewal opens 90 days before the contract ends, by itself.

Each contract end has a renewal of its own, planned as soon as the end is known, with a deadline. A deadline is never
cancelled: where the end moves, the renewal of the old end is withdrawn, so that its deadline finds nothing to open. A
deadline that is over already fires at once, after the facts that came together with the one that set it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.sales import (
    AccountBecameCustomer,
    AccountBecameProspect,
    AccountChurned,
    AccountContractChanged,
    AccountCreated,
    AccountUpdated,
)
from nexa_contracts.success import OnboardingAssigned, OnboardingCancelled, OnboardingResumed, OnboardingStarted
from nexa_contracts.values import Money
from nexa_success import responsible
from nexa_success.renewal.decisions import OpenRenewal, PlanRenewal, WithdrawRenewal
from nexa_success.renewal.state import Terms
from nexa_success.responsible import Responsible, TeamFact

OPENS_BEFORE = timedelta(days=90)

ContractFact: TypeAlias = (
    AccountCreated
    | AccountUpdated
    | AccountBecameCustomer
    | AccountContractChanged
    | AccountChurned
    | AccountBecameProspect
    | TeamFact
)


@dataclass(frozen=True)
class Contract:
    arr: Money
    end: date


@dataclass(frozen=True)
class Customer:
    """What is known of an account. `left_behind` is the contract end that the latest fact did away with, if it did."""

    name: str = ""
    contract: Contract | None = None
    left_behind: date | None = None
    team: Responsible = field(default_factory=Responsible)


def evolve(known: Customer, fact: Recorded) -> Customer:
    known = replace(known, left_behind=None)
    match fact.event:
        case AccountCreated(name=name) | AccountUpdated(name=name):
            return replace(known, name=name)
        case AccountBecameCustomer(account_name=name, arr=arr, contract_end=end):
            return replace(_with(known, Contract(arr, end)), name=known.name or name)
        case AccountContractChanged(arr=arr, contract_end=end):
            return _with(known, Contract(arr, end))
        case AccountChurned() | AccountBecameProspect():
            return _with(known, None)
        case OnboardingStarted() | OnboardingAssigned() | OnboardingCancelled() | OnboardingResumed() as told:
            return replace(known, team=responsible.evolve(known.team, told))
        case _:
            return known


def _with(known: Customer, contract: Contract | None) -> Customer:
    old = known.contract.end if known.contract else None
    moved = old if contract is None or old != contract.end else None
    return replace(known, contract=contract, left_behind=moved)


def react(known: Customer, fact: Recorded, now: datetime) -> Iterator[PlanRenewal | WithdrawRenewal | Deadline]:
    account_id = account_of(fact.event)
    if known.left_behind is not None:
        yield WithdrawRenewal(renewal_id=renewal_of(account_id, known.left_behind))
    if known.contract is None:
        return
    end = known.contract.end
    renewal_id = renewal_of(account_id, end)
    terms = Terms(account_id, known.name, end, known.contract.arr, known.team.csm_id)
    yield PlanRenewal(renewal_id=renewal_id, terms=terms)
    if isinstance(fact.event, AccountBecameCustomer | AccountContractChanged):
        opens = datetime.combine(end - OPENS_BEFORE, time(), UTC)
        yield Deadline(at=opens, command=OpenRenewal(renewal_id=renewal_id), key=end.isoformat())


def renewal_of(account_id: UUID, contract_end: date) -> UUID:
    """The id of the renewal of a contract end: there is one, however often the end moved there."""
    return derive(account_id, "renewal", contract_end.isoformat())


def account_of(event: object) -> UUID:
    assert isinstance(event, ContractFact)
    return event.account_id


open_renewal = Process(
    name="open_renewal",
    on=(
        AccountCreated,
        AccountUpdated,
        AccountBecameCustomer,
        AccountContractChanged,
        AccountChurned,
        AccountBecameProspect,
        OnboardingStarted,
        OnboardingAssigned,
        OnboardingCancelled,
        OnboardingResumed,
    ),
    key=account_of,
    initial=Customer(),
    states=(Customer,),
    evolve=evolve,
    react=react,
)
