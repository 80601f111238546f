"""Lets a test's consumers begin where the topics end, as if nothing had ever been published before."""

import asyncio
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

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
    await _await_empty(bootstrap, [consumer.group for consumer in consumers])
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
            await kafka.commit(ends)
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


async def _await_empty(bootstrap: str, groups: Sequence[str]) -> None:
    until = time.monotonic() + LEFT_WITHIN
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        while used := await _with_members(admin, groups):
            if time.monotonic() > until:
                raise GroupInUse(f"{', '.join(used)}: still has members after {LEFT_WITHIN:g} s; stop its consumers.")
            await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def _with_members(admin: AIOKafkaAdminClient, groups: Sequence[str]) -> list[str]:
    answers = await admin.describe_consumer_groups(list(groups)) if groups else []
    described = [group for answer in answers for group in answer.groups]
    return sorted(name for _error, name, state, *_ in described if state not in ("Empty", "Dead"))


async def _partitions(bootstrap: str, topics: Sequence[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics(list(topics))
    finally:
        await admin.close()
    return [TopicPartition(topic["topic"], part["partition"]) for topic in described for part in topic["partitions"]]
