"""What notifier tells the others. No address stands in here."""

from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event


class EmailFields(Event):
    notification_id: UUID
    kind: str = Field(examples=["thank_you", "rep_notice", "task_overdue", "nurture_step"])
    about: UUID = Field(description="The lead, import or task it is about.")
    attempts: int = Field(ge=1)


class EmailSent(EmailFields):
    """The mail server took the mail over."""


class EmailFailed(EmailFields):
    """The mail cannot be delivered; it is not tried again."""

    reason: str


class EmailOutcomeUnknown(EmailFields):
    """The mail server's answer was lost: the mail may have been sent, so it is not sent again."""

    reason: str
