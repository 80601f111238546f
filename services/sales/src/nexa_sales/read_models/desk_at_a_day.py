"""How did the desk stand when a day began: what each rep had open, and whose turn it was? A row for each rep and day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Column, Date, Integer, Table, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_contracts.sales import LeadAssigned, LeadConverted, LeadDisqualified, LeadQueued, LeadReleased
from nexa_sales.tables import metadata

desk_days = Table(
    "desk_days",
    metadata,
    Column("rep_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("last_turn", Integer),
    Column("more_open", Integer, server_default="0"),
)


def project(fact: Recorded) -> Iterator[Change]:
    day = fact.recorded_at.date()
    match fact.event:
        case LeadAssigned(rep_id=rep_id, previous_rep_id=previous, turn=turn):
            yield Put(desk_days, {"rep_id": rep_id, "day": day}, {"last_turn": turn})
            yield Add(desk_days, {"rep_id": rep_id, "day": day}, {"more_open": 1})
            if previous is not None:
                yield Add(desk_days, {"rep_id": previous, "day": day}, {"more_open": -1})
        case (
            LeadQueued(previous_rep_id=UUID() as rep_id)
            | LeadConverted(rep_id=UUID() as rep_id)
            | LeadDisqualified(rep_id=UUID() as rep_id)
            | LeadReleased(rep_id=UUID() as rep_id)
        ):
            yield Add(desk_days, {"rep_id": rep_id, "day": day}, {"more_open": -1})
        case _:
            return


desk_at_a_day = ReadModel(
    name="desk_at_a_day",
    tables=(desk_days,),
    on=(LeadAssigned, LeadQueued, LeadConverted, LeadDisqualified, LeadReleased),
    project=project,
)


@dataclass(frozen=True)
class Stood:
    """A rep as a day began."""

    open_leads: int
    last_turn: int


async def stood_before(connection: AsyncConnection, day: date) -> dict[UUID, Stood]:
    """How each rep stood as this day began; those who never had a lead are left out."""
    row = desk_days.c
    query = select(row.rep_id, func.sum(row.more_open).label("open"), func.max(row.last_turn).label("turn"))
    rows = await connection.execute(query.where(row.day < day).group_by(row.rep_id))
    return {each.rep_id: Stood(int(each.open), each.turn or 0) for each in rows}
