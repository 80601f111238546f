"""What sales alone needs to know of an assignment."""

from uuid import UUID

from nexa_contracts.envelope import Event


class LeadWorked(Event):
    """A rep has had contact with the lead: from now on it stays where it is."""

    lead_id: UUID
