"""What a broker says from outside of a consumer: which cluster it is, where logs end, and so how far behind a consumer is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from nexa_chassis.schema import handled_offsets

BROKER_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Handled:
    """Where a consumer goes on in a partition, and of which cluster's log that is an offset."""

    next_offset: int
    cluster_id: str


class LogEnds:
    """Asks the broker where logs end, on a connection of its own: on a consumer's, the answer waits behind its long poll."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._turn = asyncio.Lock()
        self._kafka: AIOKafkaConsumer | None = None

    async def of(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each place. Raises what an absent broker raises, within seconds."""
        async with self._turn:
            try:
                async with asyncio.timeout(BROKER_TIMEOUT):
                    if self._kafka is None:
                        self._kafka = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, metadata_max_age_ms=3_000)
                        await self._kafka.start()
                    ends: dict[TopicPartition, int] = await self._kafka.end_offsets(list(places))
                    return ends
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        """Let go of the connection; the next question opens one again."""
        kafka, self._kafka = self._kafka, None
        if kafka is not None:
            with suppress(Exception):
                await asyncio.wait_for(kafka.stop(), BROKER_TIMEOUT)


async def cluster_id(bootstrap: str) -> str:
    """The id of the cluster behind an address; a wiped broker has another."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        async with asyncio.timeout(BROKER_TIMEOUT):
            await admin.start()
            return str((await admin.describe_cluster())["cluster_id"])
    finally:
        with suppress(Exception):
            await asyncio.wait_for(admin.close(), BROKER_TIMEOUT)


async def partitions_of(bootstrap: str, topics: Sequence[str]) -> list[TopicPartition]:
    """The partitions of those of the topics that exist."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        async with asyncio.timeout(BROKER_TIMEOUT):
            await admin.start()
            described = await admin.describe_topics(list(topics))
    finally:
        with suppress(Exception):
            await asyncio.wait_for(admin.close(), BROKER_TIMEOUT)
    return [TopicPartition(topic["topic"], part["partition"]) for topic in described for part in topic["partitions"]]


async def handled_of(engine: AsyncEngine, consumer: str) -> Mapping[TopicPartition, Handled]:
    """What the database knows of a consumer's partitions."""
    columns = handled_offsets.c
    query = select(columns.topic, columns.partition, columns.next_offset, columns.cluster_id)
    async with engine.connect() as connection:
        rows = (await connection.execute(query.where(columns.consumer == consumer))).all()
    return {TopicPartition(row.topic, row.partition): Handled(row.next_offset, row.cluster_id) for row in rows}


async def lag_over(ends: LogEnds, engine: AsyncEngine, consumer: str, places: Sequence[TopicPartition]) -> int:
    """How many records of these partitions the consumer has not handled."""
    last = await ends.of(places) if places else {}
    handled = await handled_of(engine, consumer)
    return sum(max(0, end - (handled[place].next_offset if place in handled else 0)) for place, end in last.items())
