"""A person of an account."""

from dataclasses import dataclass
from uuid import UUID

from nexa_contracts.sales import ContactCreated


@dataclass(frozen=True)
class NoContact:
    pass


@dataclass(frozen=True)
class Known:
    account_id: UUID


def evolve(state: NoContact | Known, event: ContactCreated) -> Known:
    return Known(event.account_id)
