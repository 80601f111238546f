"""What a recipient does with a mail is told once each: opened, a link followed, no more of it wanted, a survey answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.notifier import EmailClicked, EmailOpened, SurveyAnswered, UnsubscribeRequested
from nexa_notifier.notification.events import NotificationQueued
from nexa_notifier.notification.state import Answers, New, Notification, Queued, Sending, Settled

NEVER_ARRIVED = ("failed", "suppressed")


@dataclass(frozen=True, kw_only=True)
class RecordOpened:
    """`machine`: why a program is taken to have asked for the picture; None for a person."""

    notification_id: UUID
    machine: str | None


@dataclass(frozen=True, kw_only=True)
class RecordClicked:
    """`link` is the place among the mail's links, `url` where it leads."""

    notification_id: UUID
    link: int
    url: str
    machine: str | None


@dataclass(frozen=True, kw_only=True)
class RequestUnsubscribe:
    notification_id: UUID


@dataclass(frozen=True, kw_only=True)
class AnswerSurvey:
    """How content they are, 0 to 10."""

    notification_id: UUID
    score: int
    comment: str


ANSWERS = (RecordOpened, RecordClicked, RequestUnsubscribe, AnswerSurvey)
Answer: TypeAlias = RecordOpened | RecordClicked | RequestUnsubscribe | AnswerSurvey


def answer(command: Answer, state: Notification, now: datetime) -> Sequence[Event]:
    """Nothing for a mail that nobody can have got, and nothing that has been told before."""
    match state:
        case New() | Queued():
            return []
        case Settled(outcome=outcome) if outcome in NEVER_ARRIVED:
            return []
        case Sending() | Settled():
            return _told(command, state.notification, state.answers, now)
        case _:
            assert_never(state)


def _told(command: Answer, mail: NotificationQueued, known: Answers, now: datetime) -> Sequence[Event]:
    which = {"notification_id": mail.notification_id, "kind": mail.kind, "about": mail.about, "occurred_at": now}
    place = {"enrolment_id": mail.enrolment_id, "step": mail.step}
    match command:
        case RecordOpened(machine=machine):
            told = known.opened if machine is None else known.opened_by_machine
            return [] if told else [EmailOpened.model_validate({**which, **place, "machine": machine})]
        case RecordClicked(link=link, url=url, machine=machine):
            clicks = known.clicks if machine is None else known.clicks_by_machine
            if link in clicks:
                return []
            said = {"machine": machine, "link": link, "url": url, "first": not clicks}
            return [EmailClicked.model_validate({**which, **place, **said})]
        case RequestUnsubscribe():
            return [] if known.unsubscribed else [UnsubscribeRequested.model_validate(which)]
        case AnswerSurvey(score=score, comment=comment):
            if known.survey == (score, comment):
                return []
            return [SurveyAnswered.model_validate({**which, "score": score, "comment": comment})]
        case _:
            assert_never(command)
