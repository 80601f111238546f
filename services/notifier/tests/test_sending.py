"""Mails on a real mail server that keeps what it gets, and misbehaves for those who ask for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP

from nexa_chassis.origin import Origin
from nexa_chassis.running import RunningService, eventually, running
from nexa_local.infra import Infra
from nexa_local.mailsink import Keep, kept
from nexa_local.postgres import Database
from nexa_notifier.app import notifier
from nexa_notifier.notification.decisions import BeginSending, Notify

ORIGIN = Origin(actor="test", correlation_id="test")


@pytest.fixture
async def service(port: int, infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[RunningService]:
    async with running(notifier, database("notifier"), infra) as found:
        yield found


async def sink(port: int, directory: Path) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    keep = Keep(directory)
    return await loop.create_server(lambda: SMTP(keep, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port)


async def queue(service: RunningService, address: str | None, person_id: UUID | None = None) -> UUID:
    notification_id = uuid4()
    notify = Notify(
        notification_id=notification_id,
        kind="task_overdue",
        about=uuid4(),
        address=address,
        person_id=person_id,
        template="task_overdue.v1",
        variables={"title": "Call hot webinar lead", "due_at": "2025-11-18 09:00 UTC"},
    )
    await service.runtime.store.execute([notify], ORIGIN)
    return notification_id


async def status(service: RunningService, notification_id: UUID, wanted: str) -> dict[str, object]:
    client = service.client("sales_manager")

    async def ask() -> dict[str, object] | None:
        page = (await client.get("/notifications", params={"status": wanted, "limit": 200})).json()
        return next((row for row in page["items"] if row["notification_id"] == str(notification_id)), None)

    return await eventually(ask, what=f"{notification_id} to be {wanted}")


async def test_a_queued_mail_is_sent_once_and_can_be_read(service: RunningService, port: int, tmp_path: Path) -> None:
    async with await sink(port, tmp_path):
        sent = await queue(service, "dana@acme.example")
        await status(service, sent, "sent")
    assert [mail["message_id"] for mail in kept(tmp_path)] == [f"<{sent}@nexa.example>"]
    shown = (await service.client("sales_manager").get(f"/notifications/{sent}/mail")).json()
    assert shown["subject"] == kept(tmp_path)[0]["subject"]


async def test_each_answer_of_a_mail_server_leads_to_its_outcome(
    service: RunningService, port: int, tmp_path: Path
) -> None:
    async with await sink(port, tmp_path):
        bounced = await queue(service, "bounce@acme.example")
        cut = await queue(service, "cutreply@acme.example")
        busy = await queue(service, "busy@acme.example")
        assert (await status(service, bounced, "failed"))["reason"] == "refused with 550"
        await status(service, cut, "unknown")

        async def tried_twice() -> bool:
            row = await status(service, busy, "queued")
            return row["attempts"] >= 2  # type: ignore[operator]

        await eventually(tried_twice, what="a second attempt for who was busy")
        after = await queue(service, "dana@acme.example")
        await status(service, after, "sent")
    assert [mail["to"] for mail in kept(tmp_path)].count(["cutreply@acme.example"]) == 1


async def test_mails_wait_for_a_mail_server_that_is_away(service: RunningService, port: int, tmp_path: Path) -> None:
    waiting = await queue(service, "dana@acme.example")

    async def put_off() -> bool:
        return "no mail server" in str((await status(service, waiting, "queued"))["reason"])

    await eventually(put_off, what="the mail to be put off")
    async with await sink(port, tmp_path):
        await status(service, waiting, "sent")
    assert len(kept(tmp_path)) == 1


async def test_marketing_mails_go_out_at_their_rate_and_hold_up_nobody_else(
    port: int, tmp_path: Path, infra: Infra, database: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXA_LINKS_URL", "https://mail.nexa.example")
    monkeypatch.setenv("NEXA_LINKS_SECRET", "s" * 32)
    monkeypatch.setenv("NEXA_MAIL_MARKETING_RATE", "5")
    thanks = [
        Notify(
            notification_id=uuid4(),
            kind="thank_you",
            about=uuid4(),
            address=f"dana{number}@acme.example",
            person_id=None,
            template="thank_you.v1",
            variables={"first_name": "Dana", "campaign_name": "Webinar Q4", "attended": ""},
        )
        for number in range(20)
    ]
    async with await sink(port, tmp_path), running(notifier, database("notifier"), infra) as service:
        began = time.monotonic()
        await service.runtime.store.execute(thanks, ORIGIN)
        owed = await queue(service, "customer@acme.example")
        await status(service, owed, "sent")
        sent = len(kept(tmp_path))
        assert sent < len(thanks), "it waited behind the marketing mails"
        assert sent <= 1 + 5 * (time.monotonic() - began + 1), f"{sent} mails were handed over already"
        await eventually(lambda: _kept(tmp_path, 21), what="all mails")
        assert time.monotonic() - began >= 3


async def _kept(directory: Path, mails: int) -> bool:
    return len(kept(directory)) == mails


async def test_a_mail_to_a_colleague_waits_for_an_address(service: RunningService, port: int, tmp_path: Path) -> None:
    async with await sink(port, tmp_path):
        nobody = await queue(service, None, person_id=uuid4())
        other = await queue(service, "dana@acme.example")
        await status(service, other, "sent")
        assert (await status(service, nobody, "queued"))["attempts"] == 0


async def test_what_a_dead_process_was_sending_is_unknown_and_not_sent_again(
    service: RunningService, port: int, tmp_path: Path
) -> None:
    lost = await queue(service, None, person_id=uuid4())
    await service.runtime.store.execute([BeginSending(notification_id=lost)], ORIGIN)
    async with service.runtime.engine.begin() as connection:
        await connection.exec_driver_sql(
            f"insert into mail_leases (notification_id, until) values ('{lost}', now() - interval '1 second')"
        )
    row = await status(service, lost, "unknown")
    assert row["reason"] == "the process that was sending it died"
