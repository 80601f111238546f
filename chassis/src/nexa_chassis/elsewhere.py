"""What other services say, for the tests of one service: their events stand on their topics, as they would publish them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer

from nexa_chassis.running import Addresses
from nexa_contracts.envelope import Event
from nexa_contracts.topics import topic_of


@dataclass
class OtherServices:
    """Publishes events as the next ones of their streams."""

    producer: AIOKafkaProducer
    versions: dict[str, int] = field(default_factory=dict)

    async def say(self, *events: Event, time: datetime | None = None) -> None:
        """Publish these in order, as having happened at `time` (now unless given)."""
        sent = [await self.producer.send(*self.record(event, time)) for event in events]
        await asyncio.gather(*sent)

    def record(self, event: Event, time: datetime | None = None) -> tuple[str, bytes, bytes]:
        """Topic, value and key of the event as the next one of its stream; sent again it is a duplicate."""
        topic = topic_of(type(event))
        key = str(getattr(event, topic.key))
        subject = f"{topic.aggregate}-{key}"
        version = self.versions[subject] = self.versions.get(subject, 0) + 1
        now = datetime.now(UTC)
        envelope = {
            "specversion": "1.0",
            "id": f"{subject}@{version}",
            "source": f"/nexa/{topic.service}",
            "type": topic.type_of(type(event)),
            "subject": subject,
            "time": (time or now).isoformat(),
            "recordedtime": now.isoformat(),
            "datacontenttype": "application/json",
            "streamversion": version,
            **({"prevversion": version - 1} if version > 1 else {}),
            "correlationid": "test",
            "actor": "test",
            "data": event.model_dump(mode="json"),
        }
        return topic.name, json.dumps(envelope).encode(), key.encode()


@asynccontextmanager
async def other_services(infra: Addresses) -> AsyncIterator[OtherServices]:
    """Other services on this broker, for the length of a block."""
    producer = AIOKafkaProducer(bootstrap_servers=infra.kafka_bootstrap)
    await producer.start()
    try:
        yield OtherServices(producer)
    finally:
        await producer.stop()
