"""When and by which campaign was a lead touched, after the one that found it?

That first touch is the lead's own row in `leads`. Rows are only ever added, so what was known at a time is what had been
recorded by then: a campaign that a lead left again, because the import was taken back, is a row of its own.
"""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Put, ReadModel
from nexa_contracts.marketing import LeadEngaged
from nexa_marketing.lead.events import LeadImportUndone, LeadJoinedCampaign
from nexa_marketing.tables import metadata

JOINED, LEFT = "joined", "left"

lead_touches = Table(
    "lead_touches",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("campaign_id", Uuid),
    Column("kind", Text),
    Column("occurred_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True)),
)


def project(fact: Recorded) -> Iterator[Put]:
    match fact.event:
        case LeadEngaged() as engaged:
            touched = engaged.at_campaign_id or engaged.campaign_id
            yield _touch(fact, engaged.lead_id, touched, engaged.kind.value, occurred_at=engaged.occurred_at)
        case LeadJoinedCampaign(lead_id=lead_id, campaign_id=campaign_id):
            yield _touch(fact, lead_id, campaign_id, JOINED)
        case LeadImportUndone(lead_id=lead_id, left=left) if left is not None:
            yield _touch(fact, lead_id, left, LEFT)
        case _:
            return


def _touch(fact: Recorded, lead_id: UUID, campaign_id: UUID, kind: str, **values: object) -> Put:
    told = {"campaign_id": campaign_id, "kind": kind, "occurred_at": fact.time, "recorded_at": fact.recorded_at}
    return Put(lead_touches, {"lead_id": lead_id, "version": fact.version}, told | values)


touches_of_leads = ReadModel(
    name="lead_touches",
    tables=(lead_touches,),
    on=(LeadEngaged, LeadJoinedCampaign, LeadImportUndone),
    project=project,
)
