"""A lane survives what happens to connections: errors, cancellation, large values, a server that goes away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from nexa_chassis.lanes import Lanes

if TYPE_CHECKING:
    from nexa_local.postgres import Database


@pytest.fixture
async def engine(database: Callable[[str], "Database"]) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(database("lanes").app_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def lanes(engine: AsyncEngine) -> AsyncIterator[Lanes]:
    lanes = Lanes(engine, limit=2)
    yield lanes
    await lanes.close()


async def pid(lanes: Lanes) -> bytes | None:
    async with lanes.take() as lane:
        return (await lane.fetch("select pg_backend_pid()", ()))[0][0]


async def until_sleeping(lanes: Lanes) -> None:
    async with lanes.take() as lane, asyncio.timeout(5):
        while not await lane.fetch(
            "select from pg_stat_activity where query like %s and state = 'active' and pid <> pg_backend_pid()",
            ("select pg_sleep%",),
        ):
            pass


async def test_values_go_and_come_as_text(lanes: Lanes) -> None:
    given = ['a,"b"\\', None, "{}", "NULL", "ü"]
    async with lanes.take() as lane:
        rows = await lane.fetch(
            "select %s::int, %s::bool, %s::text, x from unnest(%s::text[]) x", (7, True, None, given)
        )
    assert rows == [(b"7", b"t", None, x and x.encode()) for x in given]


async def test_a_statement_that_fails_raises_psycopgs_error_and_the_lane_is_used_again(lanes: Lanes) -> None:
    before = await pid(lanes)
    with pytest.raises(psycopg.errors.DivisionByZero) as raised:
        async with lanes.take() as lane:
            await lane.fetch("select 1 / %s::int", (0,))
    assert raised.value.diag.sqlstate == "22012"
    with pytest.raises(psycopg.errors.SyntaxError):
        async with lanes.take() as lane:
            await lane.fetch("selekt", ())
    assert await pid(lanes) == before


async def test_a_value_larger_than_any_buffer_gets_through_both_ways(lanes: Lanes) -> None:
    large = "x" * 8_000_000
    async with lanes.take() as lane:
        rows = await lane.fetch("select %s::text", (large,))
    assert rows == [(large.encode(),)]


async def test_a_lane_given_up_in_the_middle_is_closed_and_the_next_one_works(lanes: Lanes) -> None:
    async def sleep() -> None:
        async with lanes.take() as lane:
            await lane.fetch("select pg_sleep(60)", ())

    task = asyncio.create_task(sleep())
    await until_sleeping(lanes)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with lanes.take() as one, lanes.take() as other:
        assert await one.fetch("select 1", ()) == await other.fetch("select 1", ()) == [(b"1",)]


async def test_a_lane_cut_in_the_middle_of_a_statement_says_so(lanes: Lanes) -> None:
    before = await pid(lanes)
    with pytest.raises(psycopg.OperationalError):
        async with lanes.take() as lane:
            await lane.fetch("select pg_terminate_backend(pg_backend_pid())", ())
    assert await pid(lanes) != before


async def test_no_more_than_the_limit_are_open_at_a_time(lanes: Lanes) -> None:
    async def use() -> bytes | None:
        async with lanes.take() as lane:
            return (await lane.fetch("select pg_backend_pid() from pg_sleep(0.01)", ()))[0][0]

    assert len(set(await asyncio.gather(*(use() for _ in range(12))))) == 2


async def test_more_statements_than_are_kept_prepared_do_no_harm(lanes: Lanes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nexa_chassis.lanes._MOST_PREPARED", 3)
    async with lanes.take() as lane:
        for n in [*range(8), 0, 7]:
            assert await lane.fetch(f"select {n} + %s::int", (1,)) == [(b"%d" % (n + 1),)]
        assert len(await lane.fetch("select name from pg_prepared_statements", ())) <= 3
