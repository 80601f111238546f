"""Who is on the roster, how many leads does each have open, and whose turn is it?

Routing decides over these rows: it locks them, so that two batches never count the same free place.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Column, DateTime, Integer, Row, Select, Table, Text, Uuid, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Context, Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_contracts.sales import (
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadReleased,
    RepLeft,
    RepLevel,
    RepUpdated,
    RepWindowOpened,
)
from nexa_sales.assignment.desk import Desk, Seat, evolve
from nexa_sales.read_models.routing_rule_versions import rules_in_force
from nexa_sales.routing_rules.state import Rules
from nexa_sales.tables import metadata

reps = Table(
    "reps",
    metadata,
    Column("rep_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("name", Text),
    Column("email", Text),
    Column("level", Text),
    Column("territories", JSON),
    Column("products", JSON),
    Column("capacity", Integer),
    Column("available", Boolean),
    Column("manager_id", Uuid),
    Column("open_leads", Integer, server_default="0"),
    Column("last_turn", Integer, server_default="0"),
    Column("window_capacity", Integer),
    Column("window_days", Integer),
    Column("window_until", DateTime(timezone=True)),
    Column("given", Integer, server_default="0"),
    Column("absences", JSON),
    Column("away", Boolean),
    Column("left_at", DateTime(timezone=True)),
    Column("left_because", Text),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case RepUpdated() as rep:
            yield Put(reps, {"rep_id": rep.rep_id}, {"version": fact.version, **_listing(rep)})
        case LeadAssigned(rep_id=rep_id, previous_rep_id=previous, turn=turn):
            yield Put(reps, {"rep_id": rep_id}, {"last_turn": turn})
            yield Add(reps, {"rep_id": rep_id}, {"open_leads": 1, "given": 1})
            if previous is not None:
                yield Add(reps, {"rep_id": previous}, {"open_leads": -1})
        case RepWindowOpened(rep_id=rep_id, until=until):
            yield Put(reps, {"rep_id": rep_id}, {"version": fact.version, "window_until": until, "given": 0})
        case RepLeft(rep_id=rep_id, reason=reason):
            gone = {"version": fact.version, "left_at": fact.time, "left_because": reason}
            yield Put(reps, {"rep_id": rep_id}, gone)
        case (
            LeadQueued(previous_rep_id=UUID() as rep_id)
            | LeadConverted(rep_id=UUID() as rep_id)
            | LeadDisqualified(rep_id=UUID() as rep_id)
            | LeadReleased(rep_id=UUID() as rep_id)
        ):
            yield Add(reps, {"rep_id": rep_id}, {"open_leads": -1})
        case _:
            return


def _listing(rep: RepUpdated) -> dict[str, object]:
    return {
        "name": rep.name,
        "email": rep.email,
        "level": rep.level.value,
        "territories": list(rep.territories),
        "products": list(rep.products),
        "capacity": rep.capacity,
        "available": rep.available,
        "manager_id": rep.manager_id,
        "window_capacity": rep.window_capacity,
        "window_days": rep.window_days,
        "absences": [absence.model_dump(mode="json") for absence in rep.absences],
        "away": rep.away,
        "left_at": None,
        "left_because": None,
    }


rep_desk = ReadModel(
    name="rep_desk",
    tables=(reps,),
    on=(
        RepUpdated,
        RepWindowOpened,
        RepLeft,
        LeadAssigned,
        LeadQueued,
        LeadConverted,
        LeadDisqualified,
        LeadReleased,
    ),
    project=project,
)


async def read_desk(connection: AsyncConnection) -> Desk:
    """The desk as it is committed."""
    return _desk((await connection.execute(_roster())).all(), await rules_in_force(connection))


async def _lock_desk(connection: AsyncConnection) -> Desk:
    rows = (await connection.execute(_roster().with_for_update())).all()
    return _desk(rows, await rules_in_force(connection))


def _roster() -> Select[Any]:
    """Those who left too: their turns count, and their rows are locked with the others'."""
    return select(reps).where(reps.c.level.is_not(None)).order_by(reps.c.rep_id)


def _desk(rows: Any, rules: Rules) -> Desk:
    seats = {row.rep_id: _seat(row) for row in rows if row.left_at is None}
    return Desk(seats, turn=max((row.last_turn for row in rows), default=0), rules=rules)


def _seat(row: Row[Any]) -> Seat:
    return Seat(
        rep_id=row.rep_id,
        name=row.name,
        level=RepLevel(row.level),
        territories=tuple(row.territories),
        products=tuple(row.products),
        capacity=row.capacity,
        available=row.available,
        manager_id=row.manager_id,
        open_leads=row.open_leads,
        last_turn=row.last_turn,
        away=bool(row.away),
        window_capacity=row.window_capacity,
        given=row.given,
    )


desk = Context(load=_lock_desk, evolve=evolve)


async def list_reps(
    connection: AsyncConnection, level: RepLevel | None, left: bool, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """The roster by name, or those who left it."""
    gone = reps.c.left_at.is_not(None)
    query = select(reps).where(reps.c.level.is_not(None), gone if left else ~gone)
    if level is not None:
        query = query.where(reps.c.level == level.value)
    return await paginate(connection, query, order=[reps.c.name, reps.c.rep_id], limit=limit, cursor=cursor)


async def rep_row(connection: AsyncConnection, rep_id: UUID) -> Mapping[str, Any] | None:
    found = await connection.execute(select(reps).where(reps.c.rep_id == rep_id, reps.c.level.is_not(None)))
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def is_on_the_roster(connection: AsyncConnection, rep_id: UUID) -> bool:
    """Whether this is a person of the roster who has not left it."""
    rep = await rep_row(connection, rep_id)
    return rep is not None and rep["left_at"] is None


async def reports_of(connection: AsyncConnection, manager_id: UUID) -> list[str]:
    """Names of those on the roster who report to this person."""
    query = select(reps.c.name).where(reps.c.manager_id == manager_id, reps.c.left_at.is_(None)).order_by(reps.c.name)
    return list((await connection.execute(query)).scalars())


async def rep_of_person(connection: AsyncConnection, subject: str) -> UUID | None:
    """The rep whom a token's subject names: by id, by e-mail address, or by the part before the @ where it is one rep's.

    Somebody who has left is found by id only.
    """
    try:
        return UUID(subject)
    except ValueError:
        named = or_(reps.c.email == subject, func.split_part(reps.c.email, "@", 1) == subject)
        present = select(reps.c.rep_id).where(named, reps.c.left_at.is_(None))
        found = (await connection.execute(present.limit(2))).scalars().all()
        return found[0] if len(found) == 1 else None
