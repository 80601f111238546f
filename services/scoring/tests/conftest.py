"""A running scoring service, and the services it listens to, as far as their topics show them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from nexa_chassis.running import RunningService, eventually, running
from nexa_contracts.envelope import Event
from nexa_contracts.topics import topic_of
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_scoring.app import scoring


@dataclass
class Others:
    """Sales, success and support: what they say stands on their topics."""

    producer: AIOKafkaProducer
    versions: dict[str, int] = field(default_factory=dict)
    records: list[tuple[str, bytes, bytes]] = field(default_factory=list)

    async def say(self, *events: Event) -> None:
        """Publish these, each as the next event of its stream."""
        records = [self._record(event) for event in events]
        self.records += records
        await self._send(records)

    async def say_again(self) -> None:
        """Publish all records a second time."""
        await self._send(self.records)

    async def _send(self, records: Sequence[tuple[str, bytes, bytes]]) -> None:
        await asyncio.gather(*[await self.producer.send(*record) for record in records])

    def _record(self, event: Event) -> tuple[str, bytes, bytes]:
        topic = topic_of(type(event))
        key = str(getattr(event, topic.key))
        subject = f"{topic.aggregate}-{key}"
        version = self.versions[subject] = self.versions.get(subject, 0) + 1
        now = datetime.now(UTC).isoformat()
        envelope = {
            "specversion": "1.0",
            "id": f"{subject}@{version}",
            "source": f"/nexa/{topic.service}",
            "type": topic.type_of(type(event)),
            "subject": subject,
            "time": now,
            "recordedtime": now,
            "datacontenttype": "application/json",
            "streamversion": version,
            **({"prevversion": version - 1} if version > 1 else {}),
            "correlationid": "test",
            "actor": "test",
            "data": event.model_dump(mode="json"),
        }
        return topic.name, json.dumps(envelope).encode(), key.encode()


@dataclass
class Running:
    """The service, clients of it, and the others."""

    service: RunningService
    others: Others
    csm: httpx.AsyncClient
    manager: httpx.AsyncClient

    async def ask(self, path: str, status: int = 200, **params: Any) -> Any:
        """The JSON that a CSM is answered with; fails unless the status is the expected one."""
        answer = await self.csm.get(path, params=params)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def once(self, path: str, until: Callable[[Any], bool], what: str) -> Any:
        """The answer once it is as it is waited for."""

        async def answer() -> Any:
            got = await self.csm.get(path)
            return got.json() if got.status_code == 200 and until(got.json()) else None

        return await eventually(answer, what=what)


@pytest.fixture
async def scoring_service(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Running]:
    producer = AIOKafkaProducer(bootstrap_servers=infra.kafka_bootstrap)
    async with running(scoring, database("scoring"), infra) as service:
        await producer.start()
        csm, manager = service.client("csm", subject="sarah"), service.client("success_manager", subject="victor")
        try:
            yield Running(service, Others(producer), csm, manager)
        finally:
            await producer.stop()
