from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from nexa_chassis.testing import given
from nexa_contracts.envelope import Event
from nexa_contracts.notifier import EmailFailed, EmailOutcomeUnknown, EmailSent
from nexa_notifier.aggregates import notification
from nexa_notifier.notification.decisions import (
    MOST_ATTEMPTS,
    BeginSending,
    Command,
    Notify,
    RecordPutOff,
    RecordRefused,
    RecordSent,
    RecordUnknown,
    decide,
)
from nexa_notifier.notification.events import NotificationQueued, SendingBegan, SendingPutOff
from nexa_notifier.notification.state import New, Notification, evolve

ID, LEAD = UUID(int=1), UUID(int=2)
NOTIFY = Notify(
    notification_id=ID,
    kind="thank_you",
    about=LEAD,
    address="dana@acme.example",
    template="thank_you.v1",
    variables={"first_name": "Dana"},
)
QUEUED = NotificationQueued(
    notification_id=ID,
    kind="thank_you",
    about=LEAD,
    person_id=None,
    address="dana@acme.example",
    template="thank_you.v1",
    variables={"first_name": "Dana"},
)
BEGAN = SendingBegan(notification_id=ID, attempt=1)
SENT = EmailSent(notification_id=ID, kind="thank_you", about=LEAD, attempts=1)


def test_a_notification_is_queued_once() -> None:
    given(notification).when(NOTIFY).then(QUEUED)
    given(notification, QUEUED).when(NOTIFY).then()


def test_sending_is_said_before_the_mail_server_hears_of_it() -> None:
    given(notification, QUEUED).when(BeginSending(notification_id=ID)).then(BEGAN)
    given(notification, QUEUED, BEGAN).when(BeginSending(notification_id=ID)).then()


def test_an_accepted_mail_is_sent() -> None:
    given(notification, QUEUED, BEGAN).when(RecordSent(notification_id=ID)).then(SENT)


def test_a_refused_mail_has_failed_for_good() -> None:
    failed = EmailFailed(notification_id=ID, kind="thank_you", about=LEAD, attempts=1, reason="refused with 550")
    given(notification, QUEUED, BEGAN).when(RecordRefused(notification_id=ID, reason="refused with 550")).then(failed)


def test_a_mail_whose_answer_was_lost_is_unknown_and_not_sent_again() -> None:
    unknown = EmailOutcomeUnknown(notification_id=ID, kind="thank_you", about=LEAD, attempts=1, reason="cut off")
    given(notification, QUEUED, BEGAN).when(RecordUnknown(notification_id=ID, reason="cut off")).then(unknown)
    given(notification, QUEUED, BEGAN, unknown).when(BeginSending(notification_id=ID)).then()


@pytest.mark.parametrize("attempts", range(1, MOST_ATTEMPTS + 1))
def test_a_mail_is_put_off_seven_times_and_then_fails(attempts: int) -> None:
    history: list[Event] = [QUEUED]
    for attempt in range(1, attempts):
        history += [
            SendingBegan(notification_id=ID, attempt=attempt),
            SendingPutOff(notification_id=ID, attempt=attempt, reason="451"),
        ]
    history.append(SendingBegan(notification_id=ID, attempt=attempts))
    outcome: Event = SendingPutOff(notification_id=ID, attempt=attempts, reason="451")
    if attempts == MOST_ATTEMPTS:
        outcome = EmailFailed(notification_id=ID, kind="thank_you", about=LEAD, attempts=attempts, reason="451")
    given(notification, *history).when(RecordPutOff(notification_id=ID, reason="451")).then(outcome)


COMMANDS: st.SearchStrategy[Command] = st.sampled_from(
    [
        NOTIFY,
        BeginSending(notification_id=ID),
        RecordSent(notification_id=ID),
        RecordRefused(notification_id=ID, reason="550"),
        RecordPutOff(notification_id=ID, reason="451"),
        RecordUnknown(notification_id=ID, reason="cut"),
    ]
)


@over(st.lists(COMMANDS, max_size=40))
def test_whatever_is_asked_a_notification_is_settled_once_and_never_sent_after_that(commands: list[Command]) -> None:
    state: Notification = New()
    said: list[Event] = []
    for command in commands:
        for event in decide(command, state, datetime(2025, 11, 17, tzinfo=UTC)):
            state = evolve(state, event)
            said.append(event)
    settled = [
        place for place, event in enumerate(said) if isinstance(event, EmailSent | EmailFailed | EmailOutcomeUnknown)
    ]
    assert len(settled) <= 1
    assert not settled or settled[0] == len(said) - 1
