"""Which leads are there? One row each; all that is known of one is in its stream."""

from collections.abc import Iterator

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Put, ReadModel
from nexa_contracts.marketing import LeadCreated, LeadEngaged, LeadUnsubscribed, LeadUpdated, LeadWithdrawn
from nexa_marketing.tables import metadata

leads = Table(
    "leads",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("campaign_id", Uuid),
    Column("import_id", Uuid),
    Column("import_line", Integer),
    Column("email", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("company", Text),
    Column("title", Text),
    Column("company_size", Text),
    Column("country", Text),
    Column("source_label", Text),
    Column("source_kind", Text),
    Column("unsubscribed", Boolean),
    Column("withdrawn_because", Text),
    Column("created_at", DateTime(timezone=True)),
    Column("changed_at", DateTime(timezone=True)),
    Index("leads_campaign_idx", "campaign_id", "created_at", "lead_id"),
    Index("leads_created_idx", "created_at", "lead_id"),
)


def project(fact: Recorded) -> Iterator[Put]:
    event = fact.event
    changed = {"version": fact.version, "changed_at": fact.time}
    match event:
        case LeadCreated():
            origin = {"campaign_id": event.campaign_id, "import_id": event.import_id, "import_line": event.import_line}
            created = {"created_at": fact.time, "unsubscribed": False, **origin}
            yield Put(leads, {"lead_id": event.lead_id}, {**changed, **created, **_profile(event)})
        case LeadUpdated():
            yield Put(leads, {"lead_id": event.lead_id}, {**changed, **_profile(event)})
        case LeadEngaged():
            yield Put(leads, {"lead_id": event.lead_id}, changed)
        case LeadUnsubscribed():
            yield Put(leads, {"lead_id": event.lead_id}, {**changed, "unsubscribed": True})
        case LeadWithdrawn():
            yield Put(leads, {"lead_id": event.lead_id}, {**changed, "withdrawn_because": event.reason})
        case _:
            pass


def _profile(event: LeadCreated | LeadUpdated) -> dict[str, object]:
    return {
        "email": event.email,
        "first_name": event.first_name,
        "last_name": event.last_name,
        "company": event.company,
        "title": event.title,
        "company_size": event.company_size.value,
        "country": event.country,
        "source_label": event.source_label,
        "source_kind": event.source_kind.value,
    }


lead_list = ReadModel(
    name="lead_list",
    tables=(leads,),
    on=(LeadCreated, LeadUpdated, LeadEngaged, LeadUnsubscribed, LeadWithdrawn),
    project=project,
)
