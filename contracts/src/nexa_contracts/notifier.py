"""What notifier tells the others. No address stands in here."""

from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event
from nexa_contracts.values import NotificationId


class EmailFields(Event):
    notification_id: NotificationId
    kind: str = Field(
        description="What it is for; the list grows.",
        examples=[
            "thank_you",
            "rep_notice",
            "task_overdue",
            "nurture_step",
            "welcome",
            "invitation",
            "new_customer",
            "handoff_reminder",
            "handoff_escalation",
            "handoff_returned",
            "onboarding_assigned",
            "onboarding_task_overdue",
            "churn_alert",
            "churn_alert_back",
            "renewal_opened",
        ],
    )
    about: UUID = Field(description="The lead, import, task, onboarding, alert or renewal it is about.")
    attempts: int = Field(ge=1, description="How often it was handed to the mail server, the last time included.")


class EmailSent(EmailFields):
    """The mail server took the mail over."""


class EmailFailed(EmailFields):
    """The mail cannot be delivered; it is not tried again."""

    reason: str = Field(
        description="What the mail server said, without addresses.", examples=["refused: 550 mailbox unavailable"]
    )


class EmailOutcomeUnknown(EmailFields):
    """The mail server's answer was lost: the mail may have been sent, so it is not sent again."""

    reason: str = Field(
        description="What broke off, without addresses.", examples=["no answer after the message was sent"]
    )
