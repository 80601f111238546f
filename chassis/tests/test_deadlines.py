"""Deadlines: fired when they are due on the domain's clock, all at once or none of one, and none holds up another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from diary import Write
from diary_desk import Desk, an_origin, at_work, open_desk

from nexa_chassis.clock import FileClock, FixedClock, write_clock
from nexa_chassis.deadlines import MOST_ATTEMPTS, DeadlineRunner, next_due_at, retry
from nexa_chassis.domain import Deadline
from nexa_chassis.runtime import Runtime
from nexa_chassis.testing import eventually
from nexa_local.infra import Infra
from nexa_local.postgres import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Desk]:
    opened = await open_desk(infra, database)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def runtime(desk: Desk, clock: FixedClock) -> Runtime:
    return desk.runtime(clock)


async def schedule(runtime: Runtime, *deadlines: Deadline) -> None:
    async with runtime.store.transaction(an_origin()) as tx:
        await tx.schedule(deadlines)


def remember(at: datetime, *entries: str, diary_id: UUID | None = None, key: str = "") -> Deadline:
    return Deadline(at=at, command=Write(diary_id or uuid4(), entries or ("remembered",)), key=key or str(uuid4()))


async def written(desk: Desk) -> int:
    return await desk.count("select count(*) from events")


async def waiting(desk: Desk) -> list[tuple[str, int, str | None]]:
    return [tuple(row) for row in await desk.rows("select status, attempts, error from deadlines order by due_at")]


async def may_try_again(runtime: Runtime) -> None:
    async with runtime.engine.begin() as connection:
        await connection.exec_driver_sql("update deadlines set next_attempt_at = null")


async def test_a_deadline_fires_when_it_is_due_and_not_before(desk: Desk, clock: FixedClock, runtime: Runtime) -> None:
    await schedule(runtime, remember(NOON + HOUR), remember(NOON + 2 * HOUR))
    runner = DeadlineRunner(runtime)
    assert await runner.fire_due() == 0
    clock.advance(HOUR)
    assert await runner.fire_due() == 1
    assert (await written(desk), runner.fired, len(await waiting(desk))) == (1, 1, 1)
    async with runtime.engine.connect() as connection:
        assert await next_due_at(connection) == NOON + 2 * HOUR


async def test_a_second_delivery_of_its_cause_adds_no_second_deadline(desk: Desk, runtime: Runtime) -> None:
    cause = replace(an_origin(), causation_id="deal-1@4")
    for at in (NOON, NOON + HOUR):
        async with runtime.store.transaction(cause) as tx:
            await tx.schedule([remember(at, diary_id=UUID(int=1), key="chase"), remember(at, key="tell")])
    assert [due for (due,) in await desk.rows("select due_at from deadlines")] == [NOON, NOON]


async def test_thousands_due_at_once_fire_in_a_few_transactions(desk: Desk, runtime: Runtime) -> None:
    await schedule(runtime, *(remember(NOON) for _ in range(2500)))
    runner = DeadlineRunner(runtime)
    assert [await runner.fire_due() for _ in range(4)] == [1000, 1000, 500, 0]
    assert (await written(desk), await waiting(desk)) == (2500, [])
    assert await desk.count("select count(distinct xmin::text) from events") == 3


async def test_one_that_fails_is_put_off_and_stops_no_other(desk: Desk, runtime: Runtime) -> None:
    await schedule(runtime, *(remember(NOON) for _ in range(20)), remember(NOON, "refuse"))
    runner = DeadlineRunner(runtime)
    assert await runner.fire_due() == 21
    assert await waiting(desk) == [("waiting", 1, "Refused: Not into this diary.")]
    assert (await written(desk), runner.fired) == (20, 20)
    assert await runner.fire_due() == 0, "its next attempt is a second away"


async def test_one_that_the_database_refuses_is_found_among_a_thousand(desk: Desk, runtime: Runtime) -> None:
    r"""No decision explains the error: the read model's text column takes no \u0000."""
    bad = remember(NOON, "nul \x00 nul")
    await schedule(runtime, *(remember(NOON) for _ in range(700)), bad, *(remember(NOON) for _ in range(299)))
    runner = DeadlineRunner(runtime)
    assert await runner.fire_due() == 1000
    [(status, attempts, error)] = await waiting(desk)
    assert (status, attempts) == ("waiting", 1)
    assert error
    assert (await written(desk), runner.fired) == (999, 999)


async def test_one_whose_command_is_unknown_is_put_off(desk: Desk, runtime: Runtime) -> None:
    await schedule(runtime, remember(NOON), remember(NOON + HOUR))
    async with runtime.engine.begin() as connection:
        await connection.exec_driver_sql("update deadlines set command_type = 'Burn' where due_at > now() or true")
    assert await DeadlineRunner(runtime).fire_due() == 1
    assert "no command named Burn" in str((await waiting(desk))[0][2])


async def test_after_eight_attempts_it_is_dead_until_an_operator_has_it_tried_again(
    desk: Desk, runtime: Runtime
) -> None:
    await schedule(runtime, remember(NOON, "refuse"))
    runner = DeadlineRunner(runtime)
    for _ in range(MOST_ATTEMPTS):
        assert await runner.fire_due() == 1
        await may_try_again(runtime)
    assert await runner.fire_due() == 0
    assert await waiting(desk) == [("dead", MOST_ATTEMPTS, "Refused: Not into this diary.")]
    async with runtime.engine.begin() as connection:
        assert await retry(connection, "operator:jo") == 1
    assert await runner.fire_due() == 1
    assert await desk.rows("select actor, act, detail from operator_acts") == [("operator:jo", "retry-deadlines", "1")]


async def test_two_runners_fire_each_deadline_once(desk: Desk, clock: FixedClock) -> None:
    first, second = desk.runtime(clock), desk.runtime(clock)
    await schedule(first, *(remember(NOON + HOUR) for _ in range(3000)))
    async with at_work(DeadlineRunner(first), DeadlineRunner(second)):
        clock.advance(HOUR)

        async def fired() -> bool:
            return not await waiting(desk)

        await eventually(fired, what="all deadlines fired")
    assert await written(desk) == 3000


async def test_a_simulated_clock_that_is_set_is_noticed_at_once(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "clock"
    write_clock(file, NOON)
    runtime, elsewhere = desk.runtime(FileClock(file)), desk.runtime(FileClock(file))
    runner = DeadlineRunner(runtime)
    loop = asyncio.get_running_loop()
    waits = []
    async with at_work(runner):
        for number in range(1, 6):
            await schedule(elsewhere, remember(NOON + number * HOUR))
            write_clock(file, NOON + number * HOUR)
            began = loop.time()
            while runner.fired < number:
                await asyncio.sleep(0.001)
                assert loop.time() - began < 5, "the deadline did not fire"
            waits.append(loop.time() - began)
    assert sorted(waits)[2] < 0.2, waits


async def test_waiting_for_a_deadline_does_not_keep_the_database_busy(desk: Desk, runtime: Runtime) -> None:
    await schedule(runtime, remember(NOON + HOUR))
    async with at_work(DeadlineRunner(runtime)):
        await asyncio.sleep(0.3)
        before = await desk.count(
            "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
        )
        await asyncio.sleep(2)
        after = await desk.count(
            "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
        )
    assert after - before < 20


async def test_the_deadlines_of_a_service_survive_its_database_being_away(desk: Desk, runtime: Runtime) -> None:
    runner = DeadlineRunner(runtime)
    async with at_work(runner):
        await asyncio.sleep(0.1)
        assert await desk.cut_connections()
        await schedule(desk.runtime(runtime.clock), remember(NOON))

        async def fired() -> bool:
            return runner.fired == 1 and runner.health().ready

        await eventually(fired, what="the deadline fired")
