"""Keeping the roster."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Refused
from nexa_contracts.sales import RepLevel, RepUpdated
from nexa_sales.rep.state import Listed, Unlisted


@dataclass(frozen=True, kw_only=True)
class PutRep:
    """List a person, or change what is listed; all fields as they are to be."""

    rep_id: UUID
    name: str
    email: str
    level: RepLevel
    territories: tuple[str, ...]
    products: tuple[str, ...]
    capacity: int
    available: bool
    manager_id: UUID | None


def decide(command: PutRep, state: Unlisted | Listed, now: datetime) -> Sequence[RepUpdated]:
    if command.manager_id == command.rep_id:
        raise Refused("Nobody is their own manager.", rule="rep.manager", field="manager_id")
    updated = RepUpdated(
        rep_id=command.rep_id,
        name=command.name,
        email=command.email,
        level=command.level,
        territories=command.territories,
        products=command.products,
        capacity=command.capacity,
        available=command.available,
        manager_id=command.manager_id,
    )
    match state:
        case Listed(rep=rep) if rep == updated:
            return []
        case _:
            return [updated]
