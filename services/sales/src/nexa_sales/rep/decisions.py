"""Keeping the roster."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
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


@dataclass(frozen=True, kw_only=True)
class SetAvailability:
    """Whether the rep takes leads now; all else stays."""

    rep_id: UUID
    available: bool


Command: TypeAlias = PutRep | SetAvailability
COMMANDS: tuple[type, ...] = (PutRep, SetAvailability)


def decide(command: Command, state: Unlisted | Listed, now: datetime) -> Sequence[RepUpdated]:
    match command, state:
        case PutRep(), Unlisted() | Listed():
            return put(command, state)
        case SetAvailability(available=available), Listed(rep=rep):
            return [] if rep.available is available else [rep.model_copy(update={"available": available})]
        case SetAvailability(rep_id=rep_id), Unlisted():
            raise NotFound(f"There is nobody with the id {rep_id} on the roster.", rule="rep.unknown")
        case _:
            assert_never((command, state))


def put(command: PutRep, state: Unlisted | Listed) -> Sequence[RepUpdated]:
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
    return [] if state == Listed(updated) else [updated]
