"""The broker is stopped, killed, wiped, and its topic deleted, while events are written: the topic is whole in the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from diary_desk import Desk, distinct, inversions, open_desk, relaying, write

from nexa_chassis.relay import Relay
from nexa_chassis.runtime import Runtime
from nexa_chassis.testing import eventually
from nexa_local.infra import Infra
from nexa_local.kafka import KafkaBroker
from nexa_local.postgres import Database, create_database


@pytest.fixture
def own_database(own_infra: Infra) -> Callable[[str], Database]:
    return lambda name: create_database(own_infra.postgres_admin_url, f"{name}_{uuid4().hex[:8]}")


@pytest.fixture
async def desk(own_infra: Infra, own_database: Callable[[str], Database]) -> AsyncIterator[Desk]:
    opened = await open_desk(own_infra, own_database)
    yield opened
    await opened.close()


@pytest.fixture
def broker(own_infra: Infra) -> KafkaBroker:
    assert own_infra.kafka is not None, "these tests stop the broker, so it has to be theirs"
    return own_infra.kafka


@asynccontextmanager
async def load(runtime: Runtime, diaries: list[UUID]) -> AsyncIterator[None]:
    """About two hundred events a second, until the block ends."""
    stopping = asyncio.Event()

    async def keep_writing() -> None:
        number = 0
        while not stopping.is_set():
            await write(runtime, diaries[number % len(diaries)], f"{number}", "and", "more", secretly=True)
            number += 1
            await asyncio.sleep(0.01)

    task = asyncio.create_task(keep_writing())
    try:
        yield
    finally:
        stopping.set()
        await task


async def whole(desk: Desk) -> None:
    """The topic holds every published event, and each stream's in order."""

    async def empty() -> bool:
        return not await desk.count("select count(*) from outbox")

    await eventually(empty, what="the outbox is empty", seconds=40)
    rows = await desk.rows("select stream, version from events where published")
    entries = await desk.entries()
    missing = {(stream, version) for stream, version in rows} - distinct(entries)
    assert not missing, f"{len(missing)} of {len(rows)} events are not on the topic"
    assert inversions(entries) == []


async def more_published(relay: Relay) -> None:
    before = relay.published

    async def more() -> bool:
        return relay.published > before

    await eventually(more, what="records are acknowledged again", seconds=40)


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_broker_that_goes_and_comes_back_under_load_costs_nothing(
    desk: Desk, broker: KafkaBroker, how: str
) -> None:
    """Nothing is lost, the commands go on meanwhile, nothing spins, and nobody restarts anything."""
    runtime = desk.runtime()
    diaries = [uuid4() for _ in range(20)]
    async with relaying(runtime) as relay:
        async with load(runtime, diaries):
            await more_published(relay)
            await asyncio.to_thread(getattr(broker, how))
            began, used = time.monotonic(), time.process_time()
            written = await desk.count("select count(*) from events")
            await asyncio.sleep(8)  # longer than a send's time limit
            assert (time.process_time() - used) / (time.monotonic() - began) < 0.7
            assert await desk.count("select count(*) from events") > written + 100
            assert "broker does not take records" in relay.health().reason
            await asyncio.to_thread(broker.start)
            await more_published(relay)
        await whole(desk)
        assert relay.health().ready


async def test_a_wiped_broker_is_found_and_filled_again(desk: Desk, broker: KafkaBroker) -> None:
    runtime = desk.runtime()
    diaries = [uuid4() for _ in range(20)]
    async with relaying(runtime, look_every=1.0) as relay:
        async with load(runtime, diaries):
            await more_published(relay)
            await asyncio.to_thread(broker.stop)
            broker.wipe()
            await asyncio.to_thread(broker.start)
            await more_published(relay)
        await whole(desk)
    assert ("system:relay", "republish") in await desk.rows("select actor, act from operator_acts")


async def test_a_deleted_topic_is_made_again_and_filled_though_nothing_more_is_written(desk: Desk) -> None:
    runtime = desk.runtime()
    async with relaying(runtime, look_every=0.5) as relay:
        for _ in range(30):
            await write(runtime, uuid4(), "one", "two")
        await whole(desk)
        admin = AIOKafkaAdminClient(bootstrap_servers=desk.settings.kafka_bootstrap)
        await admin.start()
        await admin.delete_topics([desk.topic])
        await admin.close()

        async def sent_again() -> bool:
            return relay.published == 120

        await eventually(sent_again, what="all sixty events were sent again", seconds=40)
        await whole(desk)
    assert len(await desk.entries()) == 60


async def test_a_relay_stops_in_time_while_the_broker_is_away(desk: Desk, broker: KafkaBroker) -> None:
    runtime = desk.runtime()
    async with relaying(runtime) as relay:
        await write(runtime, uuid4(), "one")
        await whole(desk)
        await asyncio.to_thread(broker.stop)
        await write(runtime, uuid4(), "two")

        async def in_trouble() -> bool:
            return not relay.health().ready

        await eventually(in_trouble, what="the relay says that it is in trouble")
        began = time.monotonic()
    assert time.monotonic() - began < 10
