"""How well does each account do now, how did it on a day, and which do worst?"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel, Remove
from nexa_contracts.scoring import ChurnRiskCleared, ChurnRiskDetected, HealthScored, Risk
from nexa_scoring.account_health.events import ScoringStopped
from nexa_scoring.tables import metadata

STOPPED = "stopped"

health_scores = Table(
    "health_scores",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("account_name", Text),
    Column("day", Date),
    Column("late", Boolean),
    Column("score", Integer),
    Column("label", Text),
    Column("risk", Text),
    Column("previous_score", Integer),
    Column("change", Integer),
    Column("factors", JSON),
    Column("renewal_probability", Numeric(7, 6)),
    Column("calibrated", Boolean),
    Column("rules_version", Integer),
    Column("caused_by", Text),
    Column("recorded_at", DateTime(timezone=True)),
    Index("health_scores_by_day", "account_id", "day", "version"),
)
account_health = Table(
    "account_health",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("account_name", Text),
    Column("score", Integer),
    Column("label", Text),
    Column("risk", Text),
    Column("change", Integer),
    Column("day", Date),
    Column("renewal_probability", Numeric(7, 6)),
    Column("calibrated", Boolean),
    Column("episode", Integer),
    Column("play", Text),
    Column("reason", Text),
    Column("scored_at", DateTime(timezone=True)),
    Index("account_health_by_score", "score", "account_id"),
    Index("account_health_by_risk", "risk", "score", "account_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case HealthScored() as scored:
            yield Put(health_scores, _place(fact, scored.account_id), _row(fact, scored))
            if not scored.late:
                yield Put(account_health, {"account_id": scored.account_id}, _present(fact, scored))
        case ChurnRiskDetected(account_id=account_id, episode=episode, play=play, reason=reason):
            yield Put(account_health, {"account_id": account_id}, {"episode": episode, "play": play, "reason": reason})
        case ChurnRiskCleared(account_id=account_id):
            yield Put(account_health, {"account_id": account_id}, {"episode": None, "play": None, "reason": None})
        case ScoringStopped() as stopped:
            yield Put(health_scores, _place(fact, stopped.account_id), _stop(fact, stopped))
            yield Remove(account_health, {"account_id": stopped.account_id})


def _place(fact: Recorded, account_id: UUID) -> Mapping[str, object]:
    return {"account_id": account_id, "version": fact.version}


def _row(fact: Recorded, scored: HealthScored) -> Mapping[str, object]:
    return {
        "account_name": scored.account_name,
        "day": scored.on,
        "late": scored.late,
        "score": scored.score,
        "label": scored.label,
        "risk": scored.risk.value,
        "previous_score": scored.previous_score,
        "change": scored.change,
        "factors": [factor.model_dump(mode="json") for factor in scored.factors],
        "renewal_probability": scored.renewal_probability,
        "calibrated": scored.calibrated,
        "rules_version": scored.rules_version,
        "caused_by": scored.caused_by,
        "recorded_at": fact.recorded_at,
    }


def _present(fact: Recorded, scored: HealthScored) -> Mapping[str, object]:
    return {
        "account_name": scored.account_name,
        "score": scored.score,
        "label": scored.label,
        "risk": scored.risk.value,
        "change": scored.change,
        "day": scored.on,
        "renewal_probability": scored.renewal_probability,
        "calibrated": scored.calibrated,
        "scored_at": fact.recorded_at,
    }


def _stop(fact: Recorded, stopped: ScoringStopped) -> Mapping[str, object]:
    return {
        "account_name": stopped.account_name,
        "day": stopped.on,
        "late": False,
        "label": STOPPED,
        "change": 0,
        "factors": [],
        "calibrated": False,
        "caused_by": stopped.caused_by,
        "recorded_at": fact.recorded_at,
    }


async def health_at(
    connection: AsyncConnection, account_id: UUID, *, as_of: datetime | None = None, happened: date | None = None
) -> Mapping[str, Any] | None:
    """The health as it was known at `as_of` (now unless given): the present one of then, late ones left aside.

    With `happened`, that of the newest day up to then, late ones too, as far as they were known at `as_of`.
    """
    scores = health_scores.c
    query = select(health_scores).where(scores.account_id == account_id)
    if as_of is not None:
        query = query.where(scores.recorded_at <= as_of)
    if happened is None:
        query = query.where(scores.late.is_(False)).order_by(scores.version.desc())
    else:
        query = query.where(scores.day <= happened).order_by(scores.day.desc(), scores.version.desc())
    row = (await connection.execute(query.limit(1))).mappings().first()
    return dict(row) if row else None


async def health_history(
    connection: AsyncConnection, account_id: UUID, *, limit: int, cursor: str | None
) -> Page[dict[str, Any]]:
    """All scores of one account, the newest first, late ones in their place of arrival."""
    query = select(health_scores).where(health_scores.c.account_id == account_id)
    return await paginate(connection, query, order=[health_scores.c.version.desc()], limit=limit, cursor=cursor)


async def accounts_by_health(
    connection: AsyncConnection, risk: Risk | None, *, limit: int, cursor: str | None
) -> Page[dict[str, Any]]:
    """The present health of each customer, the lowest first."""
    query = select(account_health)
    if risk is not None:
        query = query.where(account_health.c.risk == risk.value)
    order = [account_health.c.score, account_health.c.account_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


model = ReadModel(
    name="how_accounts_do",
    tables=(health_scores, account_health),
    on=(HealthScored, ChurnRiskDetected, ChurnRiskCleared, ScoringStopped),
    project=project,
)
