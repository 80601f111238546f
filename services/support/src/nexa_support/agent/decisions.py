"""Keeping the roster."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import pairwise
from typing import TypeAlias, assert_never
from uuid import UUID
from zoneinfo import available_timezones

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.success import Absence
from nexa_contracts.support import AgentLevel, AgentUpdated, Shift, SupportRole
from nexa_support.agent.state import Listed, Unlisted


@dataclass(frozen=True, kw_only=True)
class PutAgent:
    """List a person, or change what is listed; all fields as they are to be."""

    agent_id: UUID
    name: str
    email: str
    role: SupportRole
    level: AgentLevel
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    capacity: int
    available: bool
    manager_id: UUID | None
    time_zone: str
    shifts: tuple[Shift, ...]
    absences: tuple[Absence, ...]


@dataclass(frozen=True, kw_only=True)
class SetAvailability:
    """Whether the person takes new tickets now; all else stays."""

    agent_id: UUID
    available: bool


Command: TypeAlias = PutAgent | SetAvailability
COMMANDS: tuple[type, ...] = (PutAgent, SetAvailability)


def decide(command: Command, state: Unlisted | Listed, now: datetime) -> Sequence[AgentUpdated]:
    match command, state:
        case PutAgent(), Unlisted() | Listed():
            return put(command, state)
        case SetAvailability(available=available), Listed(agent=agent):
            return [] if agent.available is available else [agent.model_copy(update={"available": available})]
        case SetAvailability(agent_id=agent_id), Unlisted():
            raise NotFound(f"There is nobody with the id {agent_id} on the roster.", rule="agent.unknown")
        case _:
            assert_never((command, state))


def put(command: PutAgent, state: Unlisted | Listed) -> Sequence[AgentUpdated]:
    if command.manager_id == command.agent_id:
        raise Refused("Nobody is their own manager.", rule="agent.manager", field="manager_id")
    if command.time_zone not in available_timezones():
        raise Refused(
            f"{command.time_zone!r} is no time zone; write it as Europe/Berlin.",
            rule="agent.time_zone",
            field="time_zone",
        )
    _check_shifts(command.shifts)
    for absence in command.absences:
        if absence.last < absence.first:
            raise Refused(
                f"The absence ends on {absence.last}, before it begins on {absence.first}.",
                rule="agent.absence",
                field="absences",
            )
    updated = AgentUpdated(**vars(command))
    return [] if state == Listed(updated) else [updated]


def _check_shifts(shifts: Sequence[Shift]) -> None:
    """Raises Refused for a shift that ends before it begins, and for two that overlap."""
    for shift in shifts:
        if shift.ends not in (time(),) and shift.ends <= shift.begins:
            raise Refused(
                f"The shift of weekday {shift.weekday} ends at {shift.ends}, not after it begins at {shift.begins};"
                " one over midnight is two shifts, the first until 00:00.",
                rule="agent.shift",
                field="shifts",
            )
    for earlier, later in pairwise(sorted(shifts, key=lambda shift: (shift.weekday, shift.begins))):
        if earlier.weekday == later.weekday and (earlier.ends == time() or later.begins < earlier.ends):
            raise Refused(
                f"Two shifts of weekday {later.weekday} overlap at {later.begins}.", rule="agent.shift", field="shifts"
            )
