"""Mails over real SMTP: 250 means that it is in the database, and anything else that the sender still has it."""

import asyncio
import smtplib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from nexa_local.infra import Infra
from nexa_local.processes import free_port
from nexa_support.intake.smtp_listener import LARGEST_MAIL
from nexa_support.settings import support_settings

from .conftest import Support

pytestmark = pytest.mark.timeout(180)

OURS = "support@nexa.example"
SARAH = "sarah@acme.example"
SENDERS = ThreadPoolExecutor(20)
"""Threads of their own: the service under test reads mails in those of the loop."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where the service takes mails in; named before `support_service`, which reads it when it starts."""
    found = free_port()
    monkeypatch.setenv("NEXA_SUPPORT_SMTP_PORT", str(found))
    support_settings.cache_clear()
    yield found
    support_settings.cache_clear()


@pytest.fixture
async def smtp(port: int, support_service: Support) -> Support:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        await asyncio.sleep(0.02)
    else:
        pytest.fail(f"nobody listens on {port}")
    return support_service


def mail(number: int = 1, text: str = "It fails", headers: str = "", sender: str = SARAH) -> bytes:
    return (
        f"From: Sarah Miller <{sender}>\r\nTo: {OURS}\r\nSubject: Export fails {number}\r\n"
        f"Message-ID: <m{number}@acme.example>\r\n{headers}\r\n{text}\r\n"
    ).encode()


def _send(port: int, raw: bytes, recipients: tuple[str, ...], sender: str) -> tuple[int, str]:
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo("mx.acme.example")
        client.mail(sender)
        for recipient in recipients:
            code, said = client.rcpt(recipient)
            if code != 250:
                return code, said.decode()
        code, said = client.data(raw)
        return code, said.decode()


async def send(port: int, raw: bytes, *recipients: str, sender: str = SARAH) -> tuple[int, str]:
    """The answer to the mail, or to the first recipient who is refused."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(SENDERS, _send, port, raw, recipients or (OURS,), sender)


async def rows(service: Support) -> list[Any]:
    return await service.rows("select outcome, reason, ticket_id::text, via, raw from mails order by received_at")


async def tickets(service: Support) -> list[Any]:
    found: list[Any] = (await service.ask("GET", "/tickets"))["items"]
    return found


@contextmanager
def away(admin_url: str, database: str) -> Iterator[None]:
    """Nobody can connect to this database, and nobody stays connected."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f'alter database "{database}" with allow_connections false')
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (database,))
        try:
            yield
        finally:
            admin.execute(f'alter database "{database}" with allow_connections true')


async def test_a_mail_that_was_answered_with_250_is_in_the_database_as_it_came(port: int, smtp: Support) -> None:
    raw = mail(text=".a dot at the beginning\r\n" + "x" * 5_000, headers="X-Long: " + "y" * 2_000 + "\r\n")
    code, said = await send(port, raw)
    assert code == 250
    ((outcome, _, ticket_id, via, stored),) = await rows(smtp)
    assert (outcome, via) == ("ticket", "smtp")
    assert bytes(stored) == raw
    mail_id = said.rpartition(" ")[2]
    assert (await smtp.ask("GET", f"/mails/{mail_id}"))["ticket_id"] == ticket_id


async def test_an_answer_to_the_tickets_own_address_is_a_reply_by_the_envelope_alone(port: int, smtp: Support) -> None:
    await send(port, mail())
    (ticket,) = await tickets(smtp)
    local, _, domain = OURS.partition("@")
    code, _ = await send(port, mail(2, "Still"), f"{local}+{ticket['reference']}@{domain}", sender="tom@acme.example")
    assert code == 250
    said = await smtp.ask("GET", f"/tickets/{ticket['ticket_id']}/conversation")
    assert [each["text"] for each in said["items"]] == ["It fails", "Still"]


@pytest.mark.parametrize("recipient", ["someone@else.example", "sales@nexa.example", "supporter@nexa.example"])
async def test_mail_for_others_is_refused_and_nothing_is_relayed(port: int, smtp: Support, recipient: str) -> None:
    assert (await send(port, mail(), recipient))[0] == 550
    assert await rows(smtp) == []


async def test_a_mail_that_is_too_large_is_refused_before_and_after_it_was_sent(port: int, smtp: Support) -> None:
    def announced() -> int:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            client.ehlo("mx.acme.example")
            return client.mail(SARAH, [f"SIZE={LARGEST_MAIL + 1}"])[0]

    assert await asyncio.to_thread(announced) == 552
    line = "x" * 998 + "\r\n"
    assert (await send(port, mail(text=line * (LARGEST_MAIL // 1000 + 1))))[0] == 552
    assert await rows(smtp) == []
    assert (await send(port, mail(text=line * 10)))[0] == 250


async def test_a_mail_without_a_sender_is_a_bounce_and_opens_nothing(port: int, smtp: Support) -> None:
    assert (await send(port, mail(), sender=""))[0] == 250
    ((outcome, reason, ticket_id, _, _),) = await rows(smtp)
    assert (outcome, reason, ticket_id) == ("kept", "a bounce", None)
    assert await tickets(smtp) == []


async def test_while_the_database_is_away_the_sender_keeps_the_mail_and_sends_it_again(
    port: int, smtp: Support, infra: Infra
) -> None:
    name = smtp.service.runtime.engine.url.database
    assert name is not None
    with away(infra.postgres_admin_url, name):
        code, said = await send(port, mail())
        assert (code, said) == (451, "4.3.0 It could not be stored, try again later")
    code = 451
    while code == 451:
        code, _ = await send(port, mail())
    assert code == 250
    assert await send(port, mail()) == await send(port, mail())
    assert len(await rows(smtp)) == len(await tickets(smtp)) == 1


async def test_a_mail_delivered_twice_at_once_is_one_ticket(port: int, smtp: Support) -> None:
    same = [send(port, mail()) for _ in range(5)]
    by_another_way = [send(port, b"Received: from mx%d\r\n" % number + mail()) for number in range(5)]
    answers = await asyncio.gather(*same, *by_another_way)
    assert {code for code, _ in answers} == {250}
    assert len(await tickets(smtp)) == 1
    stored = await rows(smtp)
    assert len(stored) == 6
    assert sorted(row[1] for row in stored) == ["", *["received before"] * 5]


async def test_commands_sent_without_waiting_for_answers_are_answered_in_order(port: int, smtp: Support) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    transaction = b"MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n" % (SARAH.encode(), OURS.encode())
    one, two = mail(1), mail(2)
    writer.write(b"EHLO x\r\n" + transaction + one + b".\r\n" + b"RSET\r\n" + transaction + two + b".\r\nQUIT\r\n")
    said = (await asyncio.wait_for(reader.read(), 30)).decode().splitlines()
    codes = [line[:3] for line in said if line[3:4] == " "]
    assert codes == ["220", "250", "250", "250", "354", "250", "250", "250", "250", "354", "250", "221"]
    writer.close()
    assert [bytes(row[4]) for row in await rows(smtp)] == [one, two]


async def test_twenty_sessions_at_once_are_twenty_tickets(port: int, smtp: Support) -> None:
    answers = await asyncio.gather(*[send(port, mail(n, sender=f"s{n}@acme.example")) for n in range(20)])
    assert {code for code, _ in answers} == {250}
    assert len(await tickets(smtp)) == 20


async def test_a_sender_who_hangs_up_in_the_midst_of_a_mail_leaves_nothing(port: int, smtp: Support) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"EHLO x\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n%s" % (SARAH.encode(), OURS.encode(), mail()))
    await asyncio.wait_for(reader.readuntil(b"354"), 10)
    writer.close()
    assert (await send(port, mail(2)))[0] == 250
    assert len(await rows(smtp)) == 1


async def test_who_listens_to_the_log_learns_of_nobody(
    port: int, smtp: Support, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    await send(port, mail(text="a secret"))
    await send(port, mail(2), "someone@else.example")
    told = "".join(capfd.readouterr()) + caplog.text
    assert "mail.taken" in told
    for personal in ("sarah", "Sarah", "acme", "secret", "Export", "someone"):
        assert personal not in told
