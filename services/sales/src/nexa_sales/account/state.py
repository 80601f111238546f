"""A company that sales deals with: a prospect, a customer, or one that was a customer."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from nexa_contracts.envelope import Event
from nexa_contracts.marketing import CompanySize
from nexa_contracts.sales import AccountCreated, AccountUpdated
from nexa_sales.account.contract import Contract, Facts, Lost, Standing, life, with_fact
from nexa_sales.account.events import DealCounted, RenewalCounted


@dataclass(frozen=True)
class Company:
    name: str
    country: str | None
    company_size: CompanySize | None


@dataclass(frozen=True)
class NoAccount:
    pass


@dataclass(frozen=True)
class Prospect:
    company: Company
    facts: Facts = ()


@dataclass(frozen=True)
class Customer:
    company: Company
    facts: Facts
    contract: Contract


@dataclass(frozen=True)
class Churned:
    company: Company
    facts: Facts
    lost: Lost


Existing: TypeAlias = Prospect | Customer | Churned
Account: TypeAlias = NoAccount | Existing


def evolve(state: Account, event: Event) -> Account:
    """The stage follows from the facts that were counted; what is published of it adds nothing to them."""
    match state, event:
        case NoAccount(), AccountCreated() as created:
            return Prospect(Company(created.name, created.country, created.company_size))
        case ((Prospect() | Customer() | Churned()), AccountUpdated() as updated):
            return replace(state, company=Company(updated.name, updated.country, updated.company_size))
        case ((Prospect() | Customer() | Churned()), (DealCounted() | RenewalCounted())):
            return _standing(state.company, with_fact(state.facts, event))
        case _:
            return state


def _standing(company: Company, facts: Facts) -> Existing:
    steps = life(facts)
    now: Standing | None = steps[-1].standing if steps else None
    match now:
        case None:
            return Prospect(company, facts)
        case Contract():
            return Customer(company, facts, now)
        case Lost():
            return Churned(company, facts, now)
