"""Effects exactly once, counted on a real broker and database, whatever order and however often records come."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from canteen import CURED
from canteen_desk import Desk, Order, a_canteen, consuming

from nexa_chassis.consumer import COMMIT_EVERY
from nexa_chassis.testing import eventually
from nexa_local.infra import Infra

TABLES = 20
ORDERS = 5


@pytest.fixture
async def canteen(infra: Infra) -> AsyncIterator[Desk]:
    CURED.clear()
    async with a_canteen(infra) as desk:
        yield desk


def an_evening(desk: Desk) -> list[Order]:
    """Five orders of each of twenty tables, one round after the other."""
    tables = [uuid4() for _ in range(TABLES)]
    return [desk.order(table, version) for version in range(1, ORDERS + 1) for table in tables]


async def served(desk: Desk, count: int) -> None:
    async def so_many() -> bool:
        dishes = await desk.served()
        assert len(dishes) == count, f"{len(dishes)} are served"
        return True

    await eventually(so_many, what=f"{count} dishes are served", seconds=30)


async def test_every_record_twice_has_its_effects_once(canteen: Desk) -> None:
    evening = an_evening(canteen)
    await canteen.send(*(each for order in evening for each in (order, order)))
    await canteen.send(*evening)
    async with consuming(canteen.runtime()):
        await canteen.all_handled()
    assert len(await canteen.served()) == TABLES * ORDERS
    assert await canteen.ordered() == {"soup": TABLES * ORDERS}
    assert await canteen.parked() == []


async def test_offsets_reset_to_the_start_have_no_second_effect(canteen: Desk) -> None:
    await canteen.send(*an_evening(canteen))
    async with consuming(canteen.runtime()):
        await canteen.all_handled()
    for consumed in canteen.consumed:
        await canteen.reset_offsets(consumed)
    async with consuming(canteen.runtime()) as consumers:
        await eventually(
            lambda: _true(all(consumer.handled >= TABLES * ORDERS for consumer in consumers)),
            what="everything has been read a second time",
        )
    assert len(await canteen.served()) == TABLES * ORDERS
    assert await canteen.ordered() == {"soup": TABLES * ORDERS}


async def test_offsets_beyond_what_the_database_has_seen_lose_nothing(canteen: Desk) -> None:
    await canteen.send(*an_evening(canteen))
    for consumed in canteen.consumed:
        await canteen.reset_offsets(consumed, to=5)
    async with consuming(canteen.runtime()):
        await canteen.all_handled()
    assert len(await canteen.served()) == TABLES * ORDERS


async def test_an_event_that_comes_before_its_predecessor_waits_for_it(canteen: Desk) -> None:
    table = uuid4()
    await canteen.send(canteen.order(table, 2), canteen.order(table, 1), canteen.order(table, 3))
    async with consuming(canteen.runtime()):
        await canteen.all_handled()
        await served(canteen, 3)
    assert await canteen.parked() == []


async def test_a_gap_waits_over_batches_is_seen_and_closes_when_the_missing_event_comes(canteen: Desk) -> None:
    table = uuid4()
    async with consuming(canteen.runtime("serve_orders")):
        await canteen.send(canteen.order(table, 1), canteen.order(table, 3), canteen.order(table, 4))
        await canteen.all_handled("serve_orders")
        assert await canteen.parked() == [("waiting", 3, "gap"), ("waiting", 4, "gap")]
        assert len(await canteen.served()) == 1
        await canteen.send(canteen.order(table, 2))
        await served(canteen, 4)
    assert await canteen.parked() == []


async def test_a_private_event_between_two_published_ones_is_no_gap(canteen: Desk) -> None:
    table = uuid4()
    await canteen.send(canteen.order(table, 1), canteen.order(table, 4, previous=1))
    async with consuming(canteen.runtime()):
        await served(canteen, 2)
        await canteen.all_handled()
    assert await canteen.parked() == []


@pytest.mark.parametrize("dish", ["choked", "refused"])
async def test_a_failure_parks_its_key_and_the_others_flow_on(canteen: Desk, dish: str) -> None:
    bad, good = uuid4(), uuid4()
    async with consuming(canteen.runtime("serve_orders")):
        await canteen.send(
            canteen.order(bad, 1, dish), canteen.order(good, 1), canteen.order(bad, 2), canteen.order(good, 2)
        )
        await served(canteen, 2)
        await canteen.send(canteen.order(bad, 3))
        await canteen.all_handled("serve_orders")
        assert await canteen.parked() == [
            ("waiting", 1, "failure"),
            ("waiting", 2, "behind"),
            ("waiting", 3, "behind"),
        ]
        CURED.add(dish)
        await served(canteen, 5)
    assert await canteen.parked() == []
    assert sorted(await canteen.served()) == sorted([dish, "soup", "soup", "soup", "soup"])


async def test_a_gap_behind_a_failure_is_drained_in_order(canteen: Desk) -> None:
    table = uuid4()
    async with consuming(canteen.runtime("serve_orders")):
        await canteen.send(canteen.order(table, 1, "choked"), canteen.order(table, 3), canteen.order(table, 2))
        await canteen.all_handled("serve_orders")
        assert await canteen.served() == []
        CURED.add("choked")
        await served(canteen, 3)
    numbers = await canteen.rows("select data->>'plate_id', position from events order by position")
    assert len(numbers) == 3
    assert await canteen.parked() == []


async def test_a_failed_fact_of_a_process_leaves_nothing_of_itself_behind(canteen: Desk) -> None:
    table = uuid4()
    orders = [canteen.order(table, version) for version in (1, 2, 3)]
    async with consuming(canteen.runtime("settle_tabs")):
        await canteen.send(canteen.payment(table, 1), *orders)
        await served(canteen, 1)
        await canteen.all_handled("settle_tabs")
    assert await canteen.served() == ["receipt"]


@pytest.mark.parametrize("paid_after", range(4))
async def test_facts_of_a_process_lead_to_the_same_in_every_order(canteen: Desk, paid_after: int) -> None:
    table = uuid4()
    facts = [canteen.order(table, version) for version in (1, 2, 3)]
    facts.insert(paid_after, canteen.payment(table, 1))
    async with consuming(canteen.runtime("settle_tabs")):
        for fact in facts:
            await canteen.send(fact)
            await canteen.all_handled("settle_tabs")
    assert await canteen.served() == ["receipt"]


POISON = {
    "not JSON": b"{",
    "no envelope": b'{"dish": "soup"}',
    "not an object": b"[1]",
    "null value": None,
}


@pytest.mark.parametrize("value", POISON.values(), ids=POISON)
async def test_a_record_that_is_none_parks_itself_only(canteen: Desk, value: bytes | None) -> None:
    table = uuid4()
    first, second = canteen.order(table, 1), canteen.order(table, 2)
    await canteen.send(first, Order(canteen.tables, first.key, value), second)
    async with consuming(canteen.runtime("serve_orders")):
        await served(canteen, 2)
        await canteen.all_handled("serve_orders")
    assert await canteen.parked() == [("dead", None, "poison")]


@pytest.mark.parametrize(
    "changes",
    [
        {"streamversion": 2**40, "prevversion": 0},
        {"streamversion": "2"},
        {"streamversion": 2, "prevversion": 7},
        {"subject": "table-\x00"},
        {"subject": "table-another"},
        {"specversion": "0.3"},
        {"type": None},
    ],
    ids=str,
)
async def test_an_envelope_that_is_no_place_in_a_stream_parks_itself_only(
    canteen: Desk, changes: dict[str, object]
) -> None:
    table = uuid4()
    await canteen.send(canteen.order(table, 1), canteen.order(table, 2, **changes), canteen.order(table, 2))
    async with consuming(canteen.runtime("serve_orders")):
        await served(canteen, 2)
        await canteen.all_handled("serve_orders")
    assert await canteen.parked() == [("dead", None, "poison")]


async def test_a_record_without_a_key_and_headers_of_any_bytes_stop_nobody(canteen: Desk) -> None:
    table = uuid4()
    keyless = canteen.order(table, 2)
    odd = Order(canteen.tables, str(table).encode(), canteen.order(table, 2).value, [("ce_type", b"\xff\xfe")])
    await canteen.send(canteen.order(table, 1), Order(canteen.tables, None, keyless.value), odd)
    async with consuming(canteen.runtime("serve_orders")):
        await served(canteen, 2)
        await canteen.all_handled("serve_orders")
    assert await canteen.parked() == [("dead", None, "poison")]


async def test_data_that_fits_no_model_parks_its_key_and_an_unknown_type_is_passed_over(canteen: Desk) -> None:
    table, other = uuid4(), uuid4()
    await canteen.send(
        canteen.order(table, 1, data={"dish": 7}),
        canteen.order(table, 2),
        canteen.order(other, 1, type=f"nexa.{canteen.name}.Ordered.v2"),
        canteen.order(other, 2),
    )
    async with consuming(canteen.runtime("serve_orders")):
        await served(canteen, 1)
        await canteen.all_handled("serve_orders")
    assert await canteen.parked() == [("waiting", 1, "failure"), ("waiting", 2, "behind")]


@pytest.mark.parametrize("dish", ["so\x00up", "unknown command", "unknown deadline"])
async def test_one_that_cannot_be_written_is_found_among_many(canteen: Desk, dish: str) -> None:
    bad = uuid4()
    evening = an_evening(canteen)
    middle = len(evening) // 2
    await canteen.send(*evening[:middle], canteen.order(bad, 1, dish), canteen.order(bad, 2), *evening[middle:])
    async with consuming(canteen.runtime("serve_orders")):
        await served(canteen, len(evening))
        await canteen.all_handled("serve_orders")
    assert await canteen.parked() == [("waiting", 1, "failure"), ("waiting", 2, "behind")]


async def test_one_that_waits_and_is_refused_when_its_turn_comes_is_blamed_itself(canteen: Desk) -> None:
    table = uuid4()
    async with consuming(canteen.runtime("serve_orders")):
        await canteen.send(canteen.order(table, 2, "so\x00up"), canteen.order(table, 3))
        await canteen.all_handled("serve_orders")
        await canteen.send(canteen.order(table, 1))
        await served(canteen, 1)

        async def blamed() -> bool:
            assert next((version, reason) for _, version, reason in await canteen.parked()) == (2, "failure")
            return True

        await eventually(blamed, what="the second order is the one that failed")


async def test_changes_of_a_fact_that_fails_half_way_are_not_kept(canteen: Desk) -> None:
    bad, good = uuid4(), uuid4()
    async with consuming(canteen.runtime("what_is_ordered")):
        await canteen.send(canteen.order(good, 1), canteen.order(bad, 1, "half"), canteen.order(good, 2))
        await canteen.all_handled("what_is_ordered")
        assert await canteen.ordered() == {"soup": 2}
        CURED.add("half")
        await eventually(lambda: _equal(canteen, {"soup": 2, "half": 1}), what="the repaired one is counted once")


async def test_a_consumer_added_later_sees_all_history(canteen: Desk) -> None:
    await canteen.send(*an_evening(canteen))
    async with consuming(canteen.runtime("serve_orders")):
        await canteen.all_handled("serve_orders")
    assert await canteen.ordered() == {}
    async with consuming(canteen.runtime("what_is_ordered")):
        await canteen.all_handled("what_is_ordered")
    assert await canteen.ordered() == {"soup": TABLES * ORDERS}


async def test_a_deadline_of_a_fact_is_kept_with_its_cause_however_often_the_fact_comes(canteen: Desk) -> None:
    table = uuid4()
    slow = canteen.order(table, 1, "slow")
    await canteen.send(slow, slow)
    async with consuming(canteen.runtime("serve_orders")):
        await canteen.all_handled("serve_orders")
    [(kind, cause)] = await canteen.rows("select command_type, origin->>'causation_id' from deadlines")
    assert (kind, cause) == ("Serve", f"table-{table}@1")


async def test_what_a_fact_leads_to_carries_its_cause_and_its_process(canteen: Desk) -> None:
    table = uuid4()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    await canteen.send(canteen.order(table, 1, correlationid="an evening", traceparent=trace))
    async with consuming(canteen.runtime("serve_orders")):
        await served(canteen, 1)
    [(meta,)] = await canteen.rows("select meta from events")
    assert (meta["correlation"], meta["causation"]) == ("an evening", f"table-{table}@1")
    assert meta["actor"] == f"system:{canteen.name}.serve_orders"
    assert meta["traceparent"] == trace


async def test_what_facts_of_one_trace_lead_to_in_a_batch_carries_one_span_of_that_trace(canteen: Desk) -> None:
    traces = [f"00-{number:032x}-b7ad6b7169203331-01" for number in (1, 2)]
    tables = [uuid4() for _ in range(4)]
    await canteen.send(
        *(canteen.order(table, 1, traceparent=traces[number % 2]) for number, table in enumerate(tables))
    )
    async with consuming(canteen.runtime("serve_orders")):
        await served(canteen, 4)
    carried = [str(trace) for (trace,) in await canteen.rows("select meta->>'traceparent' from events")]
    assert {trace[:36] for trace in carried} == {trace[:36] for trace in traces}
    assert not set(carried) & set(traces)


async def test_two_members_share_the_partitions_and_every_effect_happens_once(canteen: Desk) -> None:
    evening = an_evening(canteen)
    async with consuming(canteen.runtime("serve_orders")) as [first]:
        await canteen.send(*evening[: TABLES * 2])
        async with consuming(canteen.runtime("serve_orders")) as [second]:
            await eventually(
                lambda: _true(first.assigned == 2 and second.assigned == 2), what="each has half of the partitions"
            )
            await canteen.send(*evening[TABLES * 2 :])
            await canteen.all_handled("serve_orders")
            assert second.handled > 0
        await eventually(lambda: _true(first.assigned == 4), what="the first has all of them again")
    assert len(await canteen.served()) == TABLES * ORDERS
    assert await canteen.parked() == []


async def test_stopping_is_prompt_and_all_offsets_are_committed(canteen: Desk) -> None:
    evening = an_evening(canteen)
    await canteen.send(*evening)
    async with asyncio.timeout(30), consuming(canteen.runtime("serve_orders")):
        await canteen.all_handled("serve_orders")
    assert await canteen.committed() == len(evening)


async def test_many_small_batches_are_a_few_commits_and_the_last_one_is_committed_without_a_stop(
    canteen: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, commits = AIOKafkaConsumer.commit, 0

    async def counted(self: AIOKafkaConsumer, offsets: object) -> None:
        nonlocal commits
        commits += 1
        await commit(self, offsets)

    monkeypatch.setattr(AIOKafkaConsumer, "commit", counted)
    evening = an_evening(canteen)[:20]
    async with consuming(canteen.runtime("serve_orders")) as [only]:
        began = time.monotonic()
        for count, order in enumerate(evening, 1):
            await canteen.send(order)
            await eventually(lambda count=count: _true(only.handled >= count), what="the order is handled")
        assert commits <= (time.monotonic() - began) / COMMIT_EVERY * 2 + 1

        async def all_committed() -> bool:
            return await canteen.committed() == len(evening)

        await eventually(all_committed, what="the last offsets are committed")


async def _true(value: bool) -> bool:
    return value


async def _equal(canteen: Desk, expected: dict[str, int]) -> bool:
    assert await canteen.ordered() == expected
    return True
