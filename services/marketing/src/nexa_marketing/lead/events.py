"""Private facts of a lead."""

from uuid import UUID

from nexa_contracts.envelope import Event


class LeadJoinedCampaign(Event):
    """Another campaign reached a lead that was known before."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None = None


class LeadImportUndone(Event):
    """An import was taken back. A LeadUpdated with the `fields` it restored follows at once, if there are any.

    `left`: the campaign that the import had let the lead join.
    """

    lead_id: UUID
    import_id: UUID
    fields: tuple[str, ...] = ()
    left: UUID | None = None
