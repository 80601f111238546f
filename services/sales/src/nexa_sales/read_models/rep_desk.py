"""Who is at the desk, how much has each open, and whose turn is it? Routing decides over it, with the rows locked."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Column, Integer, Table, Text, Uuid, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Context, Recorded
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_contracts.sales import LeadAssigned, LeadConverted, LeadDisqualified, RepLevel, RepUpdated
from nexa_sales.assignment.desk import Desk, Seat, evolve
from nexa_sales.assignment.events import LeadLetGo
from nexa_sales.tables import metadata

rep_desk = Table(
    "rep_desk",
    metadata,
    Column("rep_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("level", Text),
    Column("territories", ARRAY(Text)),
    Column("products", ARRAY(Text)),
    Column("capacity", Integer),
    Column("available", Boolean),
    Column("manager_id", Uuid),
    Column("open_leads", Integer, server_default=text("0")),
    Column("last_turn", Integer, server_default=text("0")),
    Column("version", Integer),
)
desk_changes = Table(
    "desk_changes",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("changes", Integer, server_default=text("0")),
)
"""One row: how often something happened that may let a waiting lead be taken."""


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case RepUpdated() as rep:
            yield Put(
                rep_desk,
                {"rep_id": rep.rep_id},
                {
                    "name": rep.name,
                    "email": rep.email,
                    "level": rep.level.value,
                    "territories": list(rep.territories),
                    "products": list(rep.products),
                    "capacity": rep.capacity,
                    "available": rep.available,
                    "manager_id": rep.manager_id,
                    "version": fact.version,
                },
            )
            yield _changed()
        case LeadAssigned(rep_id=rep_id, turn=turn, previous_rep_id=previous):
            yield Add(rep_desk, {"rep_id": rep_id}, {"open_leads": 1})
            yield Put(rep_desk, {"rep_id": rep_id}, {"last_turn": turn})
            if previous is not None:
                yield Add(rep_desk, {"rep_id": previous}, {"open_leads": -1})
                yield _changed()
        case (
            LeadConverted(rep_id=UUID() as rep_id)
            | LeadDisqualified(rep_id=UUID() as rep_id)
            | LeadLetGo(rep_id=UUID() as rep_id)
        ):
            yield Add(rep_desk, {"rep_id": rep_id}, {"open_leads": -1})
            yield _changed()
        case _:
            return


def _changed() -> Add:
    return Add(desk_changes, {"only": 1}, {"changes": 1})


async def load_desk(connection: AsyncConnection) -> Desk:
    """The desk, locked until the transaction ends: two batches must not give the same turn."""
    query = select(rep_desk).where(rep_desk.c.level.is_not(None)).order_by(rep_desk.c.rep_id).with_for_update()
    seats = {
        row.rep_id: Seat(
            rep_id=row.rep_id,
            name=row.name,
            level=RepLevel(row.level),
            territories=tuple(row.territories),
            products=tuple(row.products),
            capacity=row.capacity,
            available=row.available,
            manager_id=row.manager_id,
            open_leads=row.open_leads or 0,
            last_turn=row.last_turn or 0,
        )
        for row in await connection.execute(query)
    }
    return Desk(seats, max((seat.last_turn for seat in seats.values()), default=0))


desk = Context(load=load_desk, evolve=evolve)
model = ReadModel(
    name="rep_desk",
    tables=(rep_desk, desk_changes),
    on=(RepUpdated, LeadAssigned, LeadConverted, LeadDisqualified, LeadLetGo),
    project=project,
)
