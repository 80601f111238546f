"""A notification's way: queued, sending, then sent, failed or unknown."""

from dataclasses import dataclass
from typing import TypeAlias

from nexa_contracts.envelope import Event
from nexa_contracts.notifier import EmailFailed, EmailOutcomeUnknown, EmailSent
from nexa_notifier.notification.events import NotificationQueued, SendingBegan, SendingPutOff


@dataclass(frozen=True)
class New:
    pass


@dataclass(frozen=True)
class Queued:
    notification: NotificationQueued
    attempts: int = 0


@dataclass(frozen=True)
class Sending:
    notification: NotificationQueued
    attempt: int


@dataclass(frozen=True)
class Settled:
    """Sent, failed for good, or unknown: nothing is sent again."""

    outcome: str


Notification: TypeAlias = New | Queued | Sending | Settled


def evolve(state: Notification, event: Event) -> Notification:
    match state, event:
        case New(), NotificationQueued():
            return Queued(event)
        case Queued(notification=notification), SendingBegan(attempt=attempt):
            return Sending(notification, attempt)
        case Sending(notification=notification, attempt=attempt), SendingPutOff():
            return Queued(notification, attempt)
        case _, EmailSent():
            return Settled("sent")
        case _, EmailFailed():
            return Settled("failed")
        case _, EmailOutcomeUnknown():
            return Settled("unknown")
        case _:
            return state
