"""What was sent to whom, and what became of it, over HTTP."""

from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, func, select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call, allow
from nexa_chassis.http.paging import Page, paginate
from nexa_notifier.mail.rendering import render
from nexa_notifier.mail.sending import links_of
from nexa_notifier.mail.waiting import recipient_of
from nexa_notifier.notification.events import Invitation
from nexa_notifier.read_models.directory import directory
from nexa_notifier.read_models.mail_queue import mail_queue
from nexa_notifier.settings import LinkSettings, MailSettings

routes = APIRouter(tags=["notifications"])

Reader = Annotated[
    Call, Depends(allow("marketing_manager", "marketing_user", "sales_rep", "sales_manager", "csm", "success_manager"))
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many to return, at most 200.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]


class Status(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"


class NotificationView(BaseModel):
    """A notification and what became of it. `unknown`: the mail server's answer was lost, so it was not sent again.

    Opens and clicks are followed for marketing mails; those of programs that look into mails stand apart.
    """

    model_config = ConfigDict(from_attributes=True)

    notification_id: UUID
    kind: str = Field(examples=["thank_you", "rep_notice", "welcome", "invitation"])
    about: UUID = Field(description="The lead, import, task, onboarding, alert or renewal it is about.")
    person_id: UUID | None = Field(description="The colleague who is told, if it is one.")
    status: Status
    attempts: int
    reason: str | None = Field(description="Why it failed, was put off or is unknown.")
    failure: str | None = Field(description="bounced, refused, unreachable or unwritable, if it failed.")
    queued_at: datetime
    settled_at: datetime | None
    opened_at: datetime | None = Field(description="When a person first opened it.")
    clicked_at: datetime | None = Field(description="When a person first followed a link of it.")
    machine_opened_at: datetime | None
    machine_clicked_at: datetime | None
    unsubscribed_at: datetime | None


class Count(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    kind: str
    status: Status
    count: int
    opened: int = Field(description="Those of them that a person opened.")
    clicked: int = Field(description="Those of them that a person followed a link of.")
    unsubscribed: int


class MailView(BaseModel):
    """The mail as it goes out."""

    message_id: str
    recipient: str
    subject: str
    text: str
    html: str
    calendar: str | None = Field(description="The calendar entry that goes with it, if one does.")


@routes.get("/notifications")
async def notifications(
    call: Reader,
    kind: str | None = None,
    status: Status | None = None,
    about: UUID | None = None,
    person_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[NotificationView]:
    """Notifications, the latest first."""
    query = those_with(kind=kind, status=status, about=about, person_id=person_id)
    async with call.query() as connection:
        page = await paginate(connection, query, order=LATEST_FIRST, limit=limit, cursor=cursor)
    return Page(items=[NotificationView.model_validate(row) for row in page.items], next=page.next)


LATEST_FIRST = (mail_queue.c.queued_at.desc(), mail_queue.c.notification_id)


def those_with(**wanted: object) -> Select[Any]:
    """Notifications whose columns have these values; None asks for none."""
    asked = {name: value for name, value in wanted.items() if value is not None}
    return select(mail_queue).where(*(mail_queue.c[name] == value for name, value in asked.items()))


@routes.get("/notifications/counts")
async def counts(call: Reader) -> list[Count]:
    """How many of each kind stand where."""
    query = (
        select(
            mail_queue.c.kind,
            mail_queue.c.status,
            func.count().label("count"),
            func.count(mail_queue.c.opened_at).label("opened"),
            func.count(mail_queue.c.clicked_at).label("clicked"),
            func.count(mail_queue.c.unsubscribed_at).label("unsubscribed"),
        )
        .group_by(mail_queue.c.kind, mail_queue.c.status)
        .order_by(mail_queue.c.kind, mail_queue.c.status)
    )
    async with call.query() as connection:
        return [Count.model_validate(row) for row in await connection.execute(query)]


@routes.get("/notifications/{notification_id}/mail")
async def mail(notification_id: UUID, call: Reader) -> MailView:
    """The mail of a notification: the same text that is or was sent."""
    query = (
        select(mail_queue, recipient_of().label("recipient"))
        .join_from(mail_queue, directory, directory.c.person_id == mail_queue.c.person_id, isouter=True)
        .where(mail_queue.c.notification_id == notification_id)
    )
    async with call.query() as connection:
        row = (await connection.execute(query)).first()
    if row is None:
        raise NotFound(f"There is no notification {notification_id}.", rule="notification.unknown")
    if row.recipient is None:
        raise NotFound("The colleague's address is not in the directory yet.", rule="notification.no_address")
    message = render(
        notification_id=notification_id,
        template=row.template,
        variables=row.variables,
        sender=MailSettings.from_environment().sender,
        recipient=row.recipient,
        queued_at=row.queued_at,
        invitation=Invitation.model_validate(row.invitation) if row.invitation else None,
        links=links_of(row.kind, notification_id, LinkSettings.from_environment()),
    )
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return MailView(
        message_id=message["Message-ID"],
        recipient=message["To"],
        subject=message["Subject"],
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        calendar=_calendar(message),
    )


def _calendar(message: EmailMessage) -> str | None:
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            return str(part.get_content())
    return None
