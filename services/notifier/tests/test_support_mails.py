"""What a customer hears about a ticket, what the team is told, and how a survey is answered."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from nexa_chassis.running import RunningService
from nexa_chassis.testing import given, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.support import (
    BugReopened,
    BugSuspected,
    BugTriaged,
    Channel,
    CsatRequested,
    FeatureShipped,
    Requester,
    SlaBreached,
    SlaWarned,
    TicketAcknowledged,
    TicketAssigned,
    TicketReplied,
    TicketResolved,
    TicketSubmitted,
)
from nexa_local.mailsink import kept
from nexa_notifier.mail.links import Purpose, sign
from nexa_notifier.mail.rendering import render
from nexa_notifier.notification.decisions import Notify
from nexa_notifier.reactions.tell_support_team import tell_support_team
from nexa_notifier.reactions.tell_voters import tell_voters
from nexa_notifier.reactions.write_to_customer import write_to_customer

from .test_answers import ORIGIN, SECRET, clock, mails, row, service

__all__ = ["clock", "mails", "service"]

NOW = datetime(2025, 11, 26, 9, 0, tzinfo=UTC)


def told(reaction: Any, event: Event, version: int = 1) -> list[Notify]:
    produced = given(reaction).when(recorded(event, version=version)).produced
    return [each for each in produced if isinstance(each, Notify)]


def text_of(notice: Notify) -> str:
    message = render(
        notification_id=notice.notification_id,
        template=notice.template,
        variables=notice.variables,
        sender="Nexa CRM <crm@nexa.example>",
        recipient="sarah.miller@acme.example",
        queued_at=NOW,
        reply_to=f"support+{notice.ticket}@nexa.example" if notice.ticket else None,
    )
    body = message.get_body(("plain",))
    assert body is not None
    return f"{message['Subject']}\n{message.get('Reply-To', '')}\n{body.get_content()}"


def test_the_acknowledgement_says_status_priority_eta_and_workaround_as_the_seed_has_them() -> None:
    (notice,) = told(write_to_customer, EXAMPLES[TicketAcknowledged])
    text = text_of(notice)
    assert notice.address == "sarah.miller@acme.example"
    for line in (
        "Hi Sarah,",
        "Status: In Progress",
        "Priority: Critical (P1)",
        "ETA: Fix deployed within 24 hours",
        "Workaround: You can use JSON export in the meantime.",
        "We'll notify you as soon as the fix is deployed.",
        "support+T-7K3QX2M9AB@nexa.example",
        "##- Please write above this line -##",
    ):
        assert line in text, line


def test_a_fix_is_told_to_its_customer_unless_they_heard_of_it() -> None:
    resolved = EXAMPLES[TicketResolved]
    (notice,) = told(write_to_customer, resolved)
    assert "Good news! The Export function issue has been fixed and deployed" in text_of(notice)
    assert told(write_to_customer, resolved.model_copy(update={"tell_customer": False})) == []
    by_hand = resolved.model_copy(update={"bug_id": None, "resolution": "The setting was off."})
    assert "is resolved: The setting was off." in text_of(told(write_to_customer, by_hand)[0])


@pytest.mark.parametrize("example", [EXAMPLES[TicketAcknowledged], EXAMPLES[TicketResolved], EXAMPLES[CsatRequested]])
def test_tickets_of_one_customer_that_share_a_notice_are_one_mail(example: Event) -> None:
    notice_id, other_ticket = UUID(int=7), UUID(int=8)
    one = example.model_copy(update={"notice_id": notice_id})
    another = one.model_copy(update={"ticket_id": other_ticket})
    ids = {told(write_to_customer, each, version)[0].notification_id for each, version in ((one, 5), (another, 6))}
    assert len(ids) == 1
    apart = [told(write_to_customer, each.model_copy(update={"notice_id": None}))[0] for each in (one, another)]
    assert len({each.notification_id for each in apart} | ids) == 3


def test_who_wrote_gets_it_confirmed_and_who_called_does_not() -> None:
    submitted = EXAMPLES[TicketSubmitted]
    assert [each.kind for each in told(write_to_customer, submitted)] == ["ticket_received"]
    assert told(write_to_customer, submitted.model_copy(update={"channel": Channel.PHONE})) == []
    nobody = submitted.model_copy(update={"requester": Requester(name="Sarah")})
    assert told(write_to_customer, nobody) == []


def test_an_agents_answer_goes_out_and_a_customers_does_not_come_back() -> None:
    reply = EXAMPLES[TicketReplied]
    assert "Thank you, we are looking into it." in text_of(told(write_to_customer, reply)[0])
    assert told(write_to_customer, reply.model_copy(update={"from_customer": True})) == []


@pytest.mark.parametrize(
    ("event", "headline", "text"),
    [
        (TicketAssigned, "Urgent bug ticket assigned", "Investigate within 2 hours"),
        (BugSuspected, "Potential P1 bug: Export function", "5 similar tickets in last week"),
        (SlaWarned, "T-7K3QX2M9AB: the solution is due soon", "2025-11-27 09:00 UTC"),
        (SlaBreached, "T-7K3QX2M9AB: the solution is late", "p1 around the clock"),
        (BugTriaged, "P1 bug: CSV export failing - missing dependency", "2025-W48"),
        (BugReopened, "Open again: CSV export failing - missing dependency", "reported again by an account on v2.1.6"),
    ],
)
def test_the_team_is_told_in_the_words_of_the_seed(event: type[Event], headline: str, text: str) -> None:
    (notice,) = told(tell_support_team, EXAMPLES[event])
    assert notice.variables["headline"] == headline
    assert text in notice.variables["text"]


def test_the_bug_of_an_engineer_is_told_once_however_often_it_is_planned_anew() -> None:
    triaged = EXAMPLES[BugTriaged]
    again = triaged.model_copy(update={"sprint": "2025-W49"})
    first, second = told(tell_support_team, triaged), told(tell_support_team, again, version=5)
    assert first[0].notification_id == second[0].notification_id


def test_each_voter_hears_once_that_it_is_there() -> None:
    (notice,) = told(tell_voters, EXAMPLES[FeatureShipped])
    assert "Enhanced export options (Excel, bulk, scheduled), in version 2.2.0" in text_of(notice)


async def test_a_survey_is_answered_by_its_page_and_never_by_looking_at_it(
    service: RunningService, mails: Path
) -> None:
    (asked,) = told(write_to_customer, EXAMPLES[CsatRequested])
    await service.runtime.store.execute([asked], ORIGIN)
    await row(service, asked.notification_id, status="sent")
    links = re.findall(r"^(\d+): (https://mail\.nexa\.example/survey/\S+)\r?$", plain_text_in(mails), re.MULTILINE)
    assert [score for score, _ in links] == [str(score) for score in range(11)]
    client = service.client("nobody")
    path = urlsplit(dict(links)["9"]).path
    page = await client.get(path)
    assert 'value="9" required checked' in page.text
    assert await told_on_topic(service, asked.notification_id) == []
    assert (await client.post(path, data={"score": 9, "comment": "Quick fix"})).status_code == 200
    assert (await client.post(path, data={"score": 9, "comment": "Quick fix"})).status_code == 200
    assert (await client.post(path, data={"score": 8, "comment": ""})).status_code == 200
    assert await told_on_topic(service, asked.notification_id) == [(9, "Quick fix"), (8, "")]
    assert (await client.post(path, data={"score": 11})).status_code == 422


async def test_a_link_for_something_else_answers_no_survey(service: RunningService) -> None:
    other = sign(SECRET.encode(), Purpose.UNSUBSCRIBE, UUID(int=7), 9)
    for token in (other, "x" * 48, sign(b"another secret of thirty-two bytes", Purpose.SURVEY, UUID(int=7), 9)):
        assert (await service.client("nobody").get(f"/survey/{token}")).status_code == 404


def plain_text_in(mails: Path) -> str:
    (mail,) = kept(mails)
    message = message_from_bytes((mails / str(mail["file"])).read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def told_on_topic(service: RunningService, notification_id: UUID) -> list[tuple[int, str]]:
    async with service.runtime.engine.connect() as connection:
        found = await connection.exec_driver_sql(
            "select data->>'score', data->>'comment' from events where stream = %s and type like '%%SurveyAnswered%%'"
            " order by version",
            (f"notification-{notification_id}",),
        )
        return [(int(score), comment) for score, comment in found.all()]
