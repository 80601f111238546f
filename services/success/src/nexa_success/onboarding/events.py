"""What this service alone knows of an onboarding: the text of the handoff note stays in here."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.sales import DealDetails
from nexa_contracts.values import Money


class HandoffNoteFiled(Event):
    """What sales handed over, in full. Read by the CSM and the implementation team alone."""

    project_id: UUID
    deal_name: str
    amount: Money
    details: DealDetails
    rep_id: UUID | None
    note: Annotated[str, Personal()] = Field(default="", description="What changed, where sales handed it over again.")
    round: int = Field(default=1, description="Counts how often sales handed it over.")
