"""Processes killed, members that lose their partitions, brokers and databases that go and come back: every effect once."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.protocol.group import LeaveGroupRequest
from canteen import CURED
from canteen_desk import Desk, Order, a_canteen, consuming
from sqlalchemy.exc import InternalError

from nexa_chassis import batch, consumer
from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.consumer import LOGS_LOST, Consumer, consumers_of
from nexa_chassis.consuming_rows import LostPartition
from nexa_chassis.decoding import decode_parts
from nexa_chassis.engines import create_engine
from nexa_chassis.fresh_start import pass_over_history
from nexa_chassis.handlers import ReactionHandler
from nexa_chassis.provisioning import ensure_topics
from nexa_chassis.testing import eventually
from nexa_chassis.watermarks import Candidate
from nexa_local.infra import Infra

TABLES = 50
ORDERS = 20


@pytest.fixture
async def canteen(infra: Infra) -> AsyncIterator[Desk]:
    CURED.clear()
    async with a_canteen(infra, "serve_orders") as desk:
        yield desk


@pytest.fixture
async def own_canteen(own_infra: Infra) -> AsyncIterator[Desk]:
    CURED.clear()
    async with a_canteen(own_infra, "serve_orders", "what_is_ordered") as desk:
        yield desk


def an_evening(desk: Desk) -> list[Order]:
    tables = [uuid4() for _ in range(TABLES)]
    return [desk.order(table, version) for version in range(1, ORDERS + 1) for table in tables]


async def everything_once(desk: Desk, evening: Sequence[Order], seconds: float = 60) -> None:
    """All of it is handled, and nothing of it twice."""
    await desk.all_handled(seconds=seconds)
    assert len(await desk.served()) == len(evening)
    if "what_is_ordered" in desk.consumed:
        assert await desk.ordered() == {"soup": len(evening)}
    assert await desk.parked() == []


async def some_are_served(desk: Desk, count: int) -> None:
    async def so_many() -> bool:
        return len(await desk.served()) >= count

    await eventually(so_many, what=f"{count} dishes are served", seconds=60)


async def killed(process: subprocess.Popen[bytes]) -> None:
    async def gone() -> bool:
        return process.poll() is not None

    await eventually(gone, what="the process comes to its failpoint", seconds=40, every=0.1)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("place", ["consumer.after_effect_before_offset", "consumer.after_offset"])
async def test_a_process_killed_between_effect_and_offset_has_no_effect_twice(canteen: Desk, place: str) -> None:
    evening = an_evening(canteen)
    third = len(evening) // 3
    for part in (evening[:third], evening[third : 2 * third]):
        await canteen.send(*part)
        with canteen.process(NEXA_FAILPOINT=place) as process:
            await killed(process)
    assert 0 < len(await canteen.served()) <= 2 * third
    await canteen.send(*evening[2 * third :])
    async with consuming(canteen.runtime()):
        await everything_once(canteen, evening)


async def test_a_member_that_finds_its_watermarks_moved_rolls_back_and_then_skips(
    canteen: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other member commits the same batch between this one's reading and its writing."""
    table = uuid4()
    orders = [canteen.order(table, version) for version in (1, 2, 3)]
    candidates = [
        Candidate(decode_parts((each.topic, 0, offset), each.key, each.value, ())) for offset, each in enumerate(orders)
    ]
    [one], [other] = consumers_of(canteen.runtime()), consumers_of(canteen.runtime())
    load = batch.load_ledger

    async def and_then_the_other(*arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(batch, "load_ledger", load)
        ledger = await load(*arguments, **more)
        await other._batches.handle(candidates, {(canteen.tables, 0): 3}, "cluster")
        return ledger

    monkeypatch.setattr(batch, "load_ledger", and_then_the_other)
    with pytest.raises(LostPartition):
        await one._batches.handle(candidates, {(canteen.tables, 0): 3}, "cluster")
    assert len(await canteen.served()) == 3
    await one._batches.handle(candidates, {(canteen.tables, 0): 3}, "cluster")
    assert len(await canteen.served()) == 3


async def test_a_member_frozen_beyond_its_session_has_no_effect_twice_when_it_thaws(canteen: Desk) -> None:
    evening = an_evening(canteen)
    await canteen.send(*evening[:200])
    with canteen.process(NEXA_IDLE_TRANSACTION_TIMEOUT="5") as process:
        await some_are_served(canteen, 1)
        await canteen.send(*evening[200:500])
        process.send_signal(signal.SIGSTOP)
        await canteen.send(*evening[500:])
        async with consuming(canteen.runtime()):
            await everything_once(canteen, evening)
            process.send_signal(signal.SIGCONT)
            more = an_evening(canteen)
            await canteen.send(*more)
            await everything_once(canteen, [*evening, *more])


async def test_a_member_frozen_in_the_midst_of_its_transaction_holds_up_nobody(canteen: Desk) -> None:
    evening = an_evening(canteen)
    await canteen.send(*evening)
    frozen = create_engine(canteen.settings.model_copy(update={"idle_transaction_timeout": 2}))
    held = await frozen.connect()
    await held.exec_driver_sql(
        "insert into handled_offsets (consumer, topic, partition, next_offset, cluster_id) values "
        f"('{canteen.consumer()}', '{canteen.tables}', 0, 0, '')"
    )
    async with consuming(canteen.runtime()):
        await everything_once(canteen, evening)
    with pytest.raises(InternalError, match="idle-in-transaction"):
        await held.commit()
    await held.invalidate()
    await held.close()
    await frozen.dispose()


async def test_a_member_that_the_group_removed_in_the_midst_of_a_batch_joins_again_and_has_no_effect_twice(
    canteen: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a session that ran out: the effects are committed, the offsets are refused at first."""
    commit, to_be_removed = Consumer._commit_handled, False

    async def once_removed(self: Consumer) -> None:
        nonlocal to_be_removed
        if to_be_removed and self._uncommitted:
            to_be_removed = False
            coordinator = self._kafka._coordinator
            await coordinator._send_req(LeaveGroupRequest(coordinator.group_id, coordinator.member_id))
        await commit(self)

    monkeypatch.setattr(Consumer, "_commit_handled", once_removed)
    evening = an_evening(canteen)
    first, second = evening[:500], evening[500:]
    await canteen.send(*first)
    async with consuming(canteen.runtime()):
        await everything_once(canteen, first)
        await eventually(lambda: _all_committed(canteen, first), what="the offsets of the first half are committed")
        to_be_removed = True
        await canteen.send(*second)
        await everything_once(canteen, evening)
        await eventually(lambda: _all_committed(canteen, evening), what="the offsets of all of it are committed")
    assert not to_be_removed


async def _all_committed(canteen: Desk, orders: Sequence[Order]) -> bool:
    return await canteen.committed() == len(orders)


async def test_a_membership_given_up_in_the_midst_of_a_batch_leaves_the_group(
    canteen: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch hangs, as on a database that does not answer."""
    handle, hanging = batch.BatchHandler.handle, asyncio.Event()

    async def hangs_once(self: batch.BatchHandler, *arguments: Any) -> None:
        if not hanging.is_set():
            hanging.set()
            await asyncio.Event().wait()
        await handle(self, *arguments)

    monkeypatch.setattr(batch.BatchHandler, "handle", hangs_once)
    evening = an_evening(canteen)
    async with consuming(canteen.runtime()) as [only]:
        await canteen.send(*evening)
        await asyncio.wait_for(hanging.wait(), 30)
        only._broken = "its log was begun anew"
        await eventually(lambda: _so(only._kafka is None), what="the membership is given up")
        await eventually(lambda: _so(only.assigned == 4), what="the next membership has all partitions")
        await everything_once(canteen, evening)


async def _so(value: bool) -> bool:
    return value


async def test_what_begins_anew_waits_until_the_killed_have_left_the_group(canteen: Desk) -> None:
    evening = an_evening(canteen)
    await canteen.send(*evening)
    with canteen.process():
        await some_are_served(canteen, 1)
    served = len(await canteen.served())
    await canteen.act("delete from handled_offsets")
    runtime = canteen.runtime()
    await pass_over_history(runtime, consumers_of(runtime))
    assert await canteen.committed() == len(evening)
    async with consuming(runtime):
        await canteen.send(canteen.order(uuid4(), 1, dish="cake"))
        await canteen.all_handled()
    assert len(await canteen.served()) == served + 1


async def test_partitions_move_between_members_in_the_midst_of_slow_batches_without_a_second_reading(
    canteen: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "MOST_RECORDS", 40)
    write = Consumer._commit

    async def slowly(self: Consumer, records: Any) -> None:
        await asyncio.sleep(0.4)
        await write(self, records)

    monkeypatch.setattr(Consumer, "_commit", slowly)
    evening = an_evening(canteen)
    await canteen.send(*evening)
    async with consuming(canteen.runtime()) as [first]:
        await some_are_served(canteen, 1)
        async with consuming(canteen.runtime()) as [second]:
            await everything_once(canteen, evening)
            assert first.handled > 0
            assert second.handled > 0
    assert first.handled + second.handled == len(evening)


async def test_a_conflict_retries_the_batch_and_parks_nothing(canteen: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plate is served by somebody else between the batch's reading and its writing."""
    table = uuid4()
    handle, calls = ReactionHandler.finish, 0

    async def at_the_same_time(self: ReactionHandler, tx: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ConcurrencyConflict("plate-1")
        await handle(self, tx)

    monkeypatch.setattr(ReactionHandler, "finish", at_the_same_time)
    await canteen.send(canteen.order(table, 1))
    async with consuming(canteen.runtime()):
        await everything_once(canteen, [canteen.order(table, 1)])
    assert calls == 2


async def test_a_member_without_partitions_says_so(canteen: Desk) -> None:
    stopping = asyncio.Event()
    async with consuming(canteen.runtime()) as [first]:
        others = [consumers_of(canteen.runtime())[0] for _ in range(4)]
        tasks = [asyncio.create_task(each.run(stopping)) for each in others]

        async def idle() -> bool:
            return "no partitions are assigned" in {each.health().reason for each in (first, *others)}

        try:
            await eventually(idle, what="the fifth member of a topic of four partitions is not ready", seconds=60)
        finally:
            stopping.set()
            await asyncio.gather(*tasks)


async def test_a_broker_that_goes_and_comes_back_costs_nothing_but_time(own_infra: Infra, own_canteen: Desk) -> None:
    kafka = own_infra.kafka
    assert kafka is not None
    evening = an_evening(own_canteen)
    await own_canteen.send(*evening[:500])
    async with consuming(own_canteen.runtime()) as consumers:
        await some_are_served(own_canteen, 1)
        await asyncio.to_thread(kafka.stop)

        async def noticed() -> bool:
            return all("does not answer" in each.health().reason for each in consumers)

        await eventually(noticed, what="the consumers say that the broker is away", seconds=30)
        await asyncio.to_thread(kafka.start)
        await own_canteen.send(*evening[500:])
        await everything_once(own_canteen, evening)
        await eventually(lambda: all_ready(consumers), what="the consumers are ready again")
        await asyncio.to_thread(kafka.kill)
        await asyncio.to_thread(kafka.start)
        more = an_evening(own_canteen)
        await own_canteen.send(*more)
        await everything_once(own_canteen, [*evening, *more])


async def all_ready(consumers: Sequence[Consumer]) -> bool:
    assert not [each.health().reason for each in consumers if not each.health().ready]
    return True


async def test_a_database_that_restarts_under_load_costs_nothing_but_time(own_infra: Infra, own_canteen: Desk) -> None:
    postgres = own_infra.postgres
    assert postgres is not None
    evening = an_evening(own_canteen)
    async with consuming(own_canteen.runtime()) as consumers:
        for restart, part in enumerate((evening[:300], evening[300:600], evening[600:])):
            await own_canteen.send(*part)
            if restart < 2:
                await asyncio.to_thread(postgres.kill if restart else postgres.stop)
                await asyncio.to_thread(postgres.start)
        await everything_once(own_canteen, evening)
        await eventually(lambda: all_ready(consumers), what="the consumers are ready")


async def test_a_database_that_stays_away_is_told_as_a_batch_that_gets_nowhere(
    own_infra: Infra, own_canteen: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "STUCK_AFTER", 1.0)
    postgres = own_infra.postgres
    assert postgres is not None
    evening = an_evening(own_canteen)
    async with consuming(own_canteen.runtime()) as consumers:
        await asyncio.to_thread(postgres.stop)
        await own_canteen.send(*evening)

        async def stuck() -> bool:
            return all("at the same batch" in each.health().reason for each in consumers)

        await eventually(stuck, what="the consumers say that they are stuck", seconds=30)
        await asyncio.to_thread(postgres.start)
        await everything_once(own_canteen, evening)


async def test_a_log_that_was_wiped_is_alarmed_and_read_again_without_a_second_effect(
    own_infra: Infra, own_canteen: Desk
) -> None:
    kafka = own_infra.kafka
    assert kafka is not None
    evening = an_evening(own_canteen)
    await own_canteen.send(*evening[:600])
    label = LOGS_LOST.labels(own_canteen.name, own_canteen.consumer())
    async with consuming(own_canteen.runtime()) as consumers:
        await everything_once(own_canteen, evening[:600])
        await asyncio.to_thread(kafka.stop)
        kafka.wipe()
        await asyncio.to_thread(kafka.start)
        await ensure_topics(own_canteen.settings, [own_canteen.tables, own_canteen.till])
        await own_canteen.send(*evening)

        async def told() -> bool:
            return label._value.get() > 0 and any("was lost" in each.health().reason for each in consumers)

        await eventually(told, what="the lost log is alarmed", seconds=60)
        await everything_once(own_canteen, evening, seconds=60)
        await eventually(lambda: all_ready(consumers), what="the consumers are ready again", seconds=40)
