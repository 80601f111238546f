"""Somebody else writes to a mail while it is being sent, or a share of a batch fails: what was sent is recorded as sent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from nexa_chassis.origin import Origin
from nexa_chassis.running import RunningService, eventually, running
from nexa_local.infra import Infra
from nexa_local.mailsink import Keep, kept
from nexa_local.postgres import Database
from nexa_notifier.app import notifier
from nexa_notifier.notification.answers import RecordOpened
from nexa_notifier.notification.decisions import Notify

ORIGIN = Origin(actor="test", correlation_id="test")


def mail(address: str) -> Notify:
    return Notify(
        notification_id=uuid4(),
        kind="task_overdue",
        about=uuid4(),
        address=address,
        template="task_overdue.v1",
        variables={"title": "Call hot webinar lead", "due_at": "2025-11-18 09:00 UTC"},
    )


@asynccontextmanager
async def mail_server(port: int, keep: Keep) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: SMTP(keep, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port):
        yield


async def became(service: RunningService, notification_id: UUID, wanted: str) -> None:
    async def has_become() -> bool:
        rows = (await service.client("sales_manager").get("/notifications")).json()["items"]
        status = next(row["status"] for row in rows if row["notification_id"] == str(notification_id))
        assert status == wanted, status
        return True

    await eventually(has_become, what=f"{notification_id} to be {wanted}")


class Scanning(Keep):
    """Opens the mail before it takes it over, in a transaction that ends when the sender wants to write beside it."""

    def __init__(self, directory: Path, service: RunningService, notification_id: UUID) -> None:
        super().__init__(directory)
        self._service = service
        self._opened = RecordOpened(notification_id=notification_id, machine="it follows every link")
        self._written = asyncio.Event()
        self.scan: asyncio.Task[None] | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.scan = asyncio.create_task(self._open())
        await self._written.wait()
        return await super().handle_DATA(server, session, envelope)

    async def _open(self) -> None:
        async with self._service.runtime.store.transaction(ORIGIN) as tx:
            assert await tx.execute([self._opened])
            self._written.set()
            await eventually(self._somebody_waits, what="the sender to wait for the scanner's transaction")

    async def _somebody_waits(self) -> bool:
        rows = await self._service.runtime.store.fetch(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", ()
        )
        return bool(rows)


async def test_a_mail_that_a_scanner_opens_while_it_is_sent_is_recorded_as_sent(
    port: int, tmp_path: Path, infra: Infra, database: Callable[[str], Database]
) -> None:
    async with running(notifier, database("notifier"), infra) as service:
        scanned = mail("dana@acme.example")
        scanning = Scanning(tmp_path, service, scanned.notification_id)
        async with mail_server(port, scanning):
            await service.runtime.store.execute([scanned], ORIGIN)
            await became(service, scanned.notification_id, "sent")
        assert scanning.scan is not None
        await scanning.scan
    assert len(kept(tmp_path)) == 1


class SlowForSome(Keep):
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if envelope.rcpt_tos[0].startswith("slow"):
            await asyncio.sleep(1)
        return await super().handle_DATA(server, session, envelope)


async def test_a_share_that_cannot_be_recorded_does_not_cut_off_the_others(
    port: int, tmp_path: Path, infra: Infra, database: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXA_SMTP_CONNECTIONS", "2")
    store = database("notifier")
    async with mail_server(port, SlowForSome(tmp_path)), running(notifier, store, infra) as service:
        broken, slow = mail("dana@acme.example"), mail("slow@acme.example")
        async with await psycopg.AsyncConnection.connect(store.owner_url.replace("+psycopg", "")) as connection:
            await connection.execute(
                "create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$"
            )
            await connection.execute(
                "create trigger refusing before delete on mail_leases for each row"
                f" when (old.notification_id = '{broken.notification_id}') execute function refuse()"
            )
        await service.runtime.store.execute([broken, slow], ORIGIN)
        await became(service, slow.notification_id, "sent")
        await became(service, broken.notification_id, "sending")
