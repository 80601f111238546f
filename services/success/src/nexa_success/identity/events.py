"""What success alone needs to know to take a merge apart again."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event, Personal


class PartNoted(Event):
    """What is noted about the merged party by itself; it fills the blanks of the one that stayed."""

    party_id: UUID
    merged_id: UUID
    fields: Annotated[dict[str, str], Personal()]


class ConflictSettled(Event):
    """Somebody placed an edit that an undone merge had left over, or decided that it is not needed."""

    party_id: UUID
    merged_id: UUID = Field(description="The party that was split off when the edit was left over.")
    field: str
