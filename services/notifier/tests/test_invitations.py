"""Invitations: what mail programs read out of them, and what no name can do to them."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from icalendar import Calendar

from nexa_chassis.testing import given
from nexa_contracts.success import Attendee, KickoffFields, Person
from nexa_notifier.mail.rendering import render
from nexa_notifier.notification.decisions import Notify
from nexa_notifier.reactions.invite_to_kickoff import invite_to_kickoff
from nexa_notifier.reactions.welcome_customer import welcome_customer

from .kickoffs import MEETING, NORA, SARAH, cancelled, meeting, moved, scheduled

QUEUED = datetime(2025, 11, 24, 9, 1, tzinfo=UTC)


def invitations(kickoff: KickoffFields) -> list[Notify]:
    return [each for each in given(invite_to_kickoff).when(kickoff).produced if isinstance(each, Notify)]


def mail(notify: Notify) -> EmailMessage:
    """The mail as a mail program gets it: written out and read again."""
    assert notify.address is not None
    written = render(
        notification_id=notify.notification_id,
        template=notify.template,
        variables=notify.variables,
        sender="Nexa CRM <crm@nexa.example>",
        recipient=notify.address,
        queued_at=QUEUED,
        invitation=notify.invitation,
    ).as_bytes()
    read = message_from_bytes(written, policy=SMTP)
    assert isinstance(read, EmailMessage)
    return read


def calendar_of(message: EmailMessage) -> Calendar:
    (part,) = [each for each in message.walk() if each.get_content_type() == "text/calendar"]
    parsed = Calendar.from_ical(part.get_content())
    assert part.get_param("method") == parsed["method"]
    return parsed


def test_each_attendee_gets_one_mail_for_each_change_of_the_entry() -> None:
    mails = [each for kickoff in (scheduled(), moved(), cancelled()) for each in invitations(kickoff)]
    assert len(mails) == 9
    assert len({each.notification_id for each in mails}) == 9
    assert invitations(scheduled()) == mails[:3]


def test_an_attendee_without_an_address_gets_none() -> None:
    nobody = Attendee(person_id=SARAH.person_id, name="Sarah", email=None, role="primary contact")
    assert invitations(moved(attendees=(nobody,))) == []


def test_invitation_update_and_cancellation_are_one_entry_with_a_rising_sequence() -> None:
    found = [calendar_of(mail(invitations(kickoff)[0])) for kickoff in (scheduled(), moved(), cancelled())]
    entries = [each.walk("VEVENT")[0] for each in found]
    assert [str(each["method"]) for each in found] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [int(each["sequence"]) for each in entries] == [0, 1, 2]
    assert {str(each["uid"]) for each in entries} == {f"{MEETING}@nexa.example"}
    assert [str(each["status"]) for each in entries] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]


def test_the_entry_says_when_where_who_and_what_in_the_csms_time_zone() -> None:
    calendar = calendar_of(mail(invitations(scheduled())[0]))
    entry = calendar.walk("VEVENT")[0]
    assert entry["dtstart"].dt == datetime(2025, 11, 27, 9, tzinfo=UTC)
    assert entry["dtstart"].params["TZID"] == "Europe/Berlin"
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
    assert str(entry["organizer"]) == "mailto:crm@nexa.example"
    assert [str(each) for each in entry["attendee"]] == [
        "mailto:sarah.miller@acme.example",
        "mailto:nora.vance@nexa.example",
        "mailto:ivan.petrov@nexa.example",
    ]
    assert str(entry["location"]).endswith(str(MEETING))


def test_the_mail_has_text_html_and_calendar_as_alternatives_and_the_entry_as_a_file() -> None:
    message = mail(invitations(scheduled())[0])
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    assert message["Subject"] == "Invitation: Acme Corp - Implementation Kickoff"


def test_a_mail_is_the_same_bytes_however_often_it_is_written() -> None:
    (first, *_) = invitations(scheduled())
    assert mail(first).as_bytes() == mail(first).as_bytes()


@pytest.mark.parametrize(
    "name", ['Łucja "Lu" Nowak', "Miller, Sarah; Ms", "Sarah\r\nATTENDEE:mailto:x@y.example", "北" * 90]
)
def test_no_name_breaks_the_entry(name: str) -> None:
    guest = Attendee(person_id=SARAH.person_id, name=name, email=SARAH.email, role="primary contact")
    kickoff = moved(attendees=(guest,), title=f"{name} - Kickoff")
    message = mail(invitations(kickoff)[0])
    entry = calendar_of(message).walk("VEVENT")[0]
    assert str(entry["attendee"]) == "mailto:sarah.miller@acme.example"
    assert entry["attendee"].params["CN"] == " ".join(name.replace('"', "'").split())
    (part,) = [each for each in message.walk() if each.get_content_type() == "application/ics"]
    assert max(len(line) for line in part.get_content().split(b"\r\n")) <= 75


def test_the_welcome_names_the_csm_the_link_and_the_documents_and_comes_once() -> None:
    (welcome,) = given(welcome_customer).when(scheduled()).produced
    assert isinstance(welcome, Notify)
    again = scheduled(sequence=2, starts_at=meeting()["ends_at"])
    (later,) = given(welcome_customer).when(again).produced
    assert isinstance(later, Notify)
    assert later.notification_id == welcome.notification_id
    text = mail(welcome).get_body(("plain",))
    assert text is not None
    said = text.get_content()
    assert said.startswith("Hi Sarah,")
    for wanted in (
        "Nora Vance",
        "nora.vance@nexa.example",
        str(MEETING),
        "- Getting started guide",
        "10:00 (Europe/Berlin)",
    ):
        assert wanted in said


def test_a_welcome_of_a_csm_without_an_address_leaves_no_empty_brackets() -> None:
    (welcome,) = given(welcome_customer).when(scheduled(csm=NORA.model_copy(update={"email": None}))).produced
    assert isinstance(welcome, Notify)
    for kind in ("plain", "html"):
        body = mail(welcome).get_body((kind,))
        assert body is not None
        assert "()" not in body.get_content()


def test_a_customer_without_an_address_is_not_welcomed_by_mail() -> None:
    nobody = Person(person_id=SARAH.person_id, name="Sarah", email=None)
    given(welcome_customer).when(scheduled(contact=nobody)).then()
