"""Jobs: step by step, each step with its effects or not at all, in turn, and not for ever."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from uuid import UUID, uuid4

import pytest
from diary import Write
from diary_desk import Desk, an_origin, at_work, open_desk
from pydantic import JsonValue

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.jobs import MOST_ATTEMPTS, Finished, Job, JobRunner, StartJob, retry
from nexa_chassis.runtime import Runtime
from nexa_chassis.testing import eventually
from nexa_chassis.transaction import Transaction
from nexa_local.infra import Infra
from nexa_local.postgres import Database

State = Mapping[str, JsonValue]
TOO_WEAK: set[UUID] = set()


async def fill(tx: Transaction, runtime: Runtime, job_id: UUID, state: State) -> State | Finished:
    """One page a step, into the diary of the job's own id."""
    page = int(str(state["page"]))
    if page == state.get("tears_at") and job_id not in TOO_WEAK:
        await tx.execute([Write(job_id, ("half of it",))])
        raise ValueError(f"page {page} tears\x00")
    await tx.execute([Write(job_id, (f"page {page}",))])
    return Finished({"page": page}) if page == state["last"] else {**state, "page": page + 1}


async def quarrel(tx: Transaction, runtime: Runtime, job_id: UUID, state: State) -> State | Finished:
    """Meets a conflict in the first twelve attempts."""
    TRIED.append(job_id)
    if TRIED.count(job_id) <= 12:
        raise ConcurrencyConflict("diary-of-both")
    return Finished({"tried": TRIED.count(job_id)})


async def too_long(tx: Transaction, runtime: Runtime, job_id: UUID, state: State) -> State | Finished:
    await tx.run("set local statement_timeout = 50", ())
    await tx.run("select pg_sleep(5)", ())
    return Finished()


TRIED: list[UUID] = []
JOBS = [Job(name="fill", step=fill), Job(name="quarrel", step=quarrel), Job(name="too_long", step=too_long)]


@pytest.fixture
async def desk(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Desk]:
    opened = await open_desk(infra, database, JOBS)
    yield opened
    await opened.close()


async def begin(runtime: Runtime, name: str, **state: JsonValue) -> UUID:
    job = StartJob(name=name, job_id=uuid4(), state=state)
    async with runtime.store.transaction(an_origin()) as tx:
        await tx.start_job(job.name, job.job_id, job.state)
    return job.job_id


async def job(desk: Desk, job_id: UUID) -> tuple[str, State, int, str | None]:
    [row] = await desk.rows(f"select status, state, attempts, error from jobs where id = '{job_id}'")
    return row


async def pages(desk: Desk, job_id: UUID) -> list[str]:
    found = await desk.rows(f"select data->>'entry' from events where stream = 'diary-{job_id}' order by version")
    return [entry for (entry,) in found]


async def until(desk: Desk, job_id: UUID, status: str) -> tuple[str, State, int, str | None]:
    async def reached() -> tuple[str, State, int, str | None] | None:
        found = await job(desk, job_id)
        return found if found[0] == status else None

    return await eventually(reached, what=f"job {job_id} is {status}")


async def at_once(desk: Desk, runtime: Runtime) -> None:
    """Let no job wait for its next attempt."""
    async with runtime.engine.begin() as connection:
        await connection.exec_driver_sql("update jobs set next_attempt_at = null")


async def test_a_job_runs_to_its_end_and_leaves_its_state_to_be_read(desk: Desk) -> None:
    runtime = desk.runtime()
    async with at_work(JobRunner(runtime)):
        job_id = await begin(runtime, "fill", page=1, last=3)
        assert await until(desk, job_id, "finished") == ("finished", {"page": 3}, 0, None)
    assert await pages(desk, job_id) == ["page 1", "page 2", "page 3"]


async def test_starting_a_job_a_second_time_begins_nothing(desk: Desk) -> None:
    runtime = desk.runtime()
    job_id = await begin(runtime, "fill", page=1, last=1)
    assert await JobRunner(runtime).run_step()
    async with runtime.store.transaction(an_origin()) as tx:
        await tx.start_job("fill", job_id, {"page": 1, "last": 1})
    assert not await JobRunner(runtime).run_step()
    assert await pages(desk, job_id) == ["page 1"]


async def test_jobs_take_turns(desk: Desk) -> None:
    runtime = desk.runtime()
    long, short = await begin(runtime, "fill", page=1, last=50), await begin(runtime, "fill", page=1, last=2)
    runner = JobRunner(runtime)
    for _ in range(4):
        assert await runner.run_step()
    assert (await job(desk, short))[0] == "finished"
    assert await pages(desk, long) == ["page 1", "page 2"]


async def test_a_step_that_fails_leaves_nothing_and_is_tried_again_later_while_others_go_on(desk: Desk) -> None:
    runtime = desk.runtime()
    torn = await begin(runtime, "fill", page=1, last=2, tears_at=2)
    runner = JobRunner(runtime)
    assert [await runner.run_step() for _ in range(3)] == [True, True, False]
    status, state, attempts, error = await job(desk, torn)
    assert (status, state["page"], attempts, error) == ("active", 2, 1, "ValueError: page 2 tears\\0")
    assert await pages(desk, torn) == ["page 1"]
    wait = await desk.count(
        f"select extract(epoch from next_attempt_at - updated_at) * 10 from jobs where id = '{torn}'"
    )
    assert 5 <= wait <= 11
    other = await begin(runtime, "fill", page=1, last=1)
    assert await runner.run_step()
    assert (await job(desk, other))[0] == "finished"


async def test_after_eight_attempts_a_job_has_failed_until_an_operator_lets_it_go_on(desk: Desk) -> None:
    runtime = desk.runtime()
    torn = await begin(runtime, "fill", page=1, last=2, tears_at=2)
    runner = JobRunner(runtime)
    await runner.run_step()
    for _ in range(MOST_ATTEMPTS):
        assert await runner.run_step()
        await at_once(desk, runtime)
    assert not await runner.run_step()
    assert (await job(desk, torn))[0] == "failed"
    TOO_WEAK.add(torn)
    async with runtime.engine.begin() as connection:
        assert await retry(connection, torn, "operator:jo")
        assert not await retry(connection, uuid4(), "operator:jo")
    assert await runner.run_step()
    assert (await job(desk, torn))[0] == "finished"
    assert await pages(desk, torn) == ["page 1", "page 2"]
    assert await desk.rows("select actor, act, detail from operator_acts") == [("operator:jo", "retry-job", str(torn))]


async def test_a_conflict_is_no_failure(desk: Desk) -> None:
    runtime = desk.runtime()
    async with at_work(JobRunner(runtime)):
        job_id = await begin(runtime, "quarrel")
        assert await until(desk, job_id, "finished") == ("finished", {"tried": 13}, 0, None)


async def test_a_step_whose_statement_takes_too_long_has_failed(desk: Desk) -> None:
    runtime = desk.runtime()
    job_id = await begin(runtime, "too_long")
    assert await JobRunner(runtime).run_step()
    status, _, attempts, error = await job(desk, job_id)
    assert (status, attempts) == ("active", 1)
    assert "statement timeout" in str(error)


async def test_a_job_that_the_service_does_not_have_any_more_says_so(desk: Desk) -> None:
    runtime = desk.runtime()
    job_id = await begin(runtime, "knit")
    assert await JobRunner(runtime).run_step()
    assert (await job(desk, job_id))[3] == f"UnknownJob: There is no job 'knit' in {desk.name} any more."


async def test_a_job_survives_its_database_connection(desk: Desk) -> None:
    """Every connection is cut again and again; no attempt is counted, and each page is there once."""
    runtime = desk.runtime()

    job_id = await begin(runtime, "fill", page=1, last=40)
    async with at_work(JobRunner(runtime)):
        cut = 0
        while cut < 3:
            await asyncio.sleep(0.05)
            cut += bool(await desk.cut_connections())
        assert await until(desk, job_id, "finished") == ("finished", {"page": 40}, 0, None)
    assert await pages(desk, job_id) == [f"page {number}" for number in range(1, 41)]


async def test_two_runners_never_run_the_same_step(desk: Desk) -> None:
    runtime, other = desk.runtime(), desk.runtime()
    async with at_work(JobRunner(runtime), JobRunner(other)):
        ids = [await begin(runtime, "fill", page=1, last=15) for _ in range(4)]
        for job_id in ids:
            assert (await until(desk, job_id, "finished"))[2] == 0
    for job_id in ids:
        assert await pages(desk, job_id) == [f"page {number}" for number in range(1, 16)]
