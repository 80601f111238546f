"""Lets a test's consumers begin where the topics end, as if nothing had ever been published before."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from nexa_chassis.consumer import Consumer, cluster_id
from nexa_chassis.runtime import Runtime
from nexa_chassis.schema import handled_offsets


async def pass_over_history(runtime: Runtime, consumers: Sequence[Consumer]) -> None:
    """Let the consumers begin at the end of their topics: the broker is shared by the tests, the database is not."""
    cluster = await cluster_id(runtime.settings.kafka_bootstrap)
    for consumer in consumers:
        places = await _partitions(runtime.settings.kafka_bootstrap, consumer.topics)
        kafka = AIOKafkaConsumer(
            bootstrap_servers=runtime.settings.kafka_bootstrap,
            group_id=f"nexa-{consumer.name}",
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


async def _partitions(bootstrap: str, topics: Sequence[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics(list(topics))
    finally:
        await admin.close()
    return [TopicPartition(topic["topic"], part["partition"]) for topic in described for part in topic["partitions"]]
