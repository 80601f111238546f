"""What a real Kafka does to aiokafka's producer, and what ours makes of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from nexa_chassis.broker_view import look
from nexa_chassis.event_codec import Record
from nexa_chassis.producer import RelayProducer, SendFailed, back_off_on_failed_metadata, partition_of
from nexa_chassis.provisioning import TopicNotMade, ensure_topics
from nexa_chassis.settings import Settings
from nexa_chassis.testing import eventually
from nexa_local.infra import Infra
from nexa_local.kafka import KafkaBroker

TOPIC = "nexa.producing.thing.v1"


def settings(infra: Infra, **given: object) -> Settings:
    return Settings.model_validate({"database_url": "", "kafka_bootstrap": infra.kafka_bootstrap} | given)


def records(count: int, topic: str = TOPIC) -> list[Record]:
    return [Record(topic, f"{number}".encode(), b"{}", [("ce_type", b"x")]) for number in range(count)]


async def on_the_log(infra: Infra) -> int:
    return sum((await look(infra.kafka_bootstrap, [TOPIC], seconds=5)).ends.values())


async def answers(infra: Infra) -> bool:
    try:
        await look(infra.kafka_bootstrap, [TOPIC], seconds=2)
    except (KafkaError, TimeoutError):
        return False
    return True


@pytest.fixture
async def broker(own_infra: Infra) -> KafkaBroker:
    assert own_infra.kafka is not None, "these tests stop the broker, so it has to be theirs"
    await ensure_topics(settings(own_infra), [TOPIC])
    return own_infra.kafka


@pytest.fixture
async def producer(own_infra: Infra, broker: KafkaBroker) -> AsyncIterator[RelayProducer]:
    started = RelayProducer(own_infra.kafka_bootstrap, send_timeout=2)
    await started.start()
    await started.send(records(10))
    yield started
    await started.close()


async def test_a_send_fails_within_its_time_and_what_failed_is_never_delivered_later(
    own_infra: Infra, broker: KafkaBroker, producer: RelayProducer
) -> None:
    """aiokafka's own stop() hangs here, and its sender delivers when the broker is back, behind what was sent meanwhile."""
    kafka: Any = producer._kafka
    kafka._message_accumulator._batch_ttl = 60.0  # left to itself, it would try for a minute
    await asyncio.to_thread(broker.kill)
    began = time.monotonic()
    with pytest.raises(SendFailed):
        await producer.send(records(50))
    assert time.monotonic() - began < 4
    began = time.monotonic()
    await producer.close()
    assert time.monotonic() - began < 3
    await asyncio.to_thread(broker.start)

    async def up() -> bool:
        return await answers(own_infra)

    await eventually(up, what="the broker answers", seconds=30)
    heir = RelayProducer(own_infra.kafka_bootstrap, send_timeout=10)
    await heir.start()
    await heir.send(records(7))
    await asyncio.sleep(3)  # long enough for a sender that lives on
    await heir.close()
    assert await on_the_log(own_infra) == 10 + 7


async def test_a_sending_producer_does_not_spin_while_its_only_broker_is_stopped(
    own_infra: Infra, broker: KafkaBroker
) -> None:
    """A broker that stops in order says "no leader" to who sends meanwhile; without the pause that took 72 % of a core."""
    producer = RelayProducer(own_infra.kafka_bootstrap, send_timeout=8)
    await producer.start()

    async def keep_sending() -> None:
        while True:
            await producer.send(records(20))
            await asyncio.sleep(0.005)

    sending = asyncio.create_task(keep_sending())
    await asyncio.sleep(0.3)
    await asyncio.to_thread(broker.stop)
    began, used = time.monotonic(), time.process_time()
    await asyncio.sleep(4)
    share = (time.process_time() - used) / (time.monotonic() - began)
    with pytest.raises(SendFailed):
        await sending
    await producer.close()
    assert share < 0.3


async def test_a_producer_says_soon_that_there_is_no_broker(own_infra: Infra, broker: KafkaBroker) -> None:
    await asyncio.to_thread(broker.stop)
    began = time.monotonic()
    with pytest.raises((KafkaError, TimeoutError)):
        await RelayProducer(own_infra.kafka_bootstrap, send_timeout=2).start()
    with pytest.raises((KafkaError, TimeoutError)):
        await look(own_infra.kafka_bootstrap, [TOPIC], seconds=2)
    assert time.monotonic() - began < 9


async def test_a_restarted_broker_is_met_again_by_the_same_producer(
    own_infra: Infra, broker: KafkaBroker, producer: RelayProducer
) -> None:
    await asyncio.to_thread(broker.stop)
    await asyncio.to_thread(broker.start)

    async def sent() -> bool:
        try:
            await producer.send(records(5))
        except SendFailed:
            return False
        return True

    await eventually(sent, what="records are taken again", seconds=30)


async def test_a_missing_topic_fails_the_send_in_time(infra: Infra) -> None:
    producer = RelayProducer(infra.kafka_bootstrap, send_timeout=1)
    await producer.start()
    began = time.monotonic()
    with pytest.raises(SendFailed):
        await producer.send(records(3, topic="nexa.producing.nothing.v1"))
    await producer.close()
    assert time.monotonic() - began < 4


async def test_a_wiped_broker_gives_no_error_but_another_cluster_and_a_shorter_log(
    own_infra: Infra, broker: KafkaBroker, producer: RelayProducer
) -> None:
    """Why the relay keeps the last acknowledged offsets: the producer notices nothing."""
    before = await look(own_infra.kafka_bootstrap, [TOPIC], seconds=5)
    await asyncio.to_thread(broker.stop)
    broker.wipe()
    await asyncio.to_thread(broker.start)
    empty = await look(own_infra.kafka_bootstrap, [TOPIC], seconds=10)
    assert (empty.missing, empty.ends) == ([TOPIC], {})
    assert empty.cluster_id != before.cluster_id
    await ensure_topics(settings(own_infra), [TOPIC])

    async def sent() -> bool:
        try:
            acks = await producer.send(records(10))
        except SendFailed:
            return False
        return bool(min(ack.offset for ack in acks) == 0)

    await eventually(sent, what="the same producer sends to the topic made anew, from offset 0", seconds=20)


async def test_topics_are_made_with_the_wanted_partitions_and_kept_for_ever(infra: Infra) -> None:
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    topic = "nexa.producing.kept.v1"
    for _ in range(2):  # making it again is no error
        await ensure_topics(settings(infra, topic_partitions=3), [topic])
    view = await look(infra.kafka_bootstrap, [topic], seconds=5)
    assert view.ends == {(topic, each): 0 for each in range(3)}
    admin = AIOKafkaAdminClient(bootstrap_servers=infra.kafka_bootstrap)
    await admin.start()
    [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    await admin.close()
    configured = {entry[0]: entry[1] for _, _, _, _, entries in answer.resources for entry in entries}
    assert configured["cleanup.policy"] == "delete"
    assert configured["retention.ms"] == configured["retention.bytes"] == "-1"


async def test_a_topic_that_the_broker_refuses_is_named_with_its_reason(infra: Infra) -> None:
    with pytest.raises(TopicNotMade, match="not a topic: InvalidTopicError"):
        await ensure_topics(settings(infra), ["not a topic"])


@given(st.binary(min_size=1, max_size=60), st.integers(1, 64))
def test_a_key_has_the_partition_that_kafkas_own_tools_would_choose(key: bytes, partitions: int) -> None:
    every = list(range(partitions))
    assert partition_of(key, every, every) == DefaultPartitioner()(key, every, every)


async def test_the_pause_after_a_failed_metadata_update_leaves_good_ones_alone() -> None:
    class Client:
        answer = True

        async def _metadata_update(self, *arguments: object) -> bool:
            return self.answer

    client = Client()
    back_off_on_failed_metadata(client)
    began = time.monotonic()
    assert await client._metadata_update()
    assert time.monotonic() - began < 0.1
    client.answer = False
    assert not await client._metadata_update()
    assert time.monotonic() - began > 0.15
