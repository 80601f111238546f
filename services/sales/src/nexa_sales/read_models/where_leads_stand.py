"""Where does each lead stand with sales: who has it, since when, why, and what became of it?

Why it is where it is stands in the event that put it there; `decided_at_version` says which one that is.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Select, Table, Text, Uuid, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import (
    AssignmentReason,
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadRecycled,
    LeadReleased,
    LeadSentToNurture,
    RoutedLead,
)
from nexa_contracts.values import Band
from nexa_sales.assignment.events import LeadWorked
from nexa_sales.read_models.lead_profile import lead_profiles
from nexa_sales.read_models.rep_desk import reps
from nexa_sales.tables import metadata

RUNNING = "contacted_at is null and closed_at is null"

lead_standings = Table(
    "lead_standings",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("status", Text),
    Column("campaign_id", Uuid),
    Column("import_id", Uuid),
    Column("band", Text),
    Column("routed_score", Integer),
    Column("territory", Text),
    Column("product_interest", Text),
    Column("source_label", Text),
    Column("source_kind", Text),
    Column("rep_id", Uuid),
    Column("assigned_because", Text),
    Column("worked", Boolean),
    Column("decided_at_version", Integer),
    Column("reason", Text),
    Column("since", DateTime(timezone=True)),
    Column("account_id", Uuid),
    Column("contact_id", Uuid),
    Column("deal_id", Uuid),
    Column("recycle_at", DateTime(timezone=True)),
    Column("round", Integer),
    Column("clock_from", DateTime(timezone=True)),
    Column("contacted_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Index("lead_standings_clock_idx", "clock_from", "lead_id"),
    Index("lead_standings_running_idx", "clock_from", "lead_id", postgresql_where=text(RUNNING)),
    Index("lead_standings_rep_idx", "rep_id", "since", "lead_id"),
    Index("lead_standings_since_idx", "since", "lead_id"),
)


OF_THE_ROUND_BEFORE = ("rep_id", "assigned_because", "reason", "recycle_at", "contacted_at", "closed_at")


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    stands = _standing(fact)
    if stands:
        yield Put(lead_standings, {"lead_id": event.lead_id}, {"version": fact.version, **stands})


def _standing(fact: Recorded) -> dict[str, object]:
    decided = {"decided_at_version": fact.version}
    match fact.event:
        case LeadAssigned() as lead:
            taken = {"status": "assigned", "rep_id": lead.rep_id, "assigned_because": lead.reason.value}
            clock = {"clock_from": fact.time} if _begins_clock(lead) else {}
            return {**_routed(lead), **taken, "reason": None, "since": fact.time, **clock, **decided}
        case LeadQueued() as lead:
            waits = {"status": "waiting", "rep_id": None, "reason": lead.reason, "since": lead.since}
            clock = {"clock_from": lead.since} if lead.previous_rep_id is None else {}
            return {**_routed(lead), **waits, **clock, **decided}
        case LeadSentToNurture() as lead:
            return {**_routed(lead), "status": "nurture", "since": fact.time, **decided}
        case LeadWorked():
            return {"worked": True, "contacted_at": fact.time}
        case LeadConverted() as done:
            made = {"account_id": done.account_id, "contact_id": done.contact_id, "deal_id": done.deal_id}
            return {"status": "converted", "since": fact.time, "closed_at": fact.time, **made}
        case LeadDisqualified(reason=reason, recycle_at=recycle_at):
            ended = {"status": "disqualified", "since": fact.time, "reason": reason, "closed_at": fact.time}
            return {**ended, "recycle_at": recycle_at}
        case LeadRecycled() as lead:
            back = {"status": "nurture", "since": fact.time, "clock_from": fact.time, "worked": False}
            return {**_routed(lead), **back, **dict.fromkeys(OF_THE_ROUND_BEFORE)}
        case LeadReleased() as gone:
            known = {"campaign_id": gone.campaign_id, "import_id": gone.import_id}
            ended = {"status": "withdrawn", "since": fact.time, "reason": "withdrawn by marketing", "recycle_at": None}
            return {**known, **ended, "closed_at": fact.time}
        case _:
            return {}


def _begins_clock(lead: LeadAssigned) -> bool:
    """On its first routing, in a higher band, or when a person gives a Low lead out of the series to a rep."""
    match lead.reason:
        case AssignmentReason.FIRST | AssignmentReason.REROUTED:
            return True
        case AssignmentReason.REASSIGNED:
            return lead.previous_rep_id is None and lead.band is Band.LOW
        case AssignmentReason.FROM_QUEUE:
            return False


def _routed(lead: RoutedLead) -> dict[str, object]:
    return {
        "campaign_id": lead.campaign_id,
        "import_id": lead.import_id,
        "band": lead.band.value,
        "routed_score": lead.score,
        "territory": lead.territory,
        "product_interest": lead.product_interest,
        "source_label": lead.source_label,
        "source_kind": lead.source_kind.value,
        "round": lead.round,
    }


where_leads_stand = ReadModel(
    name="where_leads_stand",
    tables=(lead_standings,),
    on=(
        LeadAssigned,
        LeadQueued,
        LeadSentToNurture,
        LeadWorked,
        LeadConverted,
        LeadDisqualified,
        LeadRecycled,
        LeadReleased,
    ),
    project=project,
)


def _with_names() -> Select[Any]:
    person = lead_profiles.c
    return (
        select(
            lead_standings,
            person.first_name,
            person.last_name,
            person.company,
            person.title,
            person.campaign_name,
            person.score,
            person.recommendation,
            reps.c.name.label("rep_name"),
        )
        .outerjoin(lead_profiles, person.lead_id == lead_standings.c.lead_id)
        .outerjoin(reps, reps.c.rep_id == lead_standings.c.rep_id)
    )


async def list_leads(
    connection: AsyncConnection,
    *,
    rep_id: UUID | None,
    band: Band | None,
    status: str | None,
    campaign_id: UUID | None,
    import_id: UUID | None,
    limit: int | None,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """Leads that sales knows, those that changed hands last first."""
    wanted = {
        "rep_id": rep_id,
        "band": band.value if band else None,
        "status": status,
        "campaign_id": campaign_id,
        "import_id": import_id,
    }
    query = _with_names()
    for name, value in wanted.items():
        if value is not None:
            query = query.where(lead_standings.c[name] == value)
    order = [lead_standings.c.since.desc(), lead_standings.c.lead_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def standing_row(connection: AsyncConnection, lead_id: UUID) -> Mapping[str, Any] | None:
    row = (await connection.execute(_with_names().where(lead_standings.c.lead_id == lead_id))).mappings().one_or_none()
    return None if row is None else dict(row)
