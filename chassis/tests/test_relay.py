"""What the relay promises of a topic: every published event is there, and a stream's events are in order."""

import asyncio
import random
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from diary import Write
from diary_desk import Desk, an_origin, at_work, distinct, inversions, libpq, open_desk, relaying, write

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.event_codec import RECORD_LIMIT
from nexa_chassis.origin import Origin
from nexa_chassis.relay import LOCK_IDLE_LIMIT, Relay, lock_of, publish_again
from nexa_chassis.runtime import Runtime
from nexa_chassis.testing import eventually
from nexa_local.infra import Infra
from nexa_local.postgres import Database

WRITERS = 16
ROUNDS = 25


@pytest.fixture
async def desk(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Desk]:
    opened = await open_desk(infra, database)
    yield opened
    await opened.close()


async def outbox_is_empty(desk: Desk, seconds: float = 30) -> None:
    async def empty() -> bool:
        return not await desk.count("select count(*) from outbox")

    await eventually(empty, what="the outbox is empty", seconds=seconds)


async def committed(desk: Desk) -> set[tuple[str, int]]:
    return {
        (stream, version) for stream, version in await desk.rows("select stream, version from events where published")
    }


class ChangedItsMind(Exception):
    pass


async def a_writer(runtime: Runtime, diaries: list[UUID], seed: int) -> None:
    """Appends of one and of several events, over several streams, in slow transactions, and some that are rolled back."""
    chance = random.Random(seed)
    for number in range(ROUNDS):
        chosen = sorted(chance.sample(diaries, 3))
        entries = tuple(f"{seed}/{number}/{each}" for each in range(chance.choice([1, 1, 4, 9])))
        with suppress(
            ConcurrencyConflict, ChangedItsMind
        ):  # another writer was faster: then this one's entry is not made
            match chance.randrange(4):
                case 0:
                    await runtime.store.execute([Write(chosen[0], entries, secretly=True)], an_origin())
                case 1:
                    await runtime.store.execute([Write(each, entries) for each in chosen], an_origin())
                case way:
                    async with runtime.store.transaction(an_origin()) as tx:
                        await tx.execute([Write(each, entries) for each in chosen])
                        await asyncio.sleep(chance.random() * 0.03)
                        if way == 3:
                            raise ChangedItsMind


async def test_sixteen_writers_lose_no_event_and_no_stream_is_out_of_order_on_the_topic(desk: Desk) -> None:
    mine, other = desk.runtime(pool_size=20), desk.runtime(pool_size=20)
    diaries = [uuid4() for _ in range(100)]
    async with relaying(mine), relaying(other):
        await asyncio.gather(*(a_writer((mine, other)[each % 2], diaries, each) for each in range(WRITERS)))
        await outbox_is_empty(desk)
    entries = await desk.entries()
    expected = await committed(desk)
    assert len(expected) > WRITERS * ROUNDS
    assert distinct(entries) == expected
    assert inversions(entries) == []
    assert len(entries) == len(expected), "without a failure, nothing is sent twice"


async def test_a_write_transaction_left_open_in_this_or_another_database_delays_nothing(
    desk: Desk, database: Callable[[str], Database]
) -> None:
    elsewhere = database("elsewhere")
    runtime = desk.runtime()
    async with (
        await psycopg.AsyncConnection.connect(libpq(elsewhere.owner_url)) as foreign,
        runtime.store.transaction(an_origin()) as slow,
    ):
        await foreign.execute("create table held (id int)")
        await foreign.execute("insert into held select txid_current()")
        held = uuid4()
        await slow.execute([Write(held, ("not yet",))])
        async with relaying(runtime):
            await write(runtime, uuid4(), "at once")
            await outbox_is_empty(desk, seconds=2)
    async with relaying(runtime):
        await outbox_is_empty(desk)
    assert distinct(await desk.entries()) == await committed(desk)


async def test_a_commit_wakes_the_relay_of_its_own_process(desk: Desk) -> None:
    runtime = desk.runtime()
    async with relaying(runtime) as relay:
        await write(runtime, uuid4(), "first")
        await outbox_is_empty(desk)
        await asyncio.sleep(2.5)  # it polls once a second by now
        waits = []
        for _ in range(5):
            before, loop = relay.published, asyncio.get_running_loop()
            began = loop.time()
            await write(runtime, uuid4(), "now")
            while relay.published == before:
                await asyncio.sleep(0.001)
                assert loop.time() - began < 5, "the record was not acknowledged"
            waits.append(loop.time() - began)
            await asyncio.sleep(0.3)
    assert sorted(waits)[2] < 0.15, waits


async def test_a_record_carries_its_own_trace_and_names_its_place(desk: Desk) -> None:
    runtime = desk.runtime()
    traces = [f"00-{uuid4().hex}-00f067aa0ba902b7-01" for _ in range(3)]
    diary = uuid4()
    for trace in traces:
        origin = Origin(actor="maria", correlation_id="c-1", traceparent=trace)
        await runtime.store.execute([Write(diary, ("one", "two"), secretly=True)], origin)
    async with relaying(runtime):
        await outbox_is_empty(desk)
    entries = await desk.entries()
    assert [entry.headers["ce_traceparent"].decode() for entry in entries] == traces
    assert [orjson.loads(entry.value)["traceparent"] for entry in entries] == traces
    assert [(entry.version, entry.previous) for entry in entries] == [(1, None), (3, 1), (5, 3)]


async def test_the_largest_event_that_may_be_appended_is_published(desk: Desk) -> None:
    runtime = desk.runtime()
    for _ in range(3):
        await write(runtime, uuid4(), "x" * (RECORD_LIMIT - 4096))
    async with relaying(runtime):
        await outbox_is_empty(desk)
    assert all(len(entry.value) > RECORD_LIMIT - 4096 for entry in await desk.entries())


async def test_publishing_a_topic_again_sends_the_same_bytes_and_is_an_operators_act(desk: Desk) -> None:
    runtime = desk.runtime()
    diaries = [uuid4() for _ in range(5)]
    for each in diaries * 2:
        await write(runtime, each, "öffentlich", "leise", "laut", secretly=True)
    async with relaying(runtime):
        await outbox_is_empty(desk)
        before = await desk.entries()
        assert await publish_again(runtime, desk.topic, actor="operator:jo") == len(before) == 20
        await outbox_is_empty(desk)
    after = await desk.entries()
    first = {(entry.stream, entry.version): entry for entry in before}
    again = [entry for entry in after if entry not in before]
    assert {(entry.stream, entry.version): (entry.value, entry.headers) for entry in again} == {
        place: (entry.value, entry.headers) for place, entry in first.items()
    }
    assert await desk.rows("select actor, act, detail from operator_acts") == [("operator:jo", "republish", desk.topic)]


async def test_publishing_a_foreign_topic_again_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(LookupError, match=f"has no topic 'nexa.other.v1'; it has {desk.topic}"):
        await publish_again(desk.runtime(), "nexa.other.v1", actor="operator:jo")


async def test_an_acknowledged_offset_that_goes_back_fills_the_topic_again_and_is_an_alarm(desk: Desk) -> None:
    runtime = desk.runtime()
    diary = uuid4()
    async with relaying(runtime) as relay:
        await write(runtime, diary, "one", "two")
        await outbox_is_empty(desk)
        await pretend(desk, "update relay_acks set last_offset = last_offset + 1000")
        await write(runtime, diary, "three")
        await outbox_is_empty(desk)
        assert relay.published == 5
    entries = await desk.entries()
    assert [entry.version for entry in entries] == [1, 2, 3, 1, 2, 3]
    assert await desk.rows("select actor, act from operator_acts") == [("system:relay", "republish")]
    assert await desk.count("select max(last_offset) from relay_acks") == 5


async def test_a_log_that_ends_too_early_is_found_by_looking_though_nothing_is_sent(desk: Desk) -> None:
    runtime = desk.runtime()
    async with relaying(runtime, look_every=0.2) as relay:
        await write(runtime, uuid4(), "one", "two")
        await outbox_is_empty(desk)
        await pretend(desk, "update relay_acks set last_offset = last_offset + 1000")

        async def sent_again() -> bool:
            return relay.published == 4

        await eventually(sent_again, what="both events were sent again")


async def test_another_cluster_behind_the_address_gets_all_that_the_store_holds(desk: Desk) -> None:
    runtime = desk.runtime()
    async with relaying(runtime):
        await write(runtime, uuid4(), "one", "two")
        await outbox_is_empty(desk)
    await pretend(desk, "update relay_acks set cluster_id = 'the old one'")
    relay = Relay(desk.runtime())
    async with at_work(relay):

        async def sent_again() -> bool:
            return relay.published == 2 and relay.health().ready

        await eventually(sent_again, what="both events were sent again, and the relay is well")
    assert await desk.count("select count(*) from relay_acks where cluster_id = 'the old one'") == 0


async def test_a_relay_that_knew_the_cluster_before_asks_again_and_sends_nothing_twice_for_it(desk: Desk) -> None:
    """Another candidate has met the new cluster; this one still has its old id and a live producer."""
    runtime = desk.runtime()
    diary = uuid4()
    async with relaying(runtime) as relay:
        await write(runtime, diary, "one")
        await outbox_is_empty(desk)
        relay._cluster_id = "the old one"
        await write(runtime, diary, "two")
        await outbox_is_empty(desk)
    assert distinct(await desk.entries()) == await committed(desk)
    assert await desk.rows("select act from operator_acts") == []


async def test_a_paused_relay_is_replaced_within_seconds_and_first_occurrences_keep_their_order(desk: Desk) -> None:
    """The paused one holds the lock in the middle of a batch: it sent some records and cannot delete them."""
    runtime = desk.runtime()
    diaries = [uuid4() for _ in range(20)]

    async def lead() -> bool:
        return bool(await desk.count("select count(*) from relay_acks"))

    await write(runtime, diaries[0], "before")
    with desk.process("relay") as process:
        await eventually(lead, what="the process relays", seconds=30)
        await freeze_in_a_batch(desk, runtime, process, diaries)
        async with relaying(runtime):
            await outbox_is_empty(desk, seconds=float(LOCK_IDLE_LIMIT.removesuffix("s")) + 10)
            await write(runtime, diaries[0], "after")
            await outbox_is_empty(desk)
            process.send_signal(signal.SIGCONT)
            for each in diaries:
                await write(runtime, each, "much later")
            await outbox_is_empty(desk)
    entries = await desk.entries()
    assert distinct(entries) == await committed(desk)
    assert inversions(entries) == []


async def freeze_in_a_batch(
    desk: Desk, runtime: Runtime, process: subprocess.Popen[bytes], diaries: list[UUID]
) -> None:
    """Stop the process with SIGSTOP while it holds the relays' lock."""
    held = f"select count(*) from pg_locks where locktype = 'advisory' and objid = {lock_of(desk.name)}"
    while True:
        async with runtime.store.transaction(an_origin()) as tx:
            await tx.execute([Write(each, tuple(f"{number}" for number in range(100))) for each in diaries])
        while await desk.count("select count(*) from outbox"):
            process.send_signal(signal.SIGSTOP)
            if await desk.count(held) and await desk.count("select count(*) from outbox"):
                return
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.002)


async def pretend(desk: Desk, sql: str) -> None:
    async with await psycopg.AsyncConnection.connect(libpq(desk.owner_url), autocommit=True) as connection:
        await connection.execute(sql)
