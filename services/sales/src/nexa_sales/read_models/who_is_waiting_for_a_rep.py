"""Which leads wait for a rep, why, and for how long?"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel, Remove
from nexa_contracts.sales import (
    AssignmentReason,
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadReleased,
    LeadWaitedTooLong,
)
from nexa_contracts.values import Band
from nexa_sales.assignment.choosing import Demand
from nexa_sales.read_models.lead_profile import lead_profiles
from nexa_sales.tables import metadata

waiting_leads = Table(
    "waiting_leads",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("campaign_id", Uuid),
    Column("import_id", Uuid),
    Column("band", Text),
    Column("score", Integer),
    Column("territory", Text),
    Column("product_interest", Text),
    Column("reason", Text),
    Column("since", DateTime(timezone=True)),
    Column("correlation_id", Text),
    Column("event_id", Text),
    Column("alert_at", DateTime(timezone=True)),
    Column("alerted_at", DateTime(timezone=True)),
    Index("waiting_leads_since_idx", "since", "lead_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case LeadQueued() as lead:
            waits = {
                "campaign_id": lead.campaign_id,
                "import_id": lead.import_id,
                "band": lead.band.value,
                "score": lead.score,
                "territory": lead.territory,
                "product_interest": lead.product_interest,
                "reason": lead.reason,
                "since": lead.since,
                "correlation_id": fact.correlation_id,
                "event_id": fact.id,
                "alert_at": lead.alert_at,
            }
            begins = {"alerted_at": None} if lead.since == fact.recorded_at else {}
            yield Put(waiting_leads, {"lead_id": lead.lead_id}, {**waits, **begins})
        case LeadWaitedTooLong(lead_id=lead_id):
            yield Put(waiting_leads, {"lead_id": lead_id}, {"alerted_at": fact.time})
        case LeadAssigned(reason=AssignmentReason.FIRST):  # it never waited
            return
        case (
            LeadAssigned(lead_id=lead_id)
            | LeadConverted(lead_id=lead_id)
            | LeadDisqualified(lead_id=lead_id)
            | LeadReleased(lead_id=lead_id)
        ):
            yield Remove(waiting_leads, {"lead_id": lead_id})
        case _:
            return


who_is_waiting_for_a_rep = ReadModel(
    name="who_is_waiting_for_a_rep",
    tables=(waiting_leads,),
    on=(LeadQueued, LeadWaitedTooLong, LeadAssigned, LeadConverted, LeadDisqualified, LeadReleased),
    project=project,
)


async def queue(
    connection: AsyncConnection, band: Band | None, alerted: bool | None, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """Those that wait, the longest first, with what is known of each person."""
    person = lead_profiles.c
    query = select(waiting_leads, person.first_name, person.last_name, person.company).outerjoin(
        lead_profiles, person.lead_id == waiting_leads.c.lead_id
    )
    if band is not None:
        query = query.where(waiting_leads.c.band == band.value)
    if alerted is not None:
        told = waiting_leads.c.alerted_at.is_not(None)
        query = query.where(told if alerted else ~told)
    order = [waiting_leads.c.since, waiting_leads.c.lead_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def demands(connection: AsyncConnection) -> list[tuple[Demand, int]]:
    """What those that wait ask of a rep, each kind of demand once, with how many ask for it."""
    asked = (waiting_leads.c.band, waiting_leads.c.territory, waiting_leads.c.product_interest)
    rows = await connection.execute(select(*asked, func.count().label("leads")).group_by(*asked))
    return [(Demand(Band(row.band), row.territory, row.product_interest), row.leads) for row in rows]


async def longest_waiting(connection: AsyncConnection, asking: Sequence[Demand], limit: int) -> Sequence[Any]:
    """Those with one of these demands: lead_id, correlation_id and event_id, the longest waiting first."""
    row = waiting_leads.c
    alike = [
        row.band.is_not_distinct_from(demand.band.value)
        & row.territory.is_not_distinct_from(demand.territory)
        & row.product_interest.is_not_distinct_from(demand.product)
        for demand in asking
    ]
    query = select(row.lead_id, row.correlation_id, row.event_id).where(or_(*alike))
    return (await connection.execute(query.order_by(row.since, row.lead_id).limit(limit))).all()
