"""The renewal of one contract end: planned from the day the contract is known, open 90 days before, then closed."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.success import RenewalClosed, RenewalOpened, RenewalOutcome
from nexa_contracts.values import Money
from nexa_success.renewal.events import RenewalPlanned, RenewalTermsChanged, RenewalWithdrawn, TermsFields


@dataclass(frozen=True)
class Terms:
    """What is to be renewed, and by whom."""

    account_id: UUID
    account_name: str
    contract_end: date
    arr: Money
    csm_id: UUID | None


@dataclass(frozen=True)
class NotPlanned:
    pass


@dataclass(frozen=True)
class Planned:
    terms: Terms


@dataclass(frozen=True)
class Withdrawn:
    """The contract end moved: a deadline for it changes nothing any more."""

    terms: Terms


@dataclass(frozen=True)
class Open:
    terms: Terms


@dataclass(frozen=True)
class Closed:
    """`terms` are those of before; `arr` is null if it was lost."""

    terms: Terms
    outcome: RenewalOutcome
    arr: Money | None
    contract_end: date


Renewal: TypeAlias = NotPlanned | Planned | Withdrawn | Open | Closed
RenewalEvent: TypeAlias = RenewalPlanned | RenewalTermsChanged | RenewalWithdrawn | RenewalOpened | RenewalClosed


def evolve(renewal: Renewal, event: RenewalEvent) -> Renewal:
    match renewal, event:
        case _, RenewalPlanned() as planned:
            return Planned(_terms(planned))
        case _, RenewalOpened() as opened:
            return Open(_terms(opened))
        case Planned() | Open(), RenewalTermsChanged() as changed:
            return replace(renewal, terms=_terms(changed))
        case Planned(terms=terms) | Open(terms=terms), RenewalWithdrawn():
            return Withdrawn(terms)
        case Open(terms=terms), RenewalClosed(outcome=outcome, arr=arr, contract_end=contract_end):
            return Closed(terms, outcome, arr, contract_end)
        case _:
            raise ValueError(f"{type(event).__name__} of a renewal that is {type(renewal).__name__}")


def _terms(event: TermsFields | RenewalOpened) -> Terms:
    return Terms(event.account_id, event.account_name, event.contract_end, event.arr, event.csm_id)
