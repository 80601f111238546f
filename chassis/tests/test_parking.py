"""What is parked is tried again, given up, redriven, discarded; and who did it is written down."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from canteen import CURED
from canteen_desk import Desk, a_canteen, consuming

from nexa_chassis import consuming_rows
from nexa_chassis.parking import NothingParked, discard, parked_keys, redrive
from nexa_chassis.testing import eventually
from nexa_local.infra import Infra


@pytest.fixture
async def canteen(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Failed heads are given up at the second attempt, a second after the first."""
    monkeypatch.setattr(consuming_rows, "MOST_ATTEMPTS", 2)
    CURED.clear()
    async with a_canteen(infra, "serve_orders") as desk:
        yield desk


async def given_up(canteen: Desk, behind: int) -> UUID:
    """A table whose first order failed until it was given up, with this many orders behind it."""
    table = uuid4()
    await canteen.send(canteen.order(table, 1, "choked"), *(canteen.order(table, 2 + n) for n in range(behind)))

    async def dead() -> bool:
        parked = await canteen.parked()
        assert parked[:1] == [("dead", 1, "failure")], parked
        return True

    await eventually(dead, what="the head is given up")
    return table


async def served(canteen: Desk, *dishes: str) -> None:
    async def these() -> bool:
        assert await canteen.served() == sorted(dishes)
        return True

    await eventually(these, what=f"{len(dishes)} dishes are served")


async def test_a_head_that_keeps_failing_is_given_up_and_stays_with_its_error(canteen: Desk) -> None:
    async with consuming(canteen.runtime()):
        table = await given_up(canteen, behind=2)
    runtime = canteen.runtime()
    async with runtime.engine.connect() as connection:
        [key] = await parked_keys(connection)
    assert (key.stream, key.version, key.reason, key.status) == (f"{canteen.name}/table-{table}", 1, "failure", "dead")
    assert (key.attempts, key.waiting, key.error) == (2, 3, "ValueError: it went down the wrong way")
    assert await canteen.served() == []


async def test_a_given_up_head_is_not_tried_again_by_itself_even_when_a_gap_stands_behind_it(canteen: Desk) -> None:
    async with consuming(canteen.runtime()):
        table = await given_up(canteen, behind=0)
        CURED.add("choked")
        other = uuid4()
        await canteen.send(canteen.order(table, 4), canteen.order(other, 2))
        await canteen.act("update parked set next_attempt_at = now() where reason <> 'failure'")
        await canteen.send(canteen.order(other, 1))
        await served(canteen, "soup", "soup")

        async def passed_over() -> bool:
            rows = await canteen.rows("select next_attempt_at from parked where version = 4")
            return rows == [(None,)]

        await eventually(passed_over, what="what waits behind the dead head waits without a time")
    assert await canteen.served() == ["soup", "soup"]


async def test_redrive_tries_a_given_up_head_again_and_drains_what_waits(canteen: Desk) -> None:
    async with consuming(canteen.runtime()):
        table = await given_up(canteen, behind=3)
        CURED.add("choked")
        async with canteen.runtime().engine.begin() as connection:
            await redrive(connection, "erika", canteen.consumer(), f"{canteen.name}/table-{table}")
        await served(canteen, "choked", "soup", "soup", "soup")
    assert await canteen.parked() == []
    assert await canteen.rows("select actor, act, consumer from operator_acts") == [
        ("erika", "redrive", canteen.consumer())
    ]


async def test_discard_passes_over_a_failed_head_and_what_waits_goes_on(canteen: Desk) -> None:
    async with consuming(canteen.runtime()):
        table = await given_up(canteen, behind=2)
        async with canteen.runtime().engine.begin() as connection:
            await discard(connection, "erika", canteen.consumer(), f"{canteen.name}/table-{table}", "was a joke")
        await served(canteen, "soup", "soup")
        await canteen.send(canteen.order(table, 4))
        await served(canteen, "soup", "soup", "soup")
    assert await canteen.parked() == []
    [(actor, act, detail)] = await canteen.rows("select actor, act, detail from operator_acts")
    assert (actor, act) == ("erika", "discard")
    assert detail.endswith("was a joke")


async def test_discard_before_a_gap_passes_over_the_missing_events(canteen: Desk) -> None:
    table = uuid4()
    async with consuming(canteen.runtime()):
        await canteen.send(canteen.order(table, 1), canteen.order(table, 4), canteen.order(table, 5))
        await served(canteen, "soup")
        await canteen.all_handled()
        async with canteen.runtime().engine.begin() as connection:
            await discard(connection, "erika", canteen.consumer(), f"{canteen.name}/table-{table}", "never existed")
        await served(canteen, "soup", "soup", "soup")
    assert await canteen.parked() == []


async def test_discard_of_a_record_without_a_key_takes_its_place(canteen: Desk) -> None:
    async with consuming(canteen.runtime()):
        order = canteen.order(uuid4(), 1)
        await canteen.send(type(order)(order.topic, order.key, b"{", partition=0))
        await canteen.all_handled()
        async with canteen.runtime().engine.begin() as connection:
            with pytest.raises(NothingParked):
                await discard(connection, "erika", canteen.consumer(), None, "broken", f"{canteen.tables}/0@99")
            what = await discard(connection, "erika", canteen.consumer(), None, "broken", f"{canteen.tables}/0@0")
    assert what == f"{canteen.tables}/0@0"
    assert await canteen.parked() == []


async def test_redrive_where_nothing_is_parked_says_so(canteen: Desk) -> None:
    async with canteen.runtime().engine.begin() as connection:
        with pytest.raises(NothingParked, match=r"any stream"):
            await redrive(connection, "erika", canteen.consumer(), None)


async def test_more_than_fits_into_one_transaction_waits_and_is_drained_to_the_end(
    canteen: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming_rows, "DRAIN", 3)
    table = uuid4()
    async with consuming(canteen.runtime()):
        await canteen.send(canteen.order(table, 1, "choked"), *(canteen.order(table, 2 + n) for n in range(10)))
        await canteen.all_handled()
        CURED.add("choked")
        await served(canteen, "choked", *["soup"] * 10)
    assert await canteen.parked() == []
    order = await canteen.rows("select data->>'dish' from events order by position limit 1")
    assert order == [("choked",)]
