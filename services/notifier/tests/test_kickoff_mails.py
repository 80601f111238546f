"""A kickoff told on success' topic reaches the people of it by mail: its welcome, its entry, the update, the cancellation."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiosmtpd.smtp import SMTP
from icalendar import Calendar

from nexa_chassis.running import RunningService, eventually, running
from nexa_contracts.envelope import Event
from nexa_contracts.success import CsmUpdated, Role
from nexa_contracts.topics import topic_of
from nexa_local.infra import Infra
from nexa_local.mailsink import Keep, kept
from nexa_local.postgres import Database
from nexa_local.processes import free_port
from nexa_notifier.app import notifier

from .kickoffs import MEETING, NORA, SARAH, cancelled, meeting, moved, scheduled


@pytest.fixture
async def service(
    infra: Infra, database: Callable[[str], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningService]:
    """Notifier at work, with a mail server that keeps what it gets in `tmp_path`."""
    loop, keep, port = asyncio.get_running_loop(), Keep(tmp_path), free_port()
    monkeypatch.setenv("NEXA_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("NEXA_SMTP_PORT", str(port))
    monkeypatch.setenv("NEXA_MAIL_FROM", "Nexa CRM <crm@nexa.example>")
    async with (
        await loop.create_server(lambda: SMTP(keep, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port),
        running(notifier, database("notifier"), infra) as found,
    ):
        yield found


async def say(infra: Infra, *events: Event) -> None:
    """Publish these as success does, each the next of its stream."""
    versions: dict[str, int] = {}
    async with AIOKafkaProducer(bootstrap_servers=infra.kafka_bootstrap) as producer:
        for event in events:
            topic = topic_of(type(event))
            key = str(getattr(event, topic.key))
            stream = f"{topic.aggregate}-{key}"
            version = versions[stream] = versions.get(stream, 0) + 1
            now = datetime.now(UTC).isoformat()
            envelope = {
                "specversion": "1.0",
                "id": f"{stream}@{version}",
                "source": f"/nexa/{topic.service}",
                "type": topic.type_of(type(event)),
                "subject": stream,
                "time": now,
                "recordedtime": now,
                "datacontenttype": "application/json",
                "streamversion": version,
                **({"prevversion": version - 1} if version > 1 else {}),
                "correlationid": "test",
                "actor": "test",
                "data": event.model_dump(mode="json"),
            }
            await producer.send_and_wait(topic.name, json.dumps(envelope).encode(), key.encode())


def mails(directory: Path) -> list[EmailMessage]:
    parser = BytesParser(policy=policy.default)
    found = [parser.parsebytes((directory / str(row["file"])).read_bytes()) for row in kept(directory)]
    return [each for each in found if isinstance(each, EmailMessage)]


def entry_in(mail: EmailMessage) -> Calendar | None:
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return Calendar.from_ical(parts[0].get_content()) if parts else None


async def arrived(directory: Path, count: int) -> list[EmailMessage]:
    async def all_there() -> list[EmailMessage] | None:
        found = mails(directory)
        return found if len(found) >= count else None

    return await eventually(all_there, what=f"{count} mails", seconds=30)


async def test_a_kickoff_its_update_and_its_cancellation_reach_those_invited(
    service: RunningService, infra: Infra, tmp_path: Path
) -> None:
    later = timedelta(days=1)
    nora = CsmUpdated(csm_id=NORA.person_id, name=NORA.name, email=str(NORA.email), role=Role.CSM, capacity=15)
    update = moved(starts_at=meeting()["starts_at"] + later, ends_at=meeting()["ends_at"] + later)
    await say(infra, nora, scheduled(), update, cancelled())
    found = await arrived(tmp_path, 11)

    subjects = sorted((str(mail["To"]), str(mail["Subject"])) for mail in found)
    invited = ["ivan.petrov@nexa.example", "nora.vance@nexa.example", "sarah.miller@acme.example"]
    words = ["Invitation", "Updated", "Cancelled"]
    assert subjects == sorted(
        [
            ("nora.vance@nexa.example", "New customer: Acme Corp ($50K ARR) - Kickoff in 3 days"),
            ("sarah.miller@acme.example", "Welcome, Acme Corp"),
            *((who, f"{word}: Acme Corp - Implementation Kickoff") for who in invited for word in words),
        ]
    )

    entries = [entry for mail in found if mail["To"] == SARAH.email and (entry := entry_in(mail)) is not None]
    told = sorted(
        (int(event["sequence"]), str(entry["method"]), event["dtstart"].dt, str(event["uid"]))
        for entry in entries
        for event in entry.walk("VEVENT")
    )
    first, uid = meeting()["starts_at"], f"{MEETING}@nexa.example"
    assert told == [
        (0, "REQUEST", first, uid),
        (1, "REQUEST", first + later, uid),
        (2, "CANCEL", first, uid),
    ]


async def test_the_calendar_text_that_went_out_can_be_read_by_a_csm(
    service: RunningService, infra: Infra, tmp_path: Path
) -> None:
    await say(infra, scheduled())
    sent = [mail for mail in await arrived(tmp_path, 4) if mail["To"] == SARAH.email and entry_in(mail) is not None]
    client = service.client("csm")
    listed = (await client.get("/notifications", params={"kind": "invitation"})).json()["items"]
    assert len(listed) == 3
    pages = [(await client.get(f"/notifications/{row['notification_id']}/mail")).json() for row in listed]
    (shown,) = [page for page in pages if page["message_id"] == str(sent[0]["Message-ID"])]
    (part,) = [each for each in sent[0].walk() if each.get_content_type() == "text/calendar"]
    assert shown["calendar"] == part.get_content()
    assert f"UID:{MEETING}@nexa.example" in shown["calendar"]
