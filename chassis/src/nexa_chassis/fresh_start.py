"""Lets a test's consumers begin where the topics end, as if nothing had ever been published before."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError

from nexa_chassis.consumer import Consumer, cluster_id
from nexa_chassis.runtime import Runtime
from nexa_chassis.schema import handled_offsets

LEFT_WITHIN = 30.0
"""Seconds for a group to be without members; one that was killed is in it until its session of ten seconds runs out."""


class GroupInUse(Exception):
    """A consumer group still has members, so its offsets cannot be moved from outside."""


async def pass_over_history(runtime: Runtime, consumers: Sequence[Consumer]) -> None:
    """Let the consumers begin at the end of their topics: the broker is shared by the tests, the database is not.

    Waits for members that an earlier test killed; raises GroupInUse where a group's members do not go.
    """
    bootstrap = runtime.settings.kafka_bootstrap
    cluster = await cluster_id(bootstrap)
    for consumer in consumers:
        places = await _partitions(bootstrap, consumer.topics)
        kafka = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=consumer.group,
            enable_auto_commit=False,
        )
        await kafka.start()
        try:
            kafka.assign(places)
            ends = await kafka.end_offsets(places)
            await _move(kafka, consumer.group, ends)
        finally:
            await kafka.stop()
        async with runtime.engine.begin() as connection:
            await connection.execute(
                handled_offsets.insert(),
                [
                    {
                        "consumer": consumer.name,
                        "topic": place.topic,
                        "partition": place.partition,
                        "next_offset": end,
                        "cluster_id": cluster,
                    }
                    for place, end in ends.items()
                ],
            )


async def _move(kafka: AIOKafkaConsumer, group: str, offsets: Mapping[TopicPartition, int]) -> None:
    """Commit from outside of the group, which is refused as long as it has members."""
    until = time.monotonic() + LEFT_WITHIN
    while True:
        try:
            await kafka.commit(offsets)
            return
        except CommitFailedError as error:
            if time.monotonic() > until:
                raise GroupInUse(f"{group} still has members after {LEFT_WITHIN:g} s; stop its consumers.") from error
        await asyncio.sleep(0.5)


async def _partitions(bootstrap: str, topics: Sequence[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics(list(topics))
    finally:
        await admin.close()
    return [TopicPartition(topic["topic"], part["partition"]) for topic in described for part in topic["partitions"]]
