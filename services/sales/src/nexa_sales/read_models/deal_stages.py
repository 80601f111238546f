"""How long was each deal in each stage? An entry for each time it came into one; it left when it entered the next."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, Table, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.envelope import Event, event_name
from nexa_contracts.sales import (
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealReopened,
    DealStage,
    DealStageChanged,
)
from nexa_sales.tables import metadata

entries = Table(
    "deal_stages",
    metadata,
    Column("deal_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("stage", Text),
    Column("entered_at", DateTime(timezone=True)),
    Column("event", Text),
    Column("cause", Text),
    Column("actor", Text),
)


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    yield Put(
        entries,
        {"deal_id": event.deal_id, "version": fact.version},
        {
            "stage": _stage(event).value,
            "entered_at": fact.time,
            "event": event_name(type(event)),
            "cause": fact.id,
            "actor": fact.actor,
        },
    )


def _stage(event: Event) -> DealStage:
    match event:
        case DealCreated(stage=stage) | DealStageChanged(stage=stage) | DealReopened(stage=stage):
            return stage
        case DealClosedWon():
            return DealStage.CLOSED_WON
        case DealClosedLost():
            return DealStage.CLOSED_LOST
        case _:
            raise TypeError(f"{type(event).__name__} brings a deal into no stage.")


deal_stages = ReadModel(
    name="deal_stages",
    tables=(entries,),
    on=(DealCreated, DealStageChanged, DealClosedWon, DealClosedLost, DealReopened),
    project=project,
)


async def stages_of(connection: AsyncConnection, deal_id: UUID) -> list[dict[str, Any]]:
    """The deal's stages in their order; `left_at` is None for the one it is in."""
    of = entries.c
    left_at = func.lead(of.entered_at).over(partition_by=of.deal_id, order_by=of.version).label("left_at")
    query = select(entries, left_at).where(of.deal_id == deal_id).order_by(of.version)
    return [dict(row) for row in (await connection.execute(query)).mappings()]
