"""A lead answers its mails: what it opens and follows scores, and one click ends the series. On the real stack."""

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from nexa_local.demo.telling import Checks, Story, get, send
from nexa_local.home import Stack
from nexa_local.importing import run_import
from nexa_local.mailsink import kept

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
ANSWERS = "https://nexa.example/guide/answers?from=mail"


def letter(key: str, hours: int, **fields: object) -> dict[str, object]:
    words = {"subject": "{first_name}, more from {campaign_name}", "text": "Here it is.", "link": ANSWERS}
    return {
        "key": key,
        "delay_hours": hours,
        "template": "nurture_letter.v1",
        "link_label": "Read it",
        **words,
        **fields,
    }


def mails_to(stack: Stack, address: str) -> Iterator[EmailMessage]:
    directory = Path(stack.mail_directory)
    for mail in kept(directory):
        if mail["to"] == [address]:
            message = message_from_bytes((directory / str(mail["file"])).read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            yield message


def address_for(message: EmailMessage, purpose: str) -> str:
    part = message.get_body(("html",))
    assert part is not None
    found = re.search(rf'"(http://[^"]+/{purpose}/[^"]+)"', part.get_content())
    assert found is not None, part.get_content()
    return found[1]


def enrolment(story: Story, lead_id: str) -> Any:
    (found,) = get(story.marketing, "/nurture", lead_id=lead_id)["items"]
    return found


def test_what_a_lead_does_with_its_mails_scores_leads_on_in_its_series_and_ends_it(told: Checks, stack: Stack) -> None:
    story = Story(stack, Checks())
    story.settle()
    body = {"name": f"Guide {uuid4()}", "type": "content", "start_date": "2025-12-01", "budget": 100}
    campaign = send(story.marketing, "POST", "/campaigns", body)["campaign_id"]
    series = {
        "steps": [letter("guide", 0), letter("more", 24, condition="previous_opened"), letter("last", 24)],
        "entry": {"campaigns": [campaign]},
        "rank": 1,
        "in_flight": "finish",
    }
    send(story.marketing, "PUT", f"/nurture/series/Guide-{uuid4().hex[:8]}", series)
    address = f"{uuid4().hex[:12]}@guide.example"
    file = Path(stack.mail_directory).parent / "one-lead.csv"
    file.write_text(f"Email,First Name\n{address},Dana\n")
    run_import(story.marketing, file, {"campaign_id": campaign, "filename": file.name}, quiet=True)
    story.settle()
    thanks, first = sorted(mails_to(stack, address), key=lambda mail: "more from" in str(mail["Subject"]))
    assert thanks["List-Unsubscribe-Post"] == first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (lead,) = get(story.marketing, "/leads", email=address)["items"]
    lead_id = lead["lead_id"]
    assert score(story, lead_id) == 10

    with httpx.Client(headers={"user-agent": BROWSER}) as reader:
        assert reader.get(address_for(first, "follow")).headers["location"] == ANSWERS
        story.settle()
        assert score(story, lead_id) == 10, "a scanner follows links while the mail is delivered"
        story.advance(timedelta(hours=1))
        for _ in range(2):
            assert reader.get(address_for(first, "opened")).headers["content-type"] == "image/gif"
            assert reader.get(address_for(first, "follow")).headers["location"] == ANSWERS
        story.settle()
        assert score(story, lead_id) == 20

        story.advance(timedelta(hours=24))
        story.settle()
        assert enrolment(story, lead_id)["step"] == 2
        one_click = str(list(mails_to(stack, address))[-1]["List-Unsubscribe"]).strip("<>")
        reader.get(one_click)
        story.settle()
        assert enrolment(story, lead_id)["status"] == "active", "looking at the page changes nothing"
        assert reader.post(one_click, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    story.settle()
    assert (enrolment(story, lead_id)["status"], enrolment(story, lead_id)["reason"]) == ("stopped", "unsubscribed")
    story.advance(timedelta(hours=48))
    story.settle()
    assert len(list(mails_to(stack, address))) == 3


def score(story: Story, lead_id: str) -> int:
    scoring = story.client("scoring", "sales_manager", "victor.stone")
    newest: int = get(scoring, f"/leads/{lead_id}/scores", limit=1)["items"][0]["score"]
    return newest
