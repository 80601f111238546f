"""Where does a customer stand, since when, and how did it get there?"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Select, Table, Text, Uuid, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.history import AsOf, facts_of
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_chassis.store import Store
from nexa_contracts.success import LifecycleStageChanged
from nexa_success.lifecycle.events import FactNoted, LifeContinued, StageDecided
from nexa_success.lifecycle.hindsight import steps
from nexa_success.read_models.who_is_whom import customer_parties
from nexa_success.tables import metadata

lifecycle_now = Table(
    "lifecycle_now",
    metadata,
    Column("party_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("stage", Text),
    Column("since", DateTime(timezone=True)),
    Column("cause", Text),
    Column("reason", Text),
    Column("campaign_id", Uuid),
    Column("continues", Uuid),
    Column("continued_by", Uuid),
    Column("continued_at", DateTime(timezone=True)),
    Index("lifecycle_now_stage_idx", "stage", "since", "party_id"),
    Index("lifecycle_now_campaign_idx", "campaign_id"),
    Index("lifecycle_now_continued_idx", "continued_by"),
)
lifecycle_entries = Table(
    "lifecycle_entries",
    metadata,
    Column("party_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("stage", Text),
    Column("entered_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True)),
    Column("cause", Text),
    Column("reason", Text),
    Column("backwards", Boolean),
)


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    yield Put(lifecycle_now, {"party_id": event.party_id}, {"version": fact.version, **_now(fact)})
    match fact.event:
        case LifecycleStageChanged() as changed:
            entry = {
                "stage": changed.stage.value,
                "entered_at": changed.entered_at or fact.time,
                "recorded_at": fact.recorded_at,
                "cause": changed.cause,
                "reason": changed.reason,
                "backwards": changed.backwards,
            }
            yield Put(lifecycle_entries, {"party_id": changed.party_id, "version": fact.version}, entry)


def _now(fact: Recorded) -> dict[str, object]:
    match fact.event:
        case LifecycleStageChanged(stage=stage, entered_at=entered_at, cause=cause, reason=reason):
            return {"stage": stage.value, "since": entered_at or fact.time, "cause": cause, "reason": reason}
        case FactNoted(origin_at=datetime(), campaign_id=campaign_id, continues=continues):
            return {"campaign_id": campaign_id, "continues": continues}
        case LifeContinued(account_id=account_id, at=at):
            return {"continued_by": account_id, "continued_at": at}
        case _:
            return {}


where_customers_stand = ReadModel(
    name="where_customers_stand",
    tables=(lifecycle_now, lifecycle_entries),
    on=(LifecycleStageChanged, FactNoted, StageDecided, LifeContinued),
    project=project,
)


def lives() -> Select[Any]:
    """Each party with its present stage, `life` being the account where a lead became one.

    Parties that were merged into others are left out: their customer is counted where it is now.
    """
    life = func.coalesce(lifecycle_now.c.continued_by, lifecycle_now.c.party_id)
    merged = select(customer_parties.c.party_id).where(
        customer_parties.c.party_id == life, customer_parties.c.merged_into.is_not(None)
    )
    return select(lifecycle_now, life.label("life")).where(lifecycle_now.c.stage.is_not(None), ~merged.exists())


async def standing_row(connection: AsyncConnection, party_id: UUID) -> Mapping[str, Any] | None:
    """Where the party stands now; None if nothing led it anywhere yet."""
    query = select(lifecycle_now).where(lifecycle_now.c.party_id == party_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)


async def entry_rows(
    connection: AsyncConnection, party_id: UUID, recorded_until: datetime | None = None
) -> list[Mapping[str, Any]]:
    """The stages of a customer as they were told, those of the leads that it was before coming first."""
    now, entry = lifecycle_now.c, lifecycle_entries.c
    query = (
        select(lifecycle_entries, now.continued_at)
        .join(lifecycle_now, now.party_id == entry.party_id)
        .where(or_(now.party_id == party_id, now.continued_by == party_id))
        .order_by((now.party_id == party_id), entry.entered_at, entry.party_id, entry.version)
    )
    if recorded_until is not None:
        query = query.where(entry.recorded_at <= recorded_until)
    return _with_ends([dict(row) for row in (await connection.execute(query)).mappings()], party_id)


async def hindsight_rows(
    connection: AsyncConnection, store: Store, party_id: UUID, as_of: AsOf
) -> list[Mapping[str, Any]]:
    """The stages of a customer as they really followed each other, late facts standing where they happened."""
    now = lifecycle_now.c
    query = select(now.party_id, now.continued_at).where(or_(now.party_id == party_id, now.continued_by == party_id))
    rows = []
    for each, continued_at in (await connection.execute(query)).all():
        stream = await facts_of(store, f"lifecycle-{each}")
        known = (fact for fact in stream if as_of.recorded is None or fact.recorded_at <= as_of.recorded)
        for step in steps(known):
            if as_of.happened is None or step.entered_at <= as_of.happened:
                rows.append({**vars(step), "party_id": each, "continued_at": continued_at})
    rows.sort(key=lambda row: (row["party_id"] == party_id, row["entered_at"]))
    return _with_ends(rows, party_id)


def _with_ends(rows: Sequence[dict[str, Any]], party_id: UUID) -> list[Mapping[str, Any]]:
    """Each entry with when it was left: for the next stage, or for the account that a lead became."""
    next_of: dict[UUID, datetime | None] = {}
    goes_on = any(row["party_id"] == party_id for row in rows)
    for row in reversed(rows):
        became = row["continued_at"] if goes_on and row["party_id"] != party_id else None
        row["left_at"] = next_of.get(row["party_id"], became)
        next_of[row["party_id"]] = row["entered_at"]
    return list(rows)
