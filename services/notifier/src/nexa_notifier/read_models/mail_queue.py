"""Which mails wait, which are being sent, what became of the others, and what did who got them do?"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import JSON, Column, DateTime, Index, Integer, Table, Text, Uuid, text

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.notifier import (
    EmailClicked,
    EmailFailed,
    EmailOpened,
    EmailOutcomeUnknown,
    EmailSent,
    EmailSuppressed,
    SurveyAnswered,
    UnsubscribeRequested,
)
from nexa_notifier.notification.events import NotificationQueued, SendingBegan, SendingPutOff
from nexa_notifier.tables import metadata

mail_queue = Table(
    "mail_queue",
    metadata,
    Column("notification_id", Uuid, primary_key=True),
    Column("status", Text),
    Column("kind", Text),
    Column("about", Uuid),
    Column("person_id", Uuid),
    Column("address", Text),
    Column("template", Text),
    Column("variables", JSON),
    Column("invitation", JSON(none_as_null=True)),
    Column("ticket", Text),
    Column("attempts", Integer, server_default=text("0")),
    Column("reason", Text),
    Column("queued_at", DateTime(timezone=True)),
    Column("settled_at", DateTime(timezone=True)),
    Column("failure", Text),
    Column("opened_at", DateTime(timezone=True)),
    Column("clicked_at", DateTime(timezone=True)),
    Column("machine_opened_at", DateTime(timezone=True)),
    Column("machine_clicked_at", DateTime(timezone=True)),
    Column("unsubscribed_at", DateTime(timezone=True)),
    Column("survey_score", Integer),
    Index("mail_queue_unsettled", "status", "queued_at", postgresql_where=text("status in ('queued', 'sending')")),
    Index("mail_queue_by_about", "about"),
    Index("mail_queue_by_time", "queued_at", "notification_id"),
    Index(
        "mail_queue_not_sent",
        "status",
        text("queued_at desc"),
        "notification_id",
        postgresql_where=text("status in ('failed', 'unknown', 'suppressed')"),
    ),
    Index(
        "mail_queue_by_person",
        "person_id",
        text("queued_at desc"),
        "notification_id",
        postgresql_where=text("person_id is not null"),
    ),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case NotificationQueued() as queued:
            yield Put(
                mail_queue,
                {"notification_id": queued.notification_id},
                {
                    "status": "queued",
                    "kind": queued.kind,
                    "about": queued.about,
                    "person_id": queued.person_id,
                    "address": queued.address,
                    "template": queued.template,
                    "variables": queued.variables,
                    "invitation": queued.invitation.model_dump(mode="json") if queued.invitation else None,
                    "ticket": queued.ticket,
                    "queued_at": fact.time,
                },
            )
        case SendingBegan(notification_id=notification_id, attempt=attempt):
            yield Put(mail_queue, {"notification_id": notification_id}, {"status": "sending", "attempts": attempt})
        case SendingPutOff(notification_id=notification_id, attempt=attempt, reason=reason):
            put_off = {"status": "queued", "attempts": attempt, "reason": reason}
            yield Put(mail_queue, {"notification_id": notification_id}, put_off)
        case EmailSent(notification_id=notification_id):
            yield _settled(notification_id, fact, "sent", None)
        case EmailFailed(notification_id=notification_id, reason=reason, failure=failure):
            yield _settled(notification_id, fact, "failed", reason, failure)
        case EmailSuppressed(notification_id=notification_id, cause=cause):
            yield _settled(notification_id, fact, "suppressed", f"the address is on the suppression list: {cause}")
        case EmailOutcomeUnknown(notification_id=notification_id, reason=reason):
            yield _settled(notification_id, fact, "unknown", reason)
        case EmailOpened(notification_id=notification_id, machine=machine, occurred_at=at):
            yield _answered(notification_id, "opened_at" if machine is None else "machine_opened_at", at)
        case EmailClicked(notification_id=notification_id, machine=machine, occurred_at=at, first=True):
            yield _answered(notification_id, "clicked_at" if machine is None else "machine_clicked_at", at)
        case UnsubscribeRequested(notification_id=notification_id, occurred_at=at):
            yield _answered(notification_id, "unsubscribed_at", at)
        case SurveyAnswered(notification_id=notification_id, score=score):
            yield Put(mail_queue, {"notification_id": notification_id}, {"survey_score": score})


def _settled(
    notification_id: object, fact: Recorded, status: str, reason: str | None, failure: str | None = None
) -> Put:
    return Put(
        mail_queue,
        {"notification_id": notification_id},
        {"status": status, "reason": reason, "failure": failure, "settled_at": fact.time},
    )


def _answered(notification_id: object, column: str, at: datetime) -> Put:
    return Put(mail_queue, {"notification_id": notification_id}, {column: at})


model = ReadModel(
    name="mail_queue",
    tables=(mail_queue,),
    on=(
        NotificationQueued,
        SendingBegan,
        SendingPutOff,
        EmailSent,
        EmailFailed,
        EmailOutcomeUnknown,
        EmailSuppressed,
        EmailOpened,
        EmailClicked,
        UnsubscribeRequested,
        SurveyAnswered,
    ),
    project=project,
)
