from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from nexa_chassis.testing import given
from nexa_contracts.envelope import Event
from nexa_contracts.notifier import (
    EmailClicked,
    EmailFailed,
    EmailOpened,
    EmailOutcomeUnknown,
    EmailSent,
    EmailSuppressed,
    UnsubscribeRequested,
)
from nexa_notifier.aggregates import notification, suppression
from nexa_notifier.mail.classes import Cause
from nexa_notifier.notification.answers import RecordClicked, RecordOpened, RequestUnsubscribe
from nexa_notifier.notification.decisions import (
    MOST_ATTEMPTS,
    BeginSending,
    Command,
    Notify,
    RecordPutOff,
    RecordRefused,
    RecordSent,
    RecordUnknown,
    SuppressNotification,
    decide,
)
from nexa_notifier.notification.events import NotificationQueued, SendingBegan, SendingPutOff
from nexa_notifier.notification.state import New, Notification, evolve
from nexa_notifier.suppression.decisions import LiftSuppression, SuppressAddress
from nexa_notifier.suppression.events import AddressSuppressed, SuppressionLifted

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
        outcome = EmailFailed(
            notification_id=ID, kind="thank_you", about=LEAD, attempts=attempts, reason="451", failure="unreachable"
        )
    given(notification, *history).when(RecordPutOff(notification_id=ID, reason="451")).then(outcome)


def test_a_mail_that_was_not_handed_over_has_not_been_tried() -> None:
    untried = SendingPutOff(notification_id=ID, attempt=0, reason="slow")
    given(notification, QUEUED, BEGAN).when(RecordPutOff(notification_id=ID, reason="slow", tried=False)).then(untried)
    given(notification, QUEUED, BEGAN, untried).when(BeginSending(notification_id=ID)).then(BEGAN)


COMMANDS: st.SearchStrategy[Command] = st.sampled_from(
    [
        NOTIFY,
        BeginSending(notification_id=ID),
        RecordSent(notification_id=ID),
        RecordRefused(notification_id=ID, reason="550"),
        RecordPutOff(notification_id=ID, reason="451"),
        RecordUnknown(notification_id=ID, reason="cut"),
        SuppressNotification(notification_id=ID, cause="bounced"),
        RecordOpened(notification_id=ID, machine=None),
        RecordClicked(notification_id=ID, link=0, url="https://nexa.example", machine="calls itself a program"),
        RequestUnsubscribe(notification_id=ID),
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
    outcomes = EmailSent | EmailFailed | EmailOutcomeUnknown | EmailSuppressed
    settled = [place for place, event in enumerate(said) if isinstance(event, outcomes)]
    assert len(settled) <= 1
    assert not settled or not any(isinstance(event, SendingBegan) for event in said[settled[0] :])
    answers = [event for event in said if isinstance(event, EmailOpened | EmailClicked | UnsubscribeRequested)]
    assert len({type(event) for event in answers}) == len(answers)


# What recipients do

LATER = datetime(2025, 11, 17, 10, 30, tzinfo=UTC)
MAIL = {"notification_id": ID, "kind": "thank_you", "about": LEAD, "occurred_at": LATER}


def opened(machine: str | None = None) -> EmailOpened:
    return EmailOpened.model_validate({**MAIL, "machine": machine})


def clicked(link: int, *, first: bool = True, machine: str | None = None) -> EmailClicked:
    return EmailClicked.model_validate(
        {**MAIL, "link": link, "url": f"https://nexa.example/{link}", "first": first, "machine": machine}
    )


def click(link: int, machine: str | None = None) -> RecordClicked:
    return RecordClicked(notification_id=ID, link=link, url=f"https://nexa.example/{link}", machine=machine)


def test_an_opened_mail_is_told_once_for_a_person_and_once_for_programs() -> None:
    by_person = RecordOpened(notification_id=ID, machine=None)
    by_machine = RecordOpened(notification_id=ID, machine="calls itself a program")
    given(notification, QUEUED, BEGAN, SENT).when(by_machine, now=LATER).then(opened("calls itself a program"))
    scanned = (QUEUED, BEGAN, SENT, opened("calls itself a program"))
    given(notification, *scanned).when(by_machine, now=LATER).then()
    given(notification, *scanned).when(by_person, now=LATER).then(opened())
    given(notification, *scanned, opened()).when(by_person, now=LATER).then()


def test_each_link_is_told_once_and_the_first_of_a_mail_says_so() -> None:
    sent = (QUEUED, BEGAN, SENT)
    given(notification, *sent).when(click(1), now=LATER).then(clicked(1))
    given(notification, *sent, clicked(1)).when(click(1), now=LATER).then()
    given(notification, *sent, clicked(1)).when(click(0), now=LATER).then(clicked(0, first=False))
    scanned = clicked(0, machine="within seconds of sending")
    given(notification, *sent, scanned).when(click(0), now=LATER).then(clicked(0))


def test_an_answer_may_come_before_the_mail_servers_has_been_recorded_and_survives_it() -> None:
    given(notification, QUEUED, BEGAN).when(RecordOpened(notification_id=ID, machine=None), now=LATER).then(opened())
    given(notification, QUEUED, BEGAN, opened(), SENT).when(
        RecordOpened(notification_id=ID, machine=None), now=LATER
    ).then()


@pytest.mark.parametrize(
    "history",
    [
        [],
        [QUEUED],
        [QUEUED, EmailSuppressed(notification_id=ID, kind="thank_you", about=LEAD, cause="bounced")],
        [QUEUED, BEGAN, EmailFailed(notification_id=ID, kind="thank_you", about=LEAD, attempts=1, reason="550")],
    ],
)
def test_a_mail_that_nobody_can_have_got_is_not_answered(history: list[Event]) -> None:
    for command in (click(0), RecordOpened(notification_id=ID, machine=None), RequestUnsubscribe(notification_id=ID)):
        given(notification, *history).when(command).then()


def test_unsubscribing_is_told_once() -> None:
    asked = UnsubscribeRequested.model_validate(MAIL)
    wish = RequestUnsubscribe(notification_id=ID)
    given(notification, QUEUED, BEGAN, SENT).when(wish, now=LATER).then(asked)
    given(notification, QUEUED, BEGAN, SENT, asked).when(wish, now=LATER).then()


def test_a_suppressed_mail_is_settled_without_being_sent() -> None:
    suppressed = EmailSuppressed(notification_id=ID, kind="thank_you", about=LEAD, cause="unsubscribed")
    suppress = SuppressNotification(notification_id=ID, cause="unsubscribed")
    given(notification, QUEUED).when(suppress).then(suppressed)
    given(notification, QUEUED, BEGAN).when(suppress).then()
    given(notification, QUEUED, suppressed).when(BeginSending(notification_id=ID)).then()


# The suppression list

ENTRY = AddressSuppressed(suppression_id=ID, address="dana@acme.example", cause=Cause.BOUNCED, reason="550")
SUPPRESS = SuppressAddress(suppression_id=ID, address=" Dana@Acme.example", cause=Cause.BOUNCED, reason="550")


def test_an_entry_is_put_on_the_list_once_taken_off_with_a_reason_and_can_be_put_on_again() -> None:
    lift = LiftSuppression(suppression_id=ID, reason="It is there again")
    lifted = SuppressionLifted(suppression_id=ID, reason="It is there again")
    given(suppression).when(SUPPRESS).then(ENTRY)
    given(suppression, ENTRY).when(SUPPRESS).then()
    given(suppression, ENTRY).when(lift).then(lifted)
    given(suppression, ENTRY, lifted).when(lift).then()
    given(suppression, ENTRY, lifted).when(SUPPRESS).then(ENTRY)
    given(suppression).when(lift).then_refused(rule="suppression.unknown")
