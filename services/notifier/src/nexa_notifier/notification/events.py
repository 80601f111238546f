"""What this service alone needs to know of a notification. The addressee stays in here."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event, Personal


class NotificationQueued(Event):
    """A mail is to be sent. Template and variables are kept, so what was said can be shown later."""

    notification_id: UUID
    kind: str = Field(description="What it is about: thank_you, rep_notice, task_overdue, nurture_step.")
    about: UUID = Field(description="The lead, import or task it is about.")
    person_id: UUID | None = Field(description="A colleague whose address is in the directory; else None.")
    address: Annotated[str | None, Personal()] = Field(description="The address, where no colleague is told.")
    template: str = Field(description="Name and version of the template, e.g. thank_you.v1.")
    variables: Annotated[dict[str, str], Personal()] = Field(description="What the template is filled with.")


class SendingBegan(Event):
    """The mail is about to be handed to the mail server; what comes next cannot be undone."""

    notification_id: UUID
    attempt: int


class SendingPutOff(Event):
    """The mail server was not ready for it (a 4xx answer, or no connection); it will be tried again."""

    notification_id: UUID
    attempt: int
    reason: str
