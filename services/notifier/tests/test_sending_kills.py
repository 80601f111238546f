"""A process that dies while it sends, as by a power cut: no mail goes out twice, and what was in flight is counted."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP

from nexa_chassis.origin import Origin
from nexa_chassis.running import RunningService, eventually, running
from nexa_local.infra import Infra
from nexa_local.mailsink import Keep, kept
from nexa_local.postgres import Database
from nexa_local.processes import free_port
from nexa_notifier.app import notifier
from nexa_notifier.notification.decisions import Notify

MAILS = 10


@pytest.fixture
def notifier_database(database: Callable[[str], Database]) -> Database:
    return database("notifier")


@pytest.fixture
async def desk(infra: Infra, notifier_database: Database) -> AsyncIterator[RunningService]:
    """The service without its worker: it takes mails in and tells what became of them, and sends none."""
    async with running(notifier, notifier_database, infra, roles=("serve",)) as found:
        yield found


@pytest.fixture
async def mails(tmp_path: Path) -> AsyncIterator[int]:
    """The port of a mail server that keeps what it gets in `tmp_path`."""
    loop, keep, port = asyncio.get_running_loop(), Keep(tmp_path), free_port()
    async with await loop.create_server(lambda: SMTP(keep, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port):
        yield port


@contextmanager
def sender(database: Database, infra: Infra, port: int, failpoint: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A process that sends over one connection, killed at the end if it is still there."""
    given = {
        "NEXA_DATABASE_URL": database.app_url,
        "NEXA_KAFKA_BOOTSTRAP": infra.kafka_bootstrap,
        "NEXA_HTTP_PORT": "0",
        "NEXA_LOG_LEVEL": "WARNING",
        "NEXA_SMTP_HOST": "127.0.0.1",
        "NEXA_SMTP_PORT": str(port),
        "NEXA_SMTP_CONNECTIONS": "1",
        "NEXA_MAIL_FROM": "Nexa CRM <crm@nexa.example>",
        "NEXA_FAILPOINT": failpoint,
    }
    process = subprocess.Popen([sys.executable, "-m", "nexa_notifier", "tick"], env=os.environ | given)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def queue(desk: RunningService, count: int) -> set[UUID]:
    """Queued at once, so that one process claims them all."""
    ids = {uuid4() for _ in range(count)}
    commands = [
        Notify(
            notification_id=each,
            kind="task_overdue",
            about=uuid4(),
            address=f"dana.{number}@acme.example",
            template="task_overdue.v1",
            variables={"title": "Call hot webinar lead", "due_at": "2025-11-18 09:00 UTC"},
        )
        for number, each in enumerate(ids)
    ]
    await desk.runtime.store.execute(commands, Origin(actor="test", correlation_id="test"))
    return ids


async def counts(desk: RunningService) -> dict[str, int]:
    answer = await desk.client("sales_manager").get("/notifications/counts")
    return {row["status"]: row["count"] for row in answer.json()}


async def counted(desk: RunningService, expected: dict[str, int]) -> None:
    async def as_expected() -> bool:
        found = await counts(desk)
        assert found == expected, found
        return True

    await eventually(as_expected, what=f"counts of {expected}", seconds=30)


async def killed_itself(process: subprocess.Popen[bytes]) -> None:
    async def dead() -> bool:
        return process.poll() is not None

    await eventually(dead, what="the process came to its failpoint", seconds=30)
    assert process.returncode == -signal.SIGKILL


async def leases_run_out(desk: RunningService) -> None:
    async with desk.runtime.engine.begin() as connection:
        await connection.exec_driver_sql("update mail_leases set until = now() - interval '1 second'")


@pytest.mark.parametrize(("failpoint", "arrived"), [("mail.after_claim", 0), ("mail.after_delivery:3", 3)])
async def test_no_mail_of_a_process_killed_while_sending_goes_out_twice_and_each_is_counted_unknown(
    desk: RunningService,
    notifier_database: Database,
    infra: Infra,
    mails: int,
    tmp_path: Path,
    failpoint: str,
    arrived: int,
) -> None:
    in_flight = await queue(desk, MAILS)
    with sender(notifier_database, infra, mails, failpoint) as process:
        await killed_itself(process)
    assert await counts(desk) == {"sending": MAILS}
    assert len(kept(tmp_path)) == arrived

    later = await queue(desk, 1)
    with sender(notifier_database, infra, mails):
        await counted(desk, {"sending": MAILS, "sent": 1})
        await leases_run_out(desk)
        await counted(desk, {"unknown": MAILS, "sent": 1})
        after = await queue(desk, 1)
        await counted(desk, {"unknown": MAILS, "sent": 2})

    times = Counter(str(mail["message_id"]) for mail in kept(tmp_path))
    assert set(times.values()) == {1}
    assert {f"<{each}@nexa.example>" for each in later | after} <= set(times)
    assert len(times) == arrived + 2
    assert len(times.keys() & {f"<{each}@nexa.example>" for each in in_flight}) == arrived
