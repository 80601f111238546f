"""The life of an account's contract: what follows from the deals it won and the renewals that were closed.

It is folded from the facts in the order in which they happened, whatever order they came in. A reopened deal does not
count; a renewal counts for who was a customer at that time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TypeAlias
from uuid import UUID

from dateutil.relativedelta import relativedelta

from nexa_contracts.success import RenewalOutcome
from nexa_contracts.values import Money
from nexa_sales.account.events import ContractFact, DealCounted, RenewalCounted

RUNS_FOR = relativedelta(months=12)


@dataclass(frozen=True)
class Contract:
    """What a customer pays a year and until when; `deal_id` made it a customer."""

    deal_id: UUID
    customer_since: date
    arr: Money
    contract_end: date


@dataclass(frozen=True)
class Lost:
    """The contract as it was, and when and why it was not renewed."""

    contract: Contract
    churned_on: date
    because: str


Standing: TypeAlias = Contract | Lost


@dataclass(frozen=True)
class Step:
    """How the account stood after a fact, and which one."""

    standing: Standing
    reason: str
    cause: str


Facts: TypeAlias = tuple[ContractFact, ...]
"""The latest fact of each deal and each renewal."""


def key_of(fact: ContractFact) -> UUID:
    return fact.deal_id if isinstance(fact, DealCounted) else fact.renewal_id


def knows(facts: Facts, fact: ContractFact) -> bool:
    """Whether this fact, or a later one of the same deal or renewal, is among them."""
    return any(key_of(each) == key_of(fact) and each.version >= fact.version for each in facts)


def with_fact(facts: Facts, fact: ContractFact) -> Facts:
    if knows(facts, fact):
        return facts
    return (*(each for each in facts if key_of(each) != key_of(fact)), fact)


def life(facts: Iterable[ContractFact]) -> Sequence[Step]:
    """Each change of the contract, in the order in which it happened; none for a prospect."""
    steps: list[Step] = []
    for fact in sorted(facts, key=_place):
        now = steps[-1].standing if steps else None
        step = _won(now, fact) if isinstance(fact, DealCounted) else _renewed(now, fact)
        if step is not None:
            steps.append(step)
    return steps


def _place(fact: ContractFact) -> tuple[datetime, bool, str]:
    """Of what happened at one moment, deals come before renewals."""
    return fact.at, isinstance(fact, RenewalCounted), str(key_of(fact))


def _won(now: Standing | None, fact: DealCounted) -> Step | None:
    if fact.amount is None:
        return None
    if not isinstance(now, Contract):
        since = fact.at.astimezone(UTC).date()
        return Step(Contract(fact.deal_id, since, fact.amount, since + RUNS_FOR), "deal won", fact.cause)
    arr, amount = now.arr, fact.amount
    if amount.currency != arr.currency:
        left_out = f"deal won; its {amount.amount:.2f} {amount.currency} are not added to an ARR in {arr.currency}"
        return Step(now, left_out, fact.cause)
    total = Money(amount=arr.amount + amount.amount, currency=arr.currency)
    return Step(replace(now, arr=total), "deal won", fact.cause)


def _renewed(now: Standing | None, fact: RenewalCounted) -> Step | None:
    if not isinstance(now, Contract):
        return None
    if fact.outcome is RenewalOutcome.LOST:
        because = fact.reason or "renewal lost"
        return Step(Lost(now, fact.at.astimezone(UTC).date(), because), because, fact.cause)
    renewed = replace(now, arr=fact.arr or now.arr, contract_end=fact.contract_end)
    return Step(renewed, f"renewal {fact.outcome.value}", fact.cause)
