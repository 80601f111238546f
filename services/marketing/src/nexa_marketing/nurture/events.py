"""Private facts of an enrolment."""

from typing import Annotated
from uuid import UUID

from nexa_contracts.envelope import Event, Personal


class RecipientKnown(Event):
    """Whom the mails of an enrolment go to, as known now; without an address no mail goes out."""

    enrolment_id: UUID
    campaign_name: str
    email: Annotated[str | None, Personal()] = None
    first_name: Annotated[str | None, Personal()] = None
    company: str | None = None


class StepAnswered(Event):
    """A person opened the mail of this step, or followed a link of it."""

    enrolment_id: UUID
    step: str
    clicked: bool
