"""A read model fed from topics, made anew beside its live consumer: the same rows, whatever comes in meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from counting.app import counting
from counting.bells_heard import bells_heard
from counting.counter import Count
from sqlalchemy import make_url

from nexa_chassis.origin import Origin
from nexa_chassis.rebuild import rebuild
from nexa_chassis.runtime import Runtime
from nexa_chassis.testing import RunningService, eventually, running

if TYPE_CHECKING:
    from nexa_local.infra import Infra
    from nexa_local.postgres import Database

ME = Origin(actor="tester", correlation_id="rebuild")


@pytest.fixture
async def service(infra: "Infra", database: Callable[[str], "Database"]) -> AsyncIterator[RunningService]:
    async with running(counting, database("counting"), infra) as started:
        yield started


async def rows(runtime: Runtime, sql: str, *, change: bool = False) -> list[tuple[Any, ...]]:
    url = make_url(runtime.settings.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as owner:
        cursor = await owner.execute(sql.encode())
        return [] if change else await cursor.fetchall()


async def ring(runtime: Runtime, bells: int) -> None:
    async with runtime.store.transaction(ME) as tx:
        await tx.execute([Count(counter_id=uuid4(), amount=12) for _ in range(bells)])


async def heard(runtime: Runtime, bells: int) -> list[tuple[Any, ...]]:
    async def all_heard() -> list[tuple[Any, ...]] | None:
        found = await rows(runtime, "select bell_id, counter_id, times from bells order by 1")
        return found if len(found) == bells else None

    return await eventually(all_heard, what=f"{bells} bells were heard", seconds=30)


async def test_what_was_lost_is_there_again_and_the_consumer_goes_on(service: RunningService) -> None:
    runtime = service.runtime
    await ring(runtime, 40)
    before = await heard(runtime, 40)
    await rows(
        runtime, "delete from bells where times = 1 and bell_id in (select bell_id from bells limit 9)", change=True
    )
    await rows(runtime, "update bells set times = 99", change=True)

    done = await rebuild(runtime, bells_heard)

    assert await heard(runtime, 40) == before
    assert done.events == 40
    await ring(runtime, 5)
    await heard(runtime, 45)
    assert await rows(runtime, "select count(*) from parked") == [(0,)]


async def test_a_rebuild_beside_a_busy_consumer_loses_and_doubles_nothing(service: RunningService) -> None:
    runtime, rebuilt = service.runtime, asyncio.Event()
    rung = 0
    await ring(runtime, 200)

    async def go_on() -> None:
        nonlocal rung
        while not rebuilt.is_set():
            await ring(runtime, 20)
            rung += 20

    async def rebuild_often() -> None:
        try:
            for _ in range(4):
                await rebuild(runtime, bells_heard)
        finally:
            rebuilt.set()

    await asyncio.gather(go_on(), rebuild_often())

    under_load = await heard(runtime, 200 + rung)
    await rebuild(runtime, bells_heard)
    assert await rows(runtime, "select bell_id, counter_id, times from bells order by 1") == under_load
    assert rung > 20
    assert await rows(runtime, "select count(*) from parked") == [(0,)]
