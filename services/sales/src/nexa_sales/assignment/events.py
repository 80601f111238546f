"""What sales alone needs to know of an assignment."""

from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import RoutedLead


class LeadWorked(Event):
    """A rep has had contact with the lead: from now on it stays where it is."""

    lead_id: UUID


class LeadScoredMeanwhile(RoutedLead):
    """A score that came while the lead was disqualified: how it is routed if it comes back now."""
