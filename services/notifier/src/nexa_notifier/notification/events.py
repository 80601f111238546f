"""What this service alone needs to know of a notification. The addressee stays in here."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.values import Value


class Method(StrEnum):
    """What a calendar entry asks of the mail program that gets it (RFC 5546)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Guest(Value):
    """Somebody who is invited."""

    name: Annotated[str, Personal()]
    email: Annotated[str, Personal()]


class Invitation(Value):
    """The calendar entry that goes with a mail."""

    method: Method
    meeting_id: UUID
    sequence: int = Field(description="Rises with each change, so that mail programs know the latest.")
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    time_zone: str
    summary: str
    agenda: str
    join_url: str
    attendees: tuple[Guest, ...]


class NotificationQueued(Event):
    """A mail is to be sent. Template and variables are kept, so what was said can be shown later."""

    notification_id: UUID
    kind: str = Field(description="What it is for, e.g. thank_you, rep_notice, welcome, invitation.")
    about: UUID = Field(description="The lead, import, task, onboarding, alert or renewal it is about.")
    person_id: UUID | None = Field(description="A colleague whose address is in the directory; else None.")
    address: Annotated[str | None, Personal()] = Field(description="The address, where no colleague is told.")
    template: str = Field(description="Name and version of the template, e.g. thank_you.v1.")
    variables: Annotated[dict[str, str], Personal()] = Field(description="What the template is filled with.")
    invitation: Invitation | None = Field(
        default=None, description="The calendar entry that goes with it, if one does."
    )
    enrolment_id: UUID | None = Field(default=None, description="The place in an e-mail series that the mail is for.")
    step: str | None = Field(default=None, description="Key of the series' step that the mail is for.")
    ticket: str | None = Field(default=None, description="Reference of the ticket that an answer belongs to.")


class SendingBegan(Event):
    """The mail is about to be handed to the mail server; what comes next cannot be undone."""

    notification_id: UUID
    attempt: int


class SendingPutOff(Event):
    """The mail server was not ready for it (a 4xx answer, or no connection); it will be tried again.

    `attempt` is how often it has been tried by now.
    """

    notification_id: UUID
    attempt: int
    reason: str
