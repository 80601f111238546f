"""What can be asked about a person of the roster."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.sales import Absence, RepLevel


@dataclass(frozen=True, kw_only=True)
class PutRep:
    """List a person, or change what is listed; all fields as they are to be. Absences stay as they are."""

    rep_id: UUID
    name: str
    email: str
    level: RepLevel
    territories: tuple[str, ...]
    products: tuple[str, ...]
    capacity: int
    available: bool
    manager_id: UUID | None
    window_capacity: int | None = None
    window_days: int = 7


@dataclass(frozen=True, kw_only=True)
class SetAvailability:
    """Whether the rep takes leads now; all else stays."""

    rep_id: UUID
    available: bool


@dataclass(frozen=True, kw_only=True)
class SetAbsences:
    """The rep's days away, all of them as they are to be; those that are past are left out."""

    rep_id: UUID
    absences: tuple[Absence, ...]


@dataclass(frozen=True, kw_only=True)
class LookAtAbsences:
    """A day has come on which an absence begins, or is over."""

    rep_id: UUID


@dataclass(frozen=True, kw_only=True)
class OpenNextWindow:
    """The window that ends at `until` has ended; it matters where that is still the rep's window."""

    rep_id: UUID
    until: datetime


@dataclass(frozen=True, kw_only=True)
class LeaveRoster:
    """The person leaves; their leads and tasks are handed over afterwards."""

    rep_id: UUID
    reason: str


Command: TypeAlias = PutRep | SetAvailability | SetAbsences | LookAtAbsences | OpenNextWindow | LeaveRoster
COMMANDS: tuple[type, ...] = (PutRep, SetAvailability, SetAbsences, LookAtAbsences, OpenNextWindow, LeaveRoster)
