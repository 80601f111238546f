"""What does the analysis say of a ticket, and what did it say before?"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, DateTime, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.scoring import TicketAnalyzed
from nexa_scoring.tables import metadata

ticket_analyses = Table(
    "ticket_analyses",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("type", Text),
    Column("priority", Text),
    Column("sentiment", Text),
    Column("urgency", Text),
    Column("feature", Text),
    Column("recommended_priority", Text),
    Column("analysis", JSON),
    Column("analysed_at", DateTime(timezone=True)),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TicketAnalyzed() as told:
            yield Put(
                ticket_analyses,
                {"ticket_id": told.ticket_id, "version": fact.version},
                {
                    "type": told.type.value,
                    "priority": told.priority.value,
                    "sentiment": told.sentiment.value,
                    "urgency": told.urgency.value,
                    "feature": told.feature.value,
                    "recommended_priority": told.recommended_priority.value,
                    "analysis": told.model_dump(mode="json"),
                    "analysed_at": fact.recorded_at,
                },
            )


async def analysis_at(connection: AsyncConnection, ticket_id: UUID, as_of: datetime | None) -> Mapping[str, Any] | None:
    """The last one that had been recorded at `as_of`, now unless given."""
    query = select(ticket_analyses).where(ticket_analyses.c.ticket_id == ticket_id)
    if as_of is not None:
        query = query.where(ticket_analyses.c.analysed_at <= as_of)
    row = (await connection.execute(query.order_by(ticket_analyses.c.version.desc()).limit(1))).mappings().first()
    return dict(row) if row else None


model = ReadModel(name="ticket_analyses", tables=(ticket_analyses,), on=(TicketAnalyzed,), project=project)
