"""What becomes of a mail, as a table: what is known of it, and the outcome."""

from typing import Any

import pytest

from nexa_contracts.support import AgentName
from nexa_support.intake.files import LARGEST_FILE, MOST_FILES, taken_files
from nexa_support.intake.message import read_mail
from nexa_support.intake.parts import MailFile
from nexa_support.intake.sorting import (
    MOST_PER_HOUR,
    Kept,
    Known,
    Notes,
    OpensTicket,
    Outcome,
    Replies,
    addressed_to,
    is_ours,
    references_in,
    sort,
)

from .hostile_mails import HEAD, mail
from .stories import id_of

SUPPORT = "support@nexa.example"
CRM = "crm@nexa.example"
THREAD = id_of("the ticket of the thread")
NAMED = id_of("the ticket that the subject names")
LEA = AgentName(agent_id=id_of("Lea Brandt"), name="Lea Brandt")
PERSON: dict[str, Any] = {"sender": "sarah@acme.example", "headers": b"", "body": b"It fails", "known": {}}


def sorted_as(*, sender: str, headers: bytes, body: bytes, known: dict[str, Any]) -> Outcome:
    raw = mail(headers, body, head=HEAD.replace(b"eve@evil.example", sender.encode()))
    return sort(read_mail(raw), Known(support_address=SUPPORT, mail_from=CRM, **known))


def mentioned(requester: str | None) -> dict[str, Any]:
    return {"mentioned": NAMED, "mentioned_requester": requester}


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({}, OpensTicket()),
        ({"known": {"answered": THREAD}}, Replies(THREAD)),
        ({"known": {"answered": THREAD, **mentioned("sarah@acme.example")}}, Replies(THREAD)),
        ({"known": mentioned("sarah@acme.example")}, Replies(NAMED)),
        ({"known": mentioned("Sarah@ACME.example")}, Replies(NAMED)),
        ({"known": mentioned("boss@acme.example")}, Replies(NAMED)),
        ({"known": mentioned("boss@other.example")}, OpensTicket()),
        ({"known": mentioned(None)}, OpensTicket()),
        ({"sender": "eve@gmail.com", "known": mentioned("sarah@gmail.com")}, OpensTicket()),
        ({"sender": "sarah@gmail.com", "known": mentioned("sarah@gmail.com")}, Replies(NAMED)),
        ({"sender": "eve@t-online.de", "known": mentioned("sarah@t-online.de")}, OpensTicket()),
        ({"sender": "eve@evil-acme.example", "known": mentioned("sarah@acme.example")}, OpensTicket()),
        ({"sender": "eve@sub.acme.example", "known": mentioned("sarah@acme.example")}, OpensTicket()),
        ({"known": {"answered": THREAD, "colleague": LEA}}, Notes(THREAD, LEA)),
        ({"known": {"colleague": LEA, **mentioned("sarah@acme.example")}}, Notes(NAMED, LEA)),
        ({"known": {"colleague": LEA}}, Kept("written by a colleague, to no ticket")),
        ({"known": {"is_duplicate": True, "answered": THREAD}}, Kept("received before")),
        ({"known": {"in_last_hour": MOST_PER_HOUR - 1}}, OpensTicket()),
        ({"known": {"in_last_hour": MOST_PER_HOUR}}, Kept("more than 30 mails of one sender in an hour")),
        (
            {"known": {"in_last_hour": MOST_PER_HOUR, "answered": THREAD}},
            Kept("more than 30 mails of one sender in an hour"),
        ),
        ({"sender": ""}, Kept("nobody to answer to: it has no sender")),
        ({"sender": CRM}, Kept("our own mail came back")),
        ({"sender": SUPPORT}, Kept("our own mail came back")),
        ({"sender": "support+T-7K3QX2M9AB@nexa.example"}, Kept("our own mail came back")),
        ({"headers": b"Reply-To: support@nexa.example\r\n"}, Kept("our own mail came back")),
        ({"sender": CRM, "headers": b"Reply-To: sarah@acme.example\r\n"}, Kept("our own mail came back")),
        ({"headers": b"Auto-Submitted: auto-replied\r\n", "known": {"answered": THREAD}}, Kept("an automatic reply")),
        ({"headers": b"Return-Path: <>\r\n", "known": {"answered": THREAD}}, Kept("a bounce")),
        ({"headers": b"List-Id: <x.example>\r\n"}, Kept("a mailing list")),
        ({"headers": b"Precedence: junk\r\n"}, Kept("precedence junk")),
        ({"headers": b"Content-Type: multipart/report; boundary=x\r\n"}, Kept("a report of a mail server")),
        ({"sender": "mailer-daemon@acme.example"}, Kept("a mail server")),
    ],
)
def test_a_mail_becomes_what_is_known_of_it(given: dict[str, Any], outcome: Outcome) -> None:
    assert sorted_as(**(PERSON | given)) == outcome


def test_a_mail_of_nothing_is_kept() -> None:
    read = read_mail(b"From: sarah@acme.example\r\n\r\n \r\n")
    assert sort(read, Known(support_address=SUPPORT)) == Kept("empty")


def test_references_are_found_in_any_case_and_only_whole() -> None:
    assert references_in("Re: [t-7k3qx2m9ab] and T-0123456789") == ("T-7K3QX2M9AB", "T-0123456789")
    assert references_in("XT-7K3QX2M9AB T-7K3QX2M9ABC T-7K3QX2M9A T-7K3QX2M9AI") == ()


@pytest.mark.parametrize(
    ("address", "references"),
    [
        ("support+T-7K3QX2M9AB@nexa.example", ["T-7K3QX2M9AB"]),
        ("Support+t-7k3qx2m9ab@NEXA.example", ["T-7K3QX2M9AB"]),
        ("support@nexa.example", []),
        ("sales+T-7K3QX2M9AB@nexa.example", []),
        ("support+T-7K3QX2M9AB@evil.example", []),
    ],
)
def test_the_address_of_a_ticket_counts_in_envelope_and_headers(address: str, references: list[str]) -> None:
    read = read_mail(mail())
    assert list(addressed_to(read, SUPPORT, (address,))) == references
    copied = read_mail(mail(b"Cc: other@acme.example, <%s>\r\n" % address.encode()))
    assert list(addressed_to(copied, SUPPORT, ())) == references


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("support@nexa.example", True),
        ("SUPPORT@nexa.example", True),
        ("support+anything@nexa.example", True),
        ("supporter@nexa.example", False),
        ("support@nexa.example.evil.example", False),
        ("nexa.example", False),
        ("", False),
    ],
)
def test_mail_is_taken_for_support_alone(address: str, ours: bool) -> None:
    assert is_ours(address, SUPPORT) is ours


def file(name: str, size: int = 1) -> MailFile:
    return MailFile(name, "application/octet-stream", b"x" * size)


@pytest.mark.parametrize(
    "name",
    ["a.exe", "A.EXE", "a.pdf.js", "a.vbs", "a.ps1", "a.lnk", "a.jar", "a.iso", "a.exe.", "a.scr ", "a.url", "a.msi"],
)
def test_what_may_run_is_not_kept_with_a_ticket(name: str) -> None:
    assert taken_files([file(name)]) == ((), (f"{name}: may run",))


@pytest.mark.parametrize("name", ["a.pdf", "a.exe.txt", "exe", "a.json", "a.zip", "shell"])
def test_what_does_not_run_is_kept(name: str) -> None:
    assert taken_files([file(name)]) == ((file(name),), ())


def test_files_have_a_largest_size_and_number() -> None:
    whole, larger = file("whole.bin", LARGEST_FILE), file("larger.bin", LARGEST_FILE + 1)
    assert taken_files([larger, whole]) == ((whole,), ("larger.bin: larger than 10 MB",))
    many = [file(f"{number}.txt") for number in range(MOST_FILES + 2)]
    taken, left = taken_files([larger, *many])
    assert taken == tuple(many[:MOST_FILES])
    assert left == ("larger.bin: larger than 10 MB", "20.txt: more than 20 files", "21.txt: more than 20 files")
