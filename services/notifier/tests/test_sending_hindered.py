"""Mail servers that are slow or not there: nothing that was not handed over is ever taken for unknown."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from nexa_chassis.origin import Origin
from nexa_chassis.running import RunningService, eventually, running
from nexa_local.infra import Infra
from nexa_local.mailsink import Keep, kept
from nexa_local.postgres import Database
from nexa_notifier.app import notifier
from nexa_notifier.mail import sending, waiting
from nexa_notifier.notification.decisions import Notify

ORIGIN = Origin(actor="test", correlation_id="test")
MAILS = 8
SLOWNESS = 0.7
"""Seconds that the slow mail server takes for each mail."""


class Slow(Keep):
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(SLOWNESS)
        return await super().handle_DATA(server, session, envelope)


@asynccontextmanager
async def mail_server(port: int, keep: Keep) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: SMTP(keep, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port):
        yield


@pytest.fixture(autouse=True)
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXA_SMTP_CONNECTIONS", "1")
    monkeypatch.setenv("NEXA_LINKS_URL", "https://mail.nexa.example")
    monkeypatch.setenv("NEXA_LINKS_SECRET", "s" * 32)


async def queue(service: RunningService, count: int = MAILS) -> list[UUID]:
    """Marketing mails, queued at once, so that they are claimed together."""
    mails = [
        Notify(
            notification_id=uuid4(),
            kind="thank_you",
            about=uuid4(),
            address=f"dana{number}@acme.example",
            template="thank_you.v1",
            variables={"first_name": "Dana", "campaign_name": "Webinar Q4", "attended": ""},
        )
        for number in range(count)
    ]
    await service.runtime.store.execute(mails, ORIGIN)
    return [each.notification_id for each in mails]


async def shown(service: RunningService) -> list[dict[str, object]]:
    answer = await service.client("sales_manager").get("/notifications", params={"limit": 200})
    items: list[dict[str, object]] = answer.json()["items"]
    return items


async def test_a_slow_mail_server_gets_every_mail_once_however_much_longer_than_a_lease_that_takes(
    port: int, tmp_path: Path, infra: Infra, database: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sending, waiting):
        monkeypatch.setattr(module, "LEASE_SECONDS", MAILS * SLOWNESS * 0.7)
    async with mail_server(port, Slow(tmp_path)), running(notifier, database("notifier"), infra) as service:
        queued = await queue(service)

        async def settled() -> list[dict[str, object]] | None:
            rows = await shown(service)
            return rows if {row["status"] for row in rows} <= {"sent", "failed", "unknown"} else None

        rows = await eventually(settled, what="all mails to be settled", seconds=40)
    assert [(row["status"], row["attempts"]) for row in rows] == [("sent", 1)] * MAILS
    assert sorted(str(mail["message_id"]) for mail in kept(tmp_path)) == sorted(
        f"<{one}@nexa.example>" for one in queued
    )


async def test_a_service_that_stops_puts_off_what_it_has_not_handed_over(
    port: int, tmp_path: Path, infra: Infra, database: Callable[[str], Database]
) -> None:
    store = database("notifier")
    async with mail_server(port, Slow(tmp_path)):
        async with running(notifier, store, infra) as service:
            await queue(service)
            await eventually(lambda: _arrived(tmp_path, 1), what="the first mail")
        async with running(notifier, store, infra, roles=("serve",), history=True) as desk:
            rows = await shown(desk)
    waits = [row for row in rows if row["status"] == "queued"]
    assert waits
    assert {(row["reason"], row["attempts"]) for row in waits} == {("the service is stopping", 0)}
    assert [row["status"] for row in rows].count("sent") == len(kept(tmp_path)) == MAILS - len(waits)


async def _arrived(directory: Path, mails: int) -> bool:
    return len(kept(directory)) >= mails


async def test_where_there_is_no_mail_server_one_mail_finds_out_for_its_share(
    port: int, infra: Infra, database: Callable[[str], Database]
) -> None:
    connections = 0

    def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    hanging_up = await asyncio.start_server(hang_up, "127.0.0.1", port)
    async with hanging_up, running(notifier, database("notifier"), infra) as service:
        await queue(service)

        async def all_put_off() -> bool:
            rows = await shown(service)
            return all("no mail server" in str(row["reason"]) for row in rows)

        await eventually(all_put_off, what="all mails to be put off")
        assert connections < MAILS
