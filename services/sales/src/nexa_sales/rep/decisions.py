"""Keeping the roster: who is on it, who is away, how many new leads they take in a window of days, who left."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.sales import Absence, RepLeft, RepUpdated, RepWindowOpened
from nexa_sales.rep.commands import (
    Command,
    LeaveRoster,
    LookAtAbsences,
    OpenNextWindow,
    PutRep,
    SetAbsences,
    SetAvailability,
)
from nexa_sales.rep.state import Left, Listed, Rep, Unlisted

RepEvent: TypeAlias = RepUpdated | RepWindowOpened | RepLeft


def decide(command: Command, state: Rep, now: datetime) -> Sequence[RepEvent]:
    match command, state:
        case PutRep(), _:
            return put(command, state, now)
        case LookAtAbsences() | OpenNextWindow() | LeaveRoster(), Left():
            return []
        case LookAtAbsences() | OpenNextWindow(), Unlisted():
            return []
        case _, Unlisted() | Left():
            raise _nobody(command.rep_id)
        case SetAvailability(available=available), Listed(rep=rep):
            return _changed(rep, rep.model_copy(update={"available": available}))
        case SetAbsences(absences=absences), Listed(rep=rep):
            _check(absences)
            return _changed(rep, _away_on(now.date(), rep, absences))
        case LookAtAbsences(), Listed(rep=rep):
            return _changed(rep, _away_on(now.date(), rep, rep.absences))
        case OpenNextWindow(until=until), Listed(rep=rep, window_until=present):
            return _next_window(rep, until, now) if present == until else []
        case LeaveRoster(rep_id=rep_id, reason=reason), Listed(rep=rep):
            return [RepLeft(rep_id=rep_id, name=rep.name, reason=reason, manager_id=rep.manager_id)]
        case _:
            assert_never((command, state))


def put(command: PutRep, state: Rep, now: datetime) -> Sequence[RepEvent]:
    if command.manager_id == command.rep_id:
        raise Refused("Nobody is their own manager.", rule="rep.manager", field="manager_id")
    before = state.rep if isinstance(state, Listed) else None
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
        window_capacity=command.window_capacity,
        window_days=command.window_days,
        absences=before.absences if before else (),
        away=before.away if before else False,
    )
    if updated == before:
        return []
    if command.window_capacity is None or _same_window(before, updated):
        return [updated]
    return [updated, _window(updated, now)]


def _same_window(before: RepUpdated | None, updated: RepUpdated) -> bool:
    return before is not None and before.window_capacity is not None and before.window_days == updated.window_days


def _window(rep: RepUpdated, since: datetime) -> RepWindowOpened:
    assert rep.window_capacity is not None
    return RepWindowOpened(
        rep_id=rep.rep_id,
        since=since,
        until=since + timedelta(days=rep.window_days),
        capacity=rep.window_capacity,
    )


def _next_window(rep: RepUpdated, until: datetime, now: datetime) -> Sequence[RepEvent]:
    """The window that `now` is in: one or several lengths after the last, if nobody looked for long."""
    length = timedelta(days=rep.window_days)
    return [_window(rep, until + length * max(0, (now - until) // length))]


def _away_on(today: date, rep: RepUpdated, absences: Sequence[Absence]) -> RepUpdated:
    coming = tuple(sorted((each for each in absences if each.last_day >= today), key=lambda each: each.first_day))
    away = any(each.first_day <= today for each in coming)
    return rep.model_copy(update={"absences": coming, "away": away})


def _check(absences: Sequence[Absence]) -> None:
    for each in absences:
        if each.first_day > each.last_day:
            raise Refused(
                f"An absence ends ({each.last_day}) before it begins ({each.first_day}).",
                rule="absence.days",
                field="absences",
            )
    for one, other in pairwise(sorted(absences, key=lambda each: each.first_day)):
        if other.first_day <= one.last_day:
            raise Refused(
                f"The absences {one.first_day} to {one.last_day} and {other.first_day} to {other.last_day} overlap;"
                " make them one.",
                rule="absence.overlap",
                field="absences",
            )


def _changed(before: RepUpdated, after: RepUpdated) -> Sequence[RepEvent]:
    return [] if after == before else [after]


def _nobody(rep_id: UUID) -> NotFound:
    return NotFound(f"There is nobody with the id {rep_id} on the roster.", rule="rep.unknown")
