"""Mails become tickets and replies, over HTTP and over SMTP, whatever they are made of."""

from typing import Any

import pytest

pytestmark = pytest.mark.timeout(180)

RAW = (
    "From: Sarah Miller <sarah.miller@acme.example>\r\nTo: support@nexa.example\r\nSubject: {subject}\r\n"
    "Message-ID: <{id}@acme.example>\r\n{headers}\r\n{text}\r\n"
)


def raw(
    subject: str = "Export function not working", id: str = "one", text: str = "It fails", headers: str = ""
) -> bytes:
    return RAW.format(subject=subject, id=id, text=text, headers=headers).encode()


async def hand_in(service: Any, mail: bytes) -> Any:
    return await service.ask("POST", "/mails", 201, content=mail, headers={"content-type": "message/rfc822"})


async def test_a_mail_is_a_ticket_and_what_answers_it_a_reply(support_service: Any) -> None:
    first = await hand_in(support_service, raw())
    assert first["outcome"] == "ticket"
    assert await hand_in(support_service, raw()) == first
    ticket = await support_service.ask("GET", f"/tickets/{first['ticket_id']}")
    assert (ticket["subject"], ticket["channel"]) == ("Export function not working", "email")
    answer = await hand_in(
        support_service, raw("Re: Export", "two", "Still fails", "In-Reply-To: <one@acme.example>\r\n")
    )
    assert (answer["outcome"], answer["ticket_id"]) == ("reply", first["ticket_id"])
    tagged = await hand_in(support_service, raw(f"Re: [{ticket['reference']}] Export", "three", "And again"))
    assert (tagged["outcome"], tagged["ticket_id"]) == ("reply", first["ticket_id"])
    said = await support_service.ask("GET", f"/tickets/{first['ticket_id']}/conversation")
    assert [each["text"] for each in said["items"]] == ["It fails", "Still fails", "And again"]


async def test_an_automatic_mail_is_kept_and_a_person_can_make_a_ticket_of_it(support_service: Any) -> None:
    kept = await hand_in(support_service, raw(headers="Auto-Submitted: auto-replied\r\n"))
    assert (kept["outcome"], kept["reason"], kept["ticket_id"]) == ("kept", "an automatic reply", None)
    assert (await support_service.ask("GET", "/tickets"))["items"] == []
    accepted = await support_service.ask("POST", f"/mails/{kept['mail_id']}/accept")
    assert accepted["outcome"] == "ticket"
    assert await support_service.ask("POST", f"/mails/{kept['mail_id']}/accept") == accepted
    assert len((await support_service.ask("GET", "/tickets"))["items"]) == 1
