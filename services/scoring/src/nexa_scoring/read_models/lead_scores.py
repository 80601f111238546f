"""How does each lead score, and how did it get there?"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, DateTime, Index, Integer, Table, Text, Uuid, exists, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band
from nexa_scoring.tables import metadata

lead_scores = Table(
    "lead_scores",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("campaign_id", Uuid),
    Column("score", Integer),
    Column("band", Text),
    Column("previous_score", Integer),
    Column("previous_band", Text),
    Column("factors", JSON),
    Column("recommendation", Text),
    Column("rules_version", Integer),
    Column("caused_by", Text),
    Column("scored_at", DateTime(timezone=True)),
    Index("lead_scores_highest", "campaign_id", text("score desc"), "lead_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case LeadScored() as scored:
            yield Put(
                lead_scores,
                {"lead_id": scored.lead_id, "version": fact.version},
                {
                    "campaign_id": scored.campaign_id,
                    "score": scored.score,
                    "band": scored.band.value,
                    "previous_score": scored.previous_score,
                    "previous_band": scored.previous_band.value if scored.previous_band else None,
                    "factors": [factor.model_dump(mode="json") for factor in scored.factors],
                    "recommendation": scored.recommendation,
                    "rules_version": scored.rules_version,
                    "caused_by": scored.caused_by,
                    "scored_at": fact.time,
                },
            )


async def score_history(
    connection: AsyncConnection, lead_id: UUID, *, limit: int, cursor: str | None
) -> Page[dict[str, Any]]:
    """All scores of one lead, the newest first."""
    query = select(lead_scores).where(lead_scores.c.lead_id == lead_id)
    return await paginate(connection, query, order=[lead_scores.c.version.desc()], limit=limit, cursor=cursor)


async def latest_scores(
    connection: AsyncConnection, campaign_id: UUID, band: Band | None, *, limit: int, cursor: str | None
) -> Page[dict[str, Any]]:
    """The present score of each lead of a campaign, the highest first."""
    later = lead_scores.alias("later")
    query = select(lead_scores).where(
        lead_scores.c.campaign_id == campaign_id,
        ~exists().where(later.c.lead_id == lead_scores.c.lead_id, later.c.version > lead_scores.c.version),
    )
    if band is not None:
        query = query.where(lead_scores.c.band == band.value)
    order = [lead_scores.c.score.desc(), lead_scores.c.lead_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


model = ReadModel(name="lead_scores", tables=(lead_scores,), on=(LeadScored,), project=project)
