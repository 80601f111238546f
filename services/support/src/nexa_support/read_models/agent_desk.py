"""Who is on the roster, how many tickets does each have open, and whose turn is it?

Tickets are given away over these rows: they are locked, so that two batches never count the same free place.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Column, Integer, Row, Table, Text, Uuid, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import ContextOfCommands, Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_contracts.success import Absence
from nexa_contracts.support import AgentLevel, AgentUpdated, Shift, SupportRole
from nexa_support.agent.shifts import Hours
from nexa_support.read_models.sla_policies import policies_in_force
from nexa_support.settings import support_settings
from nexa_support.tables import metadata
from nexa_support.ticket.commands import Command
from nexa_support.ticket.desk import Desk, Seat, evolve
from nexa_support.ticket.events import SeatFreed, SeatTaken
from nexa_support.ticket.routing import comes_to_desk

agents = Table(
    "agents",
    metadata,
    Column("agent_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("name", Text),
    Column("email", Text),
    Column("role", Text),
    Column("level", Text),
    Column("skills", JSON),
    Column("languages", JSON),
    Column("capacity", Integer),
    Column("available", Boolean),
    Column("manager_id", Uuid),
    Column("time_zone", Text),
    Column("shifts", JSON),
    Column("absences", JSON),
    Column("open_tickets", Integer, server_default="0"),
    Column("last_turn", Integer, server_default="0"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case AgentUpdated() as agent:
            listing = agent.model_dump(mode="json", exclude={"agent_id", "manager_id"})
            listing |= {"version": fact.version, "manager_id": agent.manager_id}
            yield Put(agents, {"agent_id": agent.agent_id}, listing)
        case SeatTaken(agent_id=agent_id, turn=turn):
            yield Add(agents, {"agent_id": agent_id}, {"open_tickets": 1})
            if turn is not None:
                yield Put(agents, {"agent_id": agent_id}, {"last_turn": turn})
        case SeatFreed(agent_id=agent_id):
            yield Add(agents, {"agent_id": agent_id}, {"open_tickets": -1})
        case _:
            return


agent_desk = ReadModel(name="agent_desk", tables=(agents,), on=(AgentUpdated, SeatTaken, SeatFreed), project=project)


async def _desk_for(connection: AsyncConnection, commands: Sequence[Command]) -> Desk:
    """The policies, and the roster, locked, where one of the commands comes to the desk."""
    seats = await _lock_seats(connection) if any(map(comes_to_desk, commands)) else {}
    turn = max((seat.last_turn for seat in seats.values()), default=0)
    policies = await policies_in_force(connection)
    return Desk(seats=seats, turn=turn, reopen_within=support_settings().reopen_within, policies=policies)


async def _lock_seats(connection: AsyncConnection) -> dict[UUID, Seat]:
    listed = select(agents).where(agents.c.role.is_not(None)).order_by(agents.c.agent_id).with_for_update()
    return {row.agent_id: _seat(row) for row in await connection.execute(listed)}


def _seat(row: Row[Any]) -> Seat:
    shifts = tuple(Shift.model_validate(each) for each in row.shifts)
    absences = tuple(Absence.model_validate(each) for each in row.absences)
    return Seat(
        agent_id=row.agent_id,
        name=row.name,
        role=SupportRole(row.role),
        level=AgentLevel(row.level),
        skills=frozenset(row.skills),
        languages=frozenset(row.languages),
        capacity=row.capacity,
        available=row.available,
        manager_id=row.manager_id,
        hours=Hours(row.time_zone, shifts, absences),
        open_tickets=row.open_tickets,
        last_turn=row.last_turn,
    )


desk = ContextOfCommands(load=_desk_for, evolve=evolve)


async def list_agents(
    connection: AsyncConnection, role: SupportRole | None, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """The roster by name."""
    query = select(agents).where(agents.c.role.is_not(None))
    if role is not None:
        query = query.where(agents.c.role == role.value)
    return await paginate(connection, query, order=[agents.c.name, agents.c.agent_id], limit=limit, cursor=cursor)


async def agent_row(connection: AsyncConnection, agent_id: UUID) -> Mapping[str, Any] | None:
    found = await connection.execute(select(agents).where(agents.c.agent_id == agent_id, agents.c.role.is_not(None)))
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def agent_of_person(connection: AsyncConnection, subject: str) -> Mapping[str, Any] | None:
    """Whom of the roster a token's subject names: by id, by e-mail address, or by the part before the @ where it is unique."""
    try:
        return await agent_row(connection, UUID(subject))
    except ValueError:
        named = or_(func.lower(agents.c.email) == subject.lower(), func.split_part(agents.c.email, "@", 1) == subject)
        query = select(agents).where(named, agents.c.role.is_not(None)).limit(2)
        found = (await connection.execute(query)).mappings().all()
        return dict(found[0]) if len(found) == 1 else None
