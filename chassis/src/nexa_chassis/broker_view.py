"""What a broker says of itself and of some topics' logs, asked from outside and in bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import TopicPartition

_CLOSE_TIMEOUT = 1.0


@dataclass(frozen=True)
class BrokerView:
    """The cluster's id, which of the topics are missing, and the next offset of each partition of those that are there."""

    cluster_id: str
    missing: Sequence[str]
    ends: Mapping[tuple[str, int], int]


async def look(bootstrap: str, topics: Sequence[str], *, seconds: float) -> BrokerView:
    """Ask now. Raises aiokafka's KafkaError or TimeoutError where no broker answers within so many seconds."""
    limit = int(seconds * 1000)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=limit)
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap, request_timeout_ms=limit, retry_backoff_ms=20)
    try:
        async with asyncio.timeout(seconds):
            await admin.start()
            cluster_id = str((await admin.describe_cluster())["cluster_id"])
            found = {each["topic"]: each["partitions"] for each in await admin.describe_topics(list(topics))}
            places = [
                TopicPartition(topic, each["partition"]) for topic, partitions in found.items() for each in partitions
            ]
            await reader.start()
            ends = await reader.end_offsets(places) if places else {}
    finally:
        await asyncio.gather(close_bounded(admin.close(), _CLOSE_TIMEOUT), close_bounded(reader.stop(), _CLOSE_TIMEOUT))
    missing = [topic for topic in topics if not found.get(topic)]
    return BrokerView(cluster_id, missing, {(place.topic, place.partition): end for place, end in ends.items()})


async def close_bounded(closing: Any, seconds: float) -> None:
    """Await a client's end, but not for ever: without a broker some never come. What it raises tells nothing any more."""
    task = asyncio.ensure_future(closing)
    await asyncio.wait([task], timeout=seconds)
    if task.done():
        task.cancelled() or task.exception()
    else:
        task.cancel()
