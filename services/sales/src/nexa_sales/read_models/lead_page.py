"""What does a rep need to see of a lead before calling? All of it in one answer, joined from this service's own tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_sales.read_models.follow_ups_due import tasks_of_lead
from nexa_sales.read_models.lead_history import history_of
from nexa_sales.read_models.lead_profile import downloads_of, profile_row
from nexa_sales.read_models.where_leads_stand import because_of, standing_row


@dataclass(frozen=True)
class LeadRows:
    """`standing` is what sales did with the lead, `profile` what others told of it; either may still be on its way."""

    standing: Mapping[str, Any] | None
    because: Mapping[str, Any] | None
    profile: Mapping[str, Any] | None
    downloads: list[str]
    tasks: list[dict[str, Any]]
    history: list[dict[str, Any]]


async def lead_rows(connection: AsyncConnection, lead_id: UUID) -> LeadRows | None:
    """None for a lead that nothing is known of here."""
    standing = await standing_row(connection, lead_id)
    profile = await profile_row(connection, lead_id)
    if standing is None and profile is None:
        return None
    deal_id = standing["deal_id"] if standing else None
    return LeadRows(
        standing,
        await because_of(connection, lead_id, standing["decided_at_version"]) if standing else None,
        profile,
        await downloads_of(connection, lead_id),
        await tasks_of_lead(connection, lead_id),
        await history_of(connection, lead_id, deal_id),
    )
