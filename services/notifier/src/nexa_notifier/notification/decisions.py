"""Queueing a mail and recording what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.notifier import EmailFailed, EmailFields, EmailOutcomeUnknown, EmailSent, EmailSuppressed
from nexa_notifier.notification.answers import ANSWERS, Answer, answer
from nexa_notifier.notification.events import Invitation, NotificationQueued, SendingBegan, SendingPutOff
from nexa_notifier.notification.state import New, Notification, Queued, Sending, Settled

MOST_ATTEMPTS = 8


@dataclass(frozen=True, kw_only=True)
class Notify:
    """Tell somebody, once: the id is derived from what makes this notification one."""

    notification_id: UUID
    kind: str
    about: UUID
    template: str
    variables: Mapping[str, str]
    person_id: UUID | None = None
    address: str | None = None
    invitation: Invitation | None = None
    enrolment_id: UUID | None = None
    step: str | None = None
    ticket: str | None = None


@dataclass(frozen=True, kw_only=True)
class BeginSending:
    notification_id: UUID


@dataclass(frozen=True, kw_only=True)
class SuppressNotification:
    """Its address is to get none of its kind, so it is not sent."""

    notification_id: UUID
    cause: str


@dataclass(frozen=True, kw_only=True)
class RecordSent:
    """The mail server took it over."""

    notification_id: UUID


@dataclass(frozen=True, kw_only=True)
class RecordRefused:
    """The mail server refused it for good (a 5xx answer), or it could not be written; `failure` is EmailFailed's."""

    notification_id: UUID
    reason: str
    failure: str = "refused"


@dataclass(frozen=True, kw_only=True)
class RecordPutOff:
    """It was not taken this time; not `tried` is a mail that was never handed over, which counts as no attempt."""

    notification_id: UUID
    reason: str
    tried: bool = True


@dataclass(frozen=True, kw_only=True)
class RecordUnknown:
    """The answer to the mail's text never came: it may have been sent or not, so it is not sent again."""

    notification_id: UUID
    reason: str


Command: TypeAlias = (
    Notify | BeginSending | SuppressNotification | RecordSent | RecordRefused | RecordPutOff | RecordUnknown | Answer
)


def decide(command: Command, state: Notification, now: datetime) -> Sequence[Event]:
    match command:
        case Notify():
            return _queue(command) if isinstance(state, New) else []
        case BeginSending(notification_id=notification_id):
            match state:
                case Queued(attempts=attempts):
                    return [SendingBegan(notification_id=notification_id, attempt=attempts + 1)]
                case New() | Sending() | Settled():
                    return []
                case _:
                    assert_never(state)
        case SuppressNotification(notification_id=notification_id, cause=cause):
            if not isinstance(state, Queued):
                return []
            queued = state.notification
            return [EmailSuppressed(notification_id=notification_id, kind=queued.kind, about=queued.about, cause=cause)]
        case RecordSent() | RecordRefused() | RecordPutOff() | RecordUnknown():
            return _settle(command, state) if isinstance(state, Sending) else []
        case _ if isinstance(command, ANSWERS):
            return answer(command, state, now)
        case _:
            assert_never(command)


def _queue(command: Notify) -> list[Event]:
    return [
        NotificationQueued(
            notification_id=command.notification_id,
            kind=command.kind,
            about=command.about,
            person_id=command.person_id,
            address=command.address,
            template=command.template,
            variables=dict(command.variables),
            invitation=command.invitation,
            enrolment_id=command.enrolment_id,
            step=command.step,
            ticket=command.ticket,
        )
    ]


def _settle(command: RecordSent | RecordRefused | RecordPutOff | RecordUnknown, state: Sending) -> list[Event]:
    queued, attempt = state.notification, state.attempt
    fields = EmailFields(
        notification_id=queued.notification_id, kind=queued.kind, about=queued.about, attempts=attempt
    ).model_dump()
    match command:
        case RecordSent():
            return [EmailSent(**fields)]
        case RecordPutOff(reason=reason, tried=False):
            return [SendingPutOff(notification_id=queued.notification_id, attempt=attempt - 1, reason=reason)]
        case RecordPutOff(reason=reason) if attempt < MOST_ATTEMPTS:
            return [SendingPutOff(notification_id=queued.notification_id, attempt=attempt, reason=reason)]
        case RecordPutOff(reason=reason):
            return [EmailFailed(**fields, reason=reason, failure="unreachable")]
        case RecordRefused(reason=reason, failure=failure):
            return [EmailFailed(**fields, reason=reason, failure=failure)]
        case RecordUnknown(reason=reason):
            return [EmailOutcomeUnknown(**fields, reason=reason)]
        case _:
            assert_never(command)
