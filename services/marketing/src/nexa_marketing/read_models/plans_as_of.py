"""What was planned for each campaign, as known at a time: its name and what it may cost."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.event_codec import EventCodec
from nexa_contracts.marketing import CampaignChanged, CampaignCreated
from nexa_marketing.campaign.state import Plan, plan_of

_PLANS = """
    select distinct on (stream) type, data::text as data from events
     where stream in (select 'campaign-' || campaign_id from campaigns)
       and type = any(:types) and recorded_at <= :as_of
     order by stream, version desc"""


async def plans_as_of(connection: AsyncConnection, codec: EventCodec, as_of: datetime | None) -> Mapping[UUID, Plan]:
    """Campaigns that were known then, by their id."""
    types = [codec.kind_of(model).type for model in (CampaignCreated, CampaignChanged)]
    rows = await connection.execute(text(_PLANS), {"types": types, "as_of": as_of or "infinity"})
    events = [codec.decode(row.type, row.data) for row in rows]
    return {
        event.campaign_id: plan_of(event) for event in events if isinstance(event, CampaignCreated | CampaignChanged)
    }
