"""Private facts of a lead."""

from uuid import UUID

from nexa_contracts.envelope import Event


class LeadJoinedCampaign(Event):
    """Another campaign reached a lead that was known before."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None = None
