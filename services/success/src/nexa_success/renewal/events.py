"""What this service alone knows of a renewal: what it will be about, and that it will not be."""

from datetime import date
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.values import Money


class TermsFields(Event):
    renewal_id: UUID
    account_id: UUID
    account_name: str
    contract_end: date
    arr: Money
    csm_id: UUID | None


class RenewalPlanned(TermsFields):
    """The contract ends on that day; the renewal is to open in time."""


class RenewalTermsChanged(TermsFields):
    """What is to be renewed, or by whom, is something else now."""


class RenewalWithdrawn(Event):
    """The contract ends on another day, or there is none any more."""

    renewal_id: UUID
