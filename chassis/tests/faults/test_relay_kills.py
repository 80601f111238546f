"""Processes that die as by a power cut: nothing is lost, no stream is out of order, effects are there once."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest
from diary import Write
from diary_desk import Desk, an_origin, distinct, inversions, open_desk, relaying

from nexa_chassis.deadlines import DeadlineRunner
from nexa_chassis.domain import Deadline
from nexa_chassis.testing import eventually
from nexa_local.infra import Infra
from nexa_local.postgres import Database


@pytest.fixture
async def desk(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Desk]:
    opened = await open_desk(infra, database)
    yield opened
    await opened.close()


async def killed_itself(process: subprocess.Popen[bytes]) -> None:
    async def dead() -> bool:
        return process.poll() is not None

    await eventually(dead, what="the process came to its failpoint", seconds=30)
    assert process.returncode == -signal.SIGKILL


async def all_published(desk: Desk) -> None:
    async def empty() -> bool:
        return not await desk.count("select count(*) from outbox")

    await eventually(empty, what="the outbox is empty", seconds=30)
    rows = await desk.rows("select stream, version from events where published")
    entries = await desk.entries()
    assert distinct(entries) == {(stream, version) for stream, version in rows}
    assert inversions(entries) == []


@pytest.mark.parametrize(
    "point", ["relay.mid_batch", "relay.after_send_before_delete", "relay.after_send_before_delete:3"]
)
async def test_a_relay_that_is_killed_while_it_sends_loses_nothing(desk: Desk, point: str) -> None:
    runtime = desk.runtime()
    diaries = [uuid4() for _ in range(50)]
    for _ in range(3):
        async with runtime.store.transaction(an_origin()) as tx:
            await tx.execute([Write(each, tuple(str(number) for number in range(40))) for each in diaries])
    with desk.process("relay", NEXA_FAILPOINT=point) as process:
        await killed_itself(process)
    left = await desk.count("select count(*) from outbox")
    assert left == (6000 if point != "relay.after_send_before_delete:3" else 2000)
    async with runtime.store.transaction(an_origin()) as tx:
        await tx.execute([Write(each, ("after the kill",)) for each in diaries])
    async with relaying(runtime):
        await all_published(desk)
    entries = await desk.entries()
    if point != "relay.mid_batch":
        assert len(entries) == 6050 + 2000, "the records of the batch that could not be deleted stand there twice"


async def test_a_process_that_is_killed_after_its_commit_leaves_its_events_to_the_next(desk: Desk) -> None:
    """It fires a deadline, commits, and dies before its relay hears of it."""
    runtime = desk.runtime()
    async with runtime.store.transaction(an_origin()) as tx:
        now = runtime.clock.now()
        await tx.schedule([Deadline(at=now, command=Write(uuid4(), ("due",)), key=str(number)) for number in range(30)])
    with desk.process("tick", NEXA_FAILPOINT="store.after_commit") as process:
        await killed_itself(process)
    assert await desk.count("select count(*) from events") == 30
    assert await desk.count("select count(*) from deadlines") == 0
    async with relaying(runtime):
        await all_published(desk)


async def test_deadlines_fire_once_though_the_process_that_fires_them_is_killed_again_and_again(desk: Desk) -> None:
    runtime = desk.runtime()
    async with runtime.store.transaction(an_origin()) as tx:
        now = runtime.clock.now()
        deadlines = [Deadline(at=now, command=Write(uuid4(), ("due",)), key=str(each)) for each in range(2500)]
        await tx.schedule(deadlines)
    for _ in range(2):
        with desk.process("tick", NEXA_FAILPOINT="deadlines.after_fire") as process:
            await killed_itself(process)
    assert await desk.count("select count(*) from deadlines") == 500
    runner = DeadlineRunner(runtime)
    assert await runner.fire_due() == 500
    assert await desk.count("select count(*) from events") == 2500
    assert await desk.count("select count(*) from events where version > 1") == 0
    async with relaying(runtime):
        await all_published(desk)


async def test_an_unknown_failpoint_is_refused_by_name(desk: Desk) -> None:
    with desk.process("relay", NEXA_FAILPOINT="relay.anywhere") as process:
        assert await asyncio.to_thread(process.wait, 30) == 1
