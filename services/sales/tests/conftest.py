"""A running sales service for the tests that need one, and the services it listens to, as far as their topics show them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from nexa_chassis.clock import write_clock
from nexa_chassis.running import RunningService, eventually, running
from nexa_contracts.envelope import Event
from nexa_contracts.topics import topic_of
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_sales.app import sales

from .stories import MONDAY, id_of


@dataclass
class Others:
    """Marketing, scoring and notifier: what they say stands on their topics."""

    producer: AIOKafkaProducer
    versions: dict[str, int] = field(default_factory=dict)

    async def say(self, *events: Event) -> None:
        """Publish these, each as the next event of its stream."""
        sent = [await self.producer.send(*self._record(event)) for event in events]
        await asyncio.gather(*sent)

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
class Sales:
    """The service, clients of it, and the others."""

    service: RunningService
    others: Others
    rep: httpx.AsyncClient
    manager: httpx.AsyncClient

    async def ask(self, method: str, path: str, status: int = 200, **given: Any) -> Any:
        """The JSON that a manager's request is answered with; fails unless the status is the expected one."""
        answer = await self.manager.request(method, path, **given)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def every(self, path: str, **params: Any) -> list[Any]:
        """All items of a paged list."""
        items: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            page = await self.ask("GET", path, params={"limit": 200, **params, **cursor})
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = {"cursor": page["next"]}

    async def hire(self, name: str, level: str = "senior", **changes: Any) -> UUID:
        body = {"name": name, "email": f"{name.replace(' ', '.')}@nexa.example", "level": level, "capacity": 20}
        await self.ask("PUT", f"/reps/{id_of(name)}", json=body | changes)
        return id_of(name)

    async def lead(self, name: str, *, until: Callable[[Any], bool], what: str) -> Any:
        """The page of a lead once it is as it is waited for."""

        async def page() -> Any:
            answer = await self.manager.get(f"/leads/{id_of(name)}")
            return answer.json() if answer.status_code == 200 and until(answer.json()) else None

        return await eventually(page, what=f"lead {name}: {what}")

    async def rows(self, sql: str) -> list[Any]:
        async with self.service.runtime.engine.connect() as connection:
            return list((await connection.exec_driver_sql(sql)).all())

    async def count(self, sql: str, expected: int, *, seconds: float = 20) -> None:
        """Wait until this query counts as many."""

        async def counted() -> bool:
            return bool((await self.rows(sql))[0][0] == expected)

        await eventually(counted, what=f"{sql} is {expected}", seconds=seconds)


@pytest.fixture
async def sales_service(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Sales]:
    producer = AIOKafkaProducer(bootstrap_servers=infra.kafka_bootstrap)
    async with running(sales, database("sales"), infra) as service:
        await producer.start()
        rep, manager = service.client("sales_rep", subject="maria"), service.client("sales_manager", subject="victor")
        try:
            yield Sales(service, Others(producer), rep, manager)
        finally:
            await producer.stop()


@pytest.fixture
async def simulated(
    infra: Infra, database: Callable[[str], Database], tmp_path: Path
) -> AsyncIterator[tuple[Sales, Path]]:
    """The service on a clock that the test sets: a Monday morning, and the file that says so."""
    clock = tmp_path / "clock"
    write_clock(clock, MONDAY)
    producer = AIOKafkaProducer(bootstrap_servers=infra.kafka_bootstrap)
    async with running(sales, database("sales"), infra, settings={"clock_file": clock}) as service:
        await producer.start()
        try:
            rep, manager = (service.client(role, subject="victor") for role in ("sales_rep", "sales_manager"))
            yield Sales(service, Others(producer), rep, manager), clock
        finally:
            await producer.stop()
