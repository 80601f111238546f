"""Which campaigns are there, and what was planned for each?"""

from collections.abc import Iterator

from sqlalchemy import JSON, Column, Date, DateTime, Integer, Numeric, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Put, ReadModel
from nexa_contracts.marketing import CampaignChanged, CampaignCreated
from nexa_marketing.tables import metadata

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("name", Text),
    Column("type", Text),
    Column("start_date", Date),
    Column("goal", Text),
    Column("budget", Numeric(18, 2)),
    Column("currency", Text),
    Column("target_audience", Text),
    Column("audience", JSON),
    Column("source_label", Text),
    Column("created_at", DateTime(timezone=True)),
)


def project(fact: Recorded) -> Iterator[Put]:
    event = fact.event
    if isinstance(event, CampaignCreated | CampaignChanged):
        values = {
            "version": fact.version,
            "name": event.name,
            "type": event.type.value,
            "start_date": event.start_date,
            "goal": event.goal,
            "budget": event.budget.amount,
            "currency": event.budget.currency,
            "target_audience": event.target_audience,
            "audience": event.audience.model_dump(mode="json") if event.audience else None,
            "source_label": event.source_label,
        }
        if isinstance(event, CampaignCreated):
            values["created_at"] = fact.time
        yield Put(campaigns, {"campaign_id": event.campaign_id}, values)


campaign_list = ReadModel(
    name="campaign_list", tables=(campaigns,), on=(CampaignCreated, CampaignChanged), project=project
)
