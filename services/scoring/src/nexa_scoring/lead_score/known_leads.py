"""The leads that scoring knows, as `score_lead` keeps them, each with its present score, in the order of their ids."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text, TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.handlers import decode_state
from nexa_chassis.schema import process_states
from nexa_contracts.marketing import CompanySize, LeadSourceKind
from nexa_contracts.values import Band
from nexa_scoring.lead_score.features import Features
from nexa_scoring.reactions.score_lead import Known, score_lead

CONSUMER = f"scoring.{score_lead.name}"
AT_A_TIME = 2_000

_SCORED = """
    select p.key as lead_id, p.state #>> '{state,campaign_id}' as campaign_id, p.state #>> '{state,features}' as features,
           s.score, s.band
      from process_states p
      join lateral (select score, band from lead_scores where lead_id = p.key order by version desc limit 1) s on true
     where p.consumer = :consumer and p.state->>'stage' = 'Known' and (cast(:after as uuid) is null or p.key > :after)"""
_NEW = " and p.key in (select lead_id from lead_scores where version = 1 and scored_at >= :since)"


class ScoredLead(NamedTuple):
    """What is known of a lead today, and how it stands."""

    lead_id: UUID
    campaign_id: UUID
    features: Features
    score: int
    band: Band


async def scored_leads(
    connection: AsyncConnection, *, since: datetime | None = None, after: UUID | None = None
) -> AsyncIterator[Sequence[ScoredLead]]:
    """Leads that have a score, a good many at a time; `since`: only those scored for the first time since then."""
    query: TextClause = text(_SCORED + (_NEW if since else "") + " order by p.key")
    given = {"consumer": CONSUMER, "after": after} | ({"since": since} if since else {})
    rows = await connection.stream(query, given)
    async for part in rows.partitions(AT_A_TIME):
        yield await asyncio.to_thread(_scored, part)


def _scored(rows: Sequence[Any]) -> list[ScoredLead]:
    return [
        ScoredLead(row.lead_id, _campaign(row.campaign_id), _features(row.features), row.score, Band(row.band))
        for row in rows
    ]


def _features(text: str) -> Features:
    """By hand: models that check what was written by this service take five times as long, for each of many leads."""
    told = json.loads(text)
    told["company_size"] = CompanySize(told["company_size"])
    told["source_kind"] = LeadSourceKind(told["source_kind"])
    return Features(**told)


_campaign = lru_cache(maxsize=10_000)(UUID)


async def leads_of(connection: AsyncConnection, lead_ids: Sequence[UUID]) -> list[Known]:
    """What is known of these leads; those that were withdrawn are left out."""
    row = process_states.c
    query = select(row.state.cast(Text)).where(row.consumer == CONSUMER, row.key.in_(lead_ids)).order_by(row.key)
    leads = [decode_state(score_lead, state) for state in (await connection.scalars(query)).all()]
    return [lead for lead in leads if isinstance(lead, Known)]


async def next_ids(connection: AsyncConnection, after: UUID | None, limit: int) -> Sequence[UUID]:
    """The ids of the leads behind this one, withdrawn ones included."""
    row = process_states.c
    query = select(row.key).where(row.consumer == CONSUMER).order_by(row.key).limit(limit)
    return (await connection.scalars(query if after is None else query.where(row.key > after))).all()


async def how_many(connection: AsyncConnection) -> int:
    query = select(func.count()).select_from(process_states).where(process_states.c.consumer == CONSUMER)
    return (await connection.scalar(query)) or 0
