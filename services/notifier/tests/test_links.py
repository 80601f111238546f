"""Links in marketing mails: what stands in the mail, what a link is good for, and who is taken for a program."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from nexa_notifier.mail.delivery import Bounced, PutOff, Refused, by_recipient_answer
from nexa_notifier.mail.links import MailLinks, Purpose, read, sign
from nexa_notifier.mail.machines import why_machine
from nexa_notifier.mail.rendering import render
from nexa_notifier.settings import LinkSettings

OLD, NEW = b"an old secret, thirty-two bytes..", b"a new secret, thirty-two bytes..."
ID = UUID(int=7)
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
LONG_AGO = timedelta(minutes=5)


def links(*, tracking: bool = True) -> MailLinks:
    return MailLinks(LinkSettings("https://mail.nexa.example", (NEW, OLD), tracking), ID)


def letter(found: MailLinks | None) -> EmailMessage:
    written = render(
        notification_id=ID,
        template="nurture_letter.v1",
        variables={
            "subject": "Three answers",
            "text": "First.\n\nSecond,\nin two lines.",
            "link": "https://nexa.example/answers?a=1&b=2",
            "link_label": "Read <them>",
        },
        sender="Nexa CRM <crm@nexa.example>",
        recipient="dana@acme.example",
        queued_at=datetime(2025, 11, 17, 9, tzinfo=UTC),
        links=found,
    ).as_bytes()
    message = message_from_bytes(written, policy=SMTP)
    assert isinstance(message, EmailMessage)
    return message


def html(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


@over(st.uuids(), st.integers(min_value=0, max_value=65_535), st.sampled_from(Purpose))
def test_a_signed_link_says_what_it_was_signed_for_and_is_good_for_nothing_else(
    notification_id: UUID, link: int, purpose: Purpose
) -> None:
    token = sign(OLD, purpose, notification_id, link)
    assert read((NEW, OLD), purpose, token) == (notification_id, link)
    assert read((NEW,), purpose, token) is None
    assert all(read((OLD,), other, token) is None for other in Purpose if other is not purpose)


@over(st.integers(min_value=0, max_value=46), st.sampled_from("ABCDEFGHabcdefgh0123456789-_"))
def test_a_link_that_was_tampered_with_is_not_good(place: int, letter: str) -> None:
    token = sign(OLD, Purpose.FOLLOW, ID, 3)
    tampered = token[:place] + letter + token[place + 1 :]
    assert read((OLD,), Purpose.FOLLOW, tampered) in (None, (ID, 3))
    assert tampered == token or read((OLD,), Purpose.FOLLOW, tampered) is None or place == 46


@over(st.text(max_size=80))
def test_no_text_makes_reading_a_link_fail(text: str) -> None:
    assert read((OLD,), Purpose.FOLLOW, text) is None


def test_a_marketing_mail_has_a_way_out_its_links_lead_here_and_it_shows_a_picture() -> None:
    found = links()
    message = letter(found)
    assert message["List-Unsubscribe"] == f"<{found.unsubscribe}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found.urls == ["https://nexa.example/answers?a=1&b=2"]
    assert "https://nexa.example/answers" not in html(message)
    for address in (found.unsubscribe, found.picture, found.follow("https://nexa.example/answers?a=1&b=2")):
        assert f'"{address}"' in html(message)
    text = message.get_body(("plain",))
    assert text is not None
    assert found.unsubscribe in text.get_content()
    assert "Read <them>: https://nexa.example/answers?a=1&b=2" in text.get_content()


def test_the_header_to_unsubscribe_by_stands_as_it_is_on_one_line() -> None:
    line = f"List-Unsubscribe: <{links().unsubscribe}>\r\n".encode()
    message = letter(links())
    assert line in message.as_bytes(policy=SMTP.clone(max_line_length=998))
    raw = render(
        notification_id=ID,
        template="webinar_followup_1.v1",
        variables={"first_name": "Dana", "campaign_name": "Webinar", "company": ""},
        sender="Nexa CRM <crm@nexa.example>",
        recipient="dana@acme.example",
        queued_at=datetime(2025, 11, 17, 9, tzinfo=UTC),
        links=links(),
    ).as_bytes()
    assert line in raw


def test_with_tracking_off_links_are_themselves_and_there_is_no_picture_and_still_a_way_out() -> None:
    message = letter(links(tracking=False))
    assert "https://nexa.example/answers?a=1&amp;b=2" in html(message)
    assert "<img" not in html(message)
    assert message["List-Unsubscribe"]


def test_a_mail_that_is_no_marketing_has_none_of_it() -> None:
    message = letter(None)
    assert "https://nexa.example/answers?a=1&amp;b=2" in html(message)
    assert "unsubscribe" not in message.as_string().lower()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "mailto:crm@nexa.example", "/relative", ""])
def test_only_web_addresses_are_followed(url: str) -> None:
    found = links()
    assert found.follow(url) == url
    assert found.urls == []


@pytest.mark.parametrize(
    ("method", "agent", "purpose", "since", "machine"),
    [
        ("GET", BROWSER, "", LONG_AGO, False),
        (
            "GET",
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "",
            LONG_AGO,
            False,
        ),
        ("GET", "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)", "", LONG_AGO, False),
        ("HEAD", BROWSER, "", LONG_AGO, True),
        ("GET", "", "", LONG_AGO, True),
        ("GET", "Mozilla/5.0", "", LONG_AGO, True),
        ("GET", BROWSER, "prefetch;anonymous-client-ip", LONG_AGO, True),
        ("GET", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "", LONG_AGO, True),
        ("GET", "Mozilla/5.0 (X11) HeadlessChrome/120.0 Safari/537.36", "", LONG_AGO, True),
        ("GET", "python-httpx/0.27", "", LONG_AGO, True),
        ("GET", "BarracudaCentral/1.0", "", LONG_AGO, True),
        ("GET", BROWSER, "", timedelta(seconds=3), True),
        ("GET", BROWSER, "", None, True),
    ],
)
def test_programs_are_told_from_people_where_that_is_possible(
    method: str, agent: str, purpose: str, since: timedelta | None, machine: bool
) -> None:
    assert (why_machine(method, agent, purpose, since) is not None) is machine


@pytest.mark.parametrize(
    ("code", "message", "outcome"),
    [
        (550, "5.1.1 no such mailbox", Bounced("refused with 550")),
        (550, "No such user here", Bounced("refused with 550")),
        (550, "5.2.1 mailbox disabled", Bounced("refused with 550")),
        (550, "5.7.1 your network is on our block list", Refused("refused with 550")),
        (552, "5.2.2 mailbox full", Refused("refused with 552")),
        (450, "4.2.0 greylisted", PutOff("put off with 450")),
    ],
)
def test_a_permanent_answer_about_the_mailbox_is_a_bounce_and_others_are_not(
    code: int, message: str, outcome: object
) -> None:
    assert by_recipient_answer(code, message) == outcome
