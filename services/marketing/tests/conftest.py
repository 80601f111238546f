"""A running marketing service for the tests that need one, and what they do with it again and again."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from nexa_chassis.provisioning import ensure_topics
from nexa_chassis.running import RunningService, eventually, running
from nexa_chassis.settings import Settings
from nexa_contracts.envelope import Event
from nexa_contracts.topics import ASSIGNMENT, DEAL, LEAD_SCORE, topic_of
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_marketing.app import marketing

CAMPAIGN = {
    "name": "Q4 Product Webinar",
    "type": "webinar",
    "start_date": "2025-11-15",
    "goal": "Generate 100 qualified leads",
    "budget": 5000,
    "target_audience": "Enterprise IT Managers",
    "source_label": "Webinar Q4",
}


@dataclass
class Marketing:
    """The service and a client of it."""

    service: RunningService
    client: httpx.AsyncClient

    async def ask(self, method: str, path: str, status: int = 200, **given: Any) -> Any:
        """The JSON that a request is answered with; fails unless the status is the expected one."""
        answer = await self.client.request(method, path, **given)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def campaign(self, **changes: object) -> UUID:
        made = await self.ask("POST", "/campaigns", 201, json=CAMPAIGN | changes)
        return UUID(made["campaign_id"])

    async def upload(self, campaign_id: UUID, data: bytes, **opening: object) -> UUID:
        body = {"campaign_id": str(campaign_id), "filename": "leads.csv", **opening}
        opened = await self.ask("POST", "/imports", 201, json=body)
        await self.ask("PUT", opened["upload"], content=data)
        return UUID(opened["import_id"])

    async def start(self, import_id: UUID, **choices: object) -> None:
        await self.ask("POST", f"/imports/{import_id}/start", 202, json=choices)

    async def ended(self, import_id: UUID, *, seconds: float = 30) -> Any:
        """The import once no job of it is running."""

        async def finished() -> Any:
            stand = await self.ask("GET", f"/imports/{import_id}")
            return None if stand["status"] == "running" else stand

        return await eventually(finished, what=f"import {import_id} comes to its end", seconds=seconds, every=0.1)

    async def imported(self, campaign_id: UUID, data: bytes, *, dry_run: bool = False, **opening: object) -> Any:
        """The counts of an import of these bytes, from the upload to its end."""
        import_id = await self.upload(campaign_id, data, **opening)
        await self.start(import_id, dry_run=dry_run)
        return await self.ended(import_id)


@pytest.fixture
def marketing_of() -> Callable[[RunningService], Marketing]:
    """What tests do with a service that they started themselves."""
    return lambda service: Marketing(service, service.client("marketing_user"))


@pytest.fixture
async def marketing_service(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Marketing]:
    async with running(marketing, database("marketing"), infra, roles=("serve", "relay", "tick")) as service:
        yield Marketing(service, service.client("marketing_user"))


@dataclass
class Others:
    """Scoring and sales, as far as their topics show them."""

    producer: AIOKafkaProducer
    versions: dict[str, int] = field(default_factory=dict)

    async def say(self, event: Event) -> None:
        """Publish this event on its topic, as the next one of its stream."""
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
        await self.producer.send_and_wait(topic.name, json.dumps(envelope).encode(), key=key.encode())


@pytest.fixture
async def others(infra: Infra) -> AsyncIterator[Others]:
    settings = Settings(database_url="postgresql://nobody@localhost/none", kafka_bootstrap=infra.kafka_bootstrap)
    await ensure_topics(settings, [topic.name for topic in (LEAD_SCORE, ASSIGNMENT, DEAL)])
    producer = AIOKafkaProducer(bootstrap_servers=infra.kafka_bootstrap)
    await producer.start()
    yield Others(producer)
    await producer.stop()


@pytest.fixture
async def whole_service(
    infra: Infra, database: Callable[[str], Database], others: Others, marketing_of: Callable[..., Any]
) -> AsyncIterator[Any]:
    async with running(marketing, database("marketing"), infra) as service:
        yield marketing_of(service)
