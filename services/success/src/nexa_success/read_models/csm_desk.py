"""Who is on the roster, how many onboardings does each have open, and whose turn is it?

A new onboarding is given away over these rows: they are locked, so that two batches never count the same free place.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Column, Integer, Row, Table, Text, Uuid, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Context, Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_contracts.success import (
    Absence,
    CsmUpdated,
    OnboardingAssigned,
    OnboardingCancelled,
    OnboardingCompleted,
    OnboardingResumed,
    OnboardingSpecialistAssigned,
    OnboardingStarted,
    Role,
)
from nexa_success.csm.calendar import Calendar
from nexa_success.onboarding.desk import Desk, Seat, evolve
from nexa_success.read_models.onboarding_templates import template_in_force
from nexa_success.settings import success_settings
from nexa_success.tables import metadata

csms = Table(
    "csms",
    metadata,
    Column("csm_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("name", Text),
    Column("email", Text),
    Column("role", Text),
    Column("capacity", Integer),
    Column("available", Boolean),
    Column("manager_id", Uuid),
    Column("time_zone", Text),
    Column("country", Text),
    Column("working_days", JSON),
    Column("absences", JSON),
    Column("open_onboardings", Integer, server_default="0"),
    Column("last_turn", Integer, server_default="0"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case CsmUpdated() as csm:
            listing = csm.model_dump(mode="json", exclude={"csm_id", "manager_id"})
            yield Put(csms, {"csm_id": csm.csm_id}, {"version": fact.version, "manager_id": csm.manager_id, **listing})
        case OnboardingStarted(csm=csm_, specialist=specialist, turn=turn):
            for person in (csm_, specialist):
                if person is not None:
                    yield from _taken(person.person_id, turn)
        case OnboardingAssigned(csm=csm_, previous_csm_id=previous, turn=turn):
            yield from _taken(csm_.person_id, turn)
            yield from _loaded(previous, -1)
        case OnboardingSpecialistAssigned(specialist=specialist, turn=turn):
            yield from _taken(specialist.person_id, turn)
        case OnboardingResumed(csm_id=csm_id, specialist_id=specialist_id):
            yield from _loaded(csm_id, 1)
            yield from _loaded(specialist_id, 1)
        case (
            OnboardingCompleted(csm_id=csm_id, specialist_id=specialist_id)
            | OnboardingCancelled(csm_id=csm_id, specialist_id=specialist_id)
        ):
            yield from _loaded(csm_id, -1)
            yield from _loaded(specialist_id, -1)
        case _:
            return


def _taken(csm_id: UUID, turn: int) -> Iterator[Change]:
    yield Put(csms, {"csm_id": csm_id}, {"last_turn": turn})
    yield from _loaded(csm_id, 1)


def _loaded(csm_id: UUID | None, more: int) -> Iterator[Change]:
    if csm_id is not None:
        yield Add(csms, {"csm_id": csm_id}, {"open_onboardings": more})


csm_desk = ReadModel(
    name="csm_desk",
    tables=(csms,),
    on=(
        CsmUpdated,
        OnboardingStarted,
        OnboardingAssigned,
        OnboardingSpecialistAssigned,
        OnboardingResumed,
        OnboardingCancelled,
        OnboardingCompleted,
    ),
    project=project,
)


async def _lock_desk(connection: AsyncConnection) -> Desk:
    listed = select(csms).where(csms.c.role.is_not(None)).order_by(csms.c.csm_id).with_for_update()
    seats = {row.csm_id: _seat(row) for row in await connection.execute(listed)}
    template, kickoffs = await template_in_force(connection)
    return Desk(
        seats=seats,
        turn=max((seat.last_turn for seat in seats.values()), default=0),
        template=template,
        kickoffs=kickoffs,
        join_url=success_settings().meeting_url,
    )


def _seat(row: Row[Any]) -> Seat:
    absences = tuple(Absence.model_validate(each) for each in row.absences)
    return Seat(
        csm_id=row.csm_id,
        name=row.name,
        email=row.email,
        role=Role(row.role),
        capacity=row.capacity,
        available=row.available,
        manager_id=row.manager_id,
        calendar=Calendar(row.time_zone, row.country, tuple(row.working_days), absences),
        open_onboardings=row.open_onboardings,
        last_turn=row.last_turn,
    )


desk = Context(load=_lock_desk, evolve=evolve)


async def list_csms(
    connection: AsyncConnection, role: Role | None, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """The roster by name."""
    query = select(csms).where(csms.c.role.is_not(None))
    if role is not None:
        query = query.where(csms.c.role == role.value)
    return await paginate(connection, query, order=[csms.c.name, csms.c.csm_id], limit=limit, cursor=cursor)


async def csm_row(connection: AsyncConnection, csm_id: UUID) -> Mapping[str, Any] | None:
    found = await connection.execute(select(csms).where(csms.c.csm_id == csm_id, csms.c.role.is_not(None)))
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def csm_of_person(connection: AsyncConnection, subject: str) -> Mapping[str, Any] | None:
    """Whom of the roster a token's subject names: by id, by e-mail address, or by the part before the @ where it is unique."""
    try:
        return await csm_row(connection, UUID(subject))
    except ValueError:
        named = or_(csms.c.email == subject, func.split_part(csms.c.email, "@", 1) == subject)
        found = (
            (await connection.execute(select(csms).where(named, csms.c.role.is_not(None)).limit(2))).mappings().all()
        )
        return dict(found[0]) if len(found) == 1 else None
