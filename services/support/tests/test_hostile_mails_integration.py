"""Hostile mails against a real database: none is lost, none takes the service down, and every one can be looked at."""

import asyncio
import hashlib
import time
from typing import Any

import pytest

from .conftest import Support
from .hostile_mails import NAMED, generated

pytestmark = pytest.mark.timeout(180)

AT_ONCE = 4
SECONDS = 60.0


def corpus() -> list[bytes]:
    """Each from a sender of its own: thirty of one in an hour would be a flood, and kept for that alone."""
    named = [make().replace(b"eve@", b"eve%d@" % number) for number, make in enumerate(NAMED.values())]
    return [*named, *generated(500)]


async def in_turns(tasks: list[Any]) -> list[Any]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(task: Any) -> Any:
        async with turns:
            return await task

    return await asyncio.gather(*[one(task) for task in tasks])


async def hand_in(service: Support, raw: bytes) -> Any:
    return await service.ask("POST", "/mails", 201, content=raw, timeout=SECONDS)


async def test_of_five_hundred_hostile_mails_none_is_lost(support_service: Support) -> None:
    mails = corpus()
    assert len(mails) > 580
    began = time.monotonic()
    receipts = await in_turns([hand_in(support_service, each) for each in mails])
    took = time.monotonic() - began
    assert took < SECONDS, f"{took:.0f} s"

    stored = await support_service.rows(
        "select mail_id::text, encode(sha256(raw), 'hex'), outcome, reason, size, ticket_id::text from mails"
    )
    found = {row[0]: row for row in stored}
    for raw, receipt in zip(mails, receipts, strict=True):
        row = found[receipt["mail_id"]]
        assert row[1] == hashlib.sha256(raw).hexdigest()
        assert (row[2], row[5], row[4]) == (receipt["outcome"], receipt["ticket_id"], len(raw))
        assert row[2] in ("ticket", "reply", "kept")
    assert not [row for row in stored if row[3] == "it could not be understood"]
    assert len(found) == len({hashlib.sha256(raw).digest() for raw in mails})
    assert {row[2] for row in stored} >= {"ticket", "kept"}
    assert sum(row[2] == "ticket" for row in stored) > 300

    await in_turns([support_service.ask("GET", f"/mails/{each['mail_id']}") for each in receipts])
    tickets = {each["ticket_id"] for each in receipts if each["ticket_id"]}
    await in_turns([support_service.ask("GET", f"/tickets/{each}/conversation") for each in tickets])
    again = await in_turns([hand_in(support_service, each) for each in mails[:40]])
    assert again == receipts[:40]


async def test_a_mail_that_our_code_cannot_take_is_kept_as_it_came(
    support_service: Support, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect: the subject has a zero character, which no text column takes."""
    monkeypatch.setattr("nexa_support.intake.message.line", lambda text, longest: text + "\0")
    raw = b"From: sarah@acme.example\r\nSubject: Help\r\nMessage-ID: <one@acme.example>\r\n\r\nIt fails\r\n"
    receipt = await support_service.ask("POST", "/mails", 201, content=raw)
    assert (receipt["outcome"], receipt["reason"]) == ("kept", "it could not be understood")
    assert await support_service.ask("POST", "/mails", 201, content=raw) == receipt
    monkeypatch.undo()
    answer = await support_service.agent.get(f"/mails/{receipt['mail_id']}/raw")
    assert answer.content == raw
    accepted = await support_service.ask("POST", f"/mails/{receipt['mail_id']}/accept")
    ticket = await support_service.ask("GET", f"/tickets/{accepted['ticket_id']}")
    assert (ticket["subject"], ticket["requester_email"]) == ("Help", "sarah@acme.example")
