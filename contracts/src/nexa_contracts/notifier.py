"""What notifier tells the others. No address stands in here."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.values import NotificationId


class NotificationFields(Event):
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
            "ticket_received",
            "ticket_reply",
            "bug_acknowledged",
            "bug_resolved",
            "ticket_resolved",
            "csat",
            "ticket_assigned",
            "bug_suspected",
            "sla_warned",
            "sla_breached",
            "bug_given",
            "bug_reopened",
            "feature_shipped",
            "leads_waiting",
        ],
    )
    about: UUID = Field(
        description="The lead, import, task, onboarding, alert, renewal, ticket, bug or feature request it is about."
    )


class EmailFields(NotificationFields):
    attempts: int = Field(ge=1, description="How often it was handed to the mail server, the last time included.")


class EmailSent(EmailFields):
    """The mail server took the mail over."""


class EmailFailed(EmailFields):
    """The mail cannot be delivered; it is not tried again."""

    reason: str = Field(
        description="What the mail server said, without addresses.", examples=["refused: 550 mailbox unavailable"]
    )
    failure: str = Field(
        default="refused",
        description="bounced: there is no such mailbox, and the address is mailed no more; refused: the server would not "
        "take this mail; unreachable: it was put off too often; unwritable: the mail could not be made. The list grows.",
        examples=["bounced", "refused", "unreachable", "unwritable"],
    )


class EmailOutcomeUnknown(EmailFields):
    """The mail server's answer was lost: the mail may have been sent, so it is not sent again."""

    reason: str = Field(
        description="What broke off, without addresses.", examples=["no answer after the message was sent"]
    )


class EmailSuppressed(NotificationFields):
    """The mail was not sent, since its address is to get none of its kind."""

    cause: str = Field(
        description="Why the address gets none; the list grows.",
        examples=["bounced", "unsubscribed", "complained", "manual"],
    )


class EmailResponse(NotificationFields):
    occurred_at: AwareDatetime = Field(description="When the mail's picture or link was asked for.")
    machine: str | None = Field(
        default=None,
        description="Why a program is taken to have asked, not a person: it then tells of no interest.",
        examples=["prefetched by a mail program's proxy", "within seconds of sending"],
    )
    enrolment_id: UUID | None = Field(default=None, description="The place in an e-mail series that the mail was for.")
    step: str | None = Field(default=None, description="Key of the series' step that the mail was for.", examples=["2"])


class EmailOpened(EmailResponse):
    """A mail was opened: told once for a person, and once for programs."""


class EmailClicked(EmailResponse):
    """A link of a mail was followed: told once a link for a person, and once for programs."""

    link: int = Field(ge=0, description="Place of the link among the mail's, from 0.")
    url: Annotated[str, Personal()] = Field(
        description="Where the link leads.", examples=["https://nexa.example/webinars/q4/answers"]
    )
    first: bool = Field(default=True, description="The first link of this mail that was followed so.")


class UnsubscribeRequested(NotificationFields):
    """Who got the mail wants no more marketing mail."""

    occurred_at: AwareDatetime = Field(description="When it was asked for.")


class SurveyAnswered(NotificationFields):
    """Who was asked by mail how content they are answered; a later answer replaces an earlier one."""

    score: int = Field(ge=0, le=10, description="0 to 10.", examples=[9])
    comment: Annotated[str, Personal()] = Field(default="", description="In their own words.")
    occurred_at: AwareDatetime = Field(description="When it was answered.")
