"""What success alone needs to know of a party's life: the facts that its stage follows from, as they came."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.success import Stage


class FactNoted(Event):
    """Something happened that leads to a stage; it may have happened before what is known already."""

    party_id: UUID
    stage: Stage | None = Field(description="Where it leads; null: back to where the party was before it was at risk.")
    at: AwareDatetime = Field(description="When it happened.")
    cause: str
    reason: Annotated[str, Personal()]
    campaign_id: UUID | None = Field(
        default=None, description="The campaign that brought the party, by all that is known."
    )
    continues: UUID | None = Field(
        default=None, description="The lead whose life it goes on with, by all that is known."
    )
    origin_at: AwareDatetime | None = Field(default=None, description="When that lead or campaign came to it.")
    round: int = Field(default=1, description="Counts how often the lead was taken up, 2 once it was recycled.")


class StageDecided(Event):
    """A person set the stage. What happened until then is settled."""

    party_id: UUID
    stage: Stage
    at: AwareDatetime
    by: str
    reason: Annotated[str, Personal()]


class LifeContinued(Event):
    """The lead became part of an account; its life goes on as the account's."""

    party_id: UUID
    account_id: UUID
    at: AwareDatetime
