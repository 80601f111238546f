"""What this service alone needs to know of the addresses that get no mail."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event, Personal
from nexa_notifier.mail.classes import Cause


class AddressSuppressed(Event):
    """An address is on the suppression list."""

    suppression_id: UUID
    address: Annotated[str, Personal()] = Field(description="In small letters.")
    cause: Cause
    reason: Annotated[str, Personal()] = Field(description="In words: what the mail server said, or who put it there.")


class SuppressionLifted(Event):
    """The entry was taken off the list."""

    suppression_id: UUID
    reason: Annotated[str, Personal()]
