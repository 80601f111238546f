"""A company that sales deals with."""

from dataclasses import dataclass

from nexa_contracts.marketing import CompanySize
from nexa_contracts.sales import AccountCreated, AccountUpdated


@dataclass(frozen=True)
class NoAccount:
    pass


@dataclass(frozen=True)
class Existing:
    name: str
    country: str | None
    company_size: CompanySize | None


def evolve(state: NoAccount | Existing, event: AccountCreated | AccountUpdated) -> Existing:
    return Existing(event.name, event.country, event.company_size)
