"""Which leads wait for a rep, since when, and why could nobody take them?"""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel, Remove
from nexa_contracts.sales import LeadAssigned, LeadConverted, LeadDisqualified, LeadQueued
from nexa_sales.assignment.events import LeadLetGo
from nexa_sales.tables import metadata

waiting_leads = Table(
    "waiting_leads",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("campaign_id", Uuid),
    Column("band", Text),
    Column("score", Integer),
    Column("reason", Text),
    Column("since", DateTime(timezone=True)),
    Column("offered_at_change", Integer),
    Index("waiting_leads_by_since", "since", "lead_id"),
)
"""`offered_at_change`: the desk's change after which the lead was last offered; null until then."""


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case LeadQueued() as queued:
            yield Put(
                waiting_leads,
                {"lead_id": queued.lead_id},
                {
                    "campaign_id": queued.campaign_id,
                    "band": queued.band.value,
                    "score": queued.score,
                    "reason": queued.reason,
                    "since": queued.since,
                    "offered_at_change": None,
                },
            )
        case (
            LeadAssigned(lead_id=lead_id)
            | LeadConverted(lead_id=lead_id)
            | LeadDisqualified(lead_id=lead_id)
            | LeadLetGo(lead_id=lead_id)
        ):
            yield _gone(lead_id)
        case _:
            return


def _gone(lead_id: UUID) -> Remove:
    return Remove(waiting_leads, {"lead_id": lead_id})


model = ReadModel(
    name="who_is_waiting_for_a_rep",
    tables=(waiting_leads,),
    on=(LeadQueued, LeadAssigned, LeadConverted, LeadDisqualified, LeadLetGo),
    project=project,
)
