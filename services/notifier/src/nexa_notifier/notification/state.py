"""A notification's way: queued, sending, then sent, failed, unknown or suppressed; and what its recipient did with it."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from nexa_contracts.envelope import Event
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


@dataclass(frozen=True)
class Answers:
    """What has been told of the recipient, so that it is told once. `clicks` are the links' places."""

    opened: bool = False
    opened_by_machine: bool = False
    clicks: frozenset[int] = frozenset()
    clicks_by_machine: frozenset[int] = frozenset()
    unsubscribed: bool = False
    survey: tuple[int, str] | None = None


@dataclass(frozen=True)
class New:
    pass


@dataclass(frozen=True)
class Queued:
    notification: NotificationQueued
    attempts: int = 0


@dataclass(frozen=True)
class Sending:
    """It may be in the recipient's hands already, and answered before the mail server's answer has been recorded."""

    notification: NotificationQueued
    attempt: int
    answers: Answers = Answers()


@dataclass(frozen=True)
class Settled:
    """Sent, failed for good, unknown or suppressed: nothing is sent again."""

    notification: NotificationQueued
    outcome: str
    answers: Answers = Answers()


Notification: TypeAlias = New | Queued | Sending | Settled


def evolve(state: Notification, event: Event) -> Notification:
    match state, event:
        case New(), NotificationQueued():
            return Queued(event)
        case Queued(notification=notification), SendingBegan(attempt=attempt):
            return Sending(notification, attempt)
        case Sending(notification=notification), SendingPutOff(attempt=attempt):
            return Queued(notification, attempt)
        case Queued(notification=notification), EmailSuppressed():
            return Settled(notification, "suppressed")
        case Sending(notification=notification, answers=answers), _ if outcome := OUTCOMES.get(type(event)):
            return Settled(notification, outcome, answers)
        case ((Sending() | Settled()), _):
            return replace(state, answers=_answered(state.answers, event))
        case _:
            return state


OUTCOMES: dict[type[Event], str] = {EmailSent: "sent", EmailFailed: "failed", EmailOutcomeUnknown: "unknown"}


def _answered(answers: Answers, event: Event) -> Answers:
    match event:
        case EmailOpened(machine=None):
            return replace(answers, opened=True)
        case EmailOpened():
            return replace(answers, opened_by_machine=True)
        case EmailClicked(machine=None, link=link):
            return replace(answers, clicks=answers.clicks | {link})
        case EmailClicked(link=link):
            return replace(answers, clicks_by_machine=answers.clicks_by_machine | {link})
        case UnsubscribeRequested():
            return replace(answers, unsubscribed=True)
        case SurveyAnswered(score=score, comment=comment):
            return replace(answers, survey=(score, comment))
        case _:
            return answers
