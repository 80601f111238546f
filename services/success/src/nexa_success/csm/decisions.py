"""Keeping the roster."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID
from zoneinfo import available_timezones

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.success import Absence, CsmUpdated, Role
from nexa_success.csm.calendar import countries_with_holidays
from nexa_success.csm.state import Listed, Unlisted


@dataclass(frozen=True, kw_only=True)
class PutCsm:
    """List a person, or change what is listed; all fields as they are to be."""

    csm_id: UUID
    name: str
    email: str
    role: Role
    capacity: int
    available: bool
    manager_id: UUID | None
    time_zone: str
    country: str | None
    working_days: tuple[int, ...]
    absences: tuple[Absence, ...]


@dataclass(frozen=True, kw_only=True)
class SetAvailability:
    """Whether the person takes new customers now; all else stays."""

    csm_id: UUID
    available: bool


Command: TypeAlias = PutCsm | SetAvailability
COMMANDS: tuple[type, ...] = (PutCsm, SetAvailability)


def decide(command: Command, state: Unlisted | Listed, now: datetime) -> Sequence[CsmUpdated]:
    match command, state:
        case PutCsm(), Unlisted() | Listed():
            return put(command, state)
        case SetAvailability(available=available), Listed(csm=csm):
            return [] if csm.available is available else [csm.model_copy(update={"available": available})]
        case SetAvailability(csm_id=csm_id), Unlisted():
            raise NotFound(f"There is nobody with the id {csm_id} on the roster.", rule="csm.unknown")
        case _:
            assert_never((command, state))


def put(command: PutCsm, state: Unlisted | Listed) -> Sequence[CsmUpdated]:
    if command.manager_id == command.csm_id:
        raise Refused("Nobody is their own manager.", rule="csm.manager", field="manager_id")
    if command.time_zone not in available_timezones():
        raise Refused(
            f"{command.time_zone!r} is no time zone; write it as Europe/Berlin.",
            rule="csm.time_zone",
            field="time_zone",
        )
    if command.country is not None and command.country not in countries_with_holidays():
        raise Refused(
            f"No public holidays are known for {command.country!r}; leave the country out, or enter them as absences.",
            rule="csm.country",
            field="country",
        )
    for absence in command.absences:
        if absence.last < absence.first:
            raise Refused(
                f"The absence ends on {absence.last}, before it begins on {absence.first}.",
                rule="csm.absence",
                field="absences",
            )
    updated = CsmUpdated(
        csm_id=command.csm_id,
        name=command.name,
        email=command.email,
        role=command.role,
        capacity=command.capacity,
        available=command.available,
        manager_id=command.manager_id,
        time_zone=command.time_zone,
        country=command.country,
        working_days=command.working_days,
        absences=command.absences,
    )
    return [] if state == Listed(updated) else [updated]
