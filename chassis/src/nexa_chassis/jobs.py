"""Long work in short steps: each step is one transaction that stores its effects together with how far it came.

A process that dies loses the step it was in and nothing else; the next one goes on from the stored state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.blame import database_is_away, in_words
from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.failpoints import failpoint
from nexa_chassis.origin import Origin
from nexa_chassis.pacing import Pace, rest
from nexa_chassis.schema import jobs, operator_acts
from nexa_chassis.status import Health

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime
    from nexa_chassis.transaction import Transaction

JobState: TypeAlias = Mapping[str, JsonValue]

MOST_ATTEMPTS = 8


@dataclass(frozen=True)
class Finished:
    """The job is done; `state` is what it leaves behind to be read."""

    state: JobState = field(default_factory=dict)


Step: TypeAlias = "Callable[[Transaction, Runtime, UUID, JobState], Awaitable[JobState | Finished]]"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A kind of long work. `step(tx, runtime, job_id, state)` does a bounded part and returns the state to go on from.

    A step that raises leaves nothing behind; it is tried again with back-off, and after eight attempts the job is *failed*
    until an operator runs `admin retry-job`. A step that met a conflict runs again at once on fresh state, and one that the
    database was away for when it is back; neither counts. CPU work in a step belongs into `asyncio.to_thread`.
    """

    name: str
    step: Step


@dataclass(frozen=True, kw_only=True)
class StartJob:
    """Begin this work with the transaction it is handed to; an id that is known already begins nothing."""

    name: str
    job_id: UUID
    state: JobState = field(default_factory=dict)


@dataclass(frozen=True)
class _Claimed:
    job_id: UUID
    name: str
    state: JobState


class UnknownJob(Exception):
    """The service has no job of that name."""


class JobRunner:
    """Runs the steps of a service's jobs, those that waited longest first, so that several go on in turn."""

    name = "jobs"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._kinds = {job.name: job for job in runtime.service.jobs}
        self._trouble = ""
        self.steps = 0

    def health(self) -> Health:
        return Health(not self._trouble, self._trouble)

    async def run(self, stopping: asyncio.Event) -> None:
        pace = Pace(stopping, longest=0.5, least=0.02)
        with pace.woken_by(self._runtime.store.on_job):
            while not stopping.is_set():
                try:
                    ran = await self.run_step()
                except Exception as error:
                    if not database_is_away(error):
                        raise
                    self._trouble = f"the database does not answer: {type(error).__name__}"
                    await rest(stopping, 1.0)
                    continue
                self._trouble = ""
                if ran:
                    pace.reset()
                else:
                    await pace.pause()

    async def run_step(self) -> bool:
        """Run one step of one job; False when there is none to run."""
        async with self._runtime.engine.connect() as connection:
            if await _claim(connection) is None:
                return False
        try:
            await self._step()
        except ConcurrencyConflict:
            return True  # on fresh state, in its next turn
        except _StepFailed as failed:
            await self._put_off(failed.job_id, failed.cause)
        return True

    async def _step(self) -> None:
        runtime = self._runtime
        origin = Origin(actor=f"system:{runtime.service.name}.jobs", correlation_id="")
        claimed: _Claimed | None = None
        try:
            async with runtime.store.transaction(origin) as tx:
                claimed = await _claim(tx.connection)
                if claimed is None:
                    return
                job = self._kinds.get(claimed.name)
                if job is None:
                    raise UnknownJob(f"There is no job {claimed.name!r} in {runtime.service.name} any more.")
                result = await job.step(tx, runtime, claimed.job_id, claimed.state)
                await _store(tx.connection, claimed.job_id, result)
        except ConcurrencyConflict:
            raise
        except Exception as cause:
            if claimed is None or database_is_away(cause):
                raise
            raise _StepFailed(claimed.job_id, cause) from cause
        self.steps += 1
        failpoint("jobs.after_step")

    async def _put_off(self, job_id: UUID, cause: Exception) -> None:
        reason = in_words(cause)
        self._runtime.log.warning("jobs.step_failed", job_id=str(job_id), error=reason)
        attempts = jobs.c.attempts + 1
        seconds = func.power(2, jobs.c.attempts)
        async with self._runtime.engine.begin() as connection:
            await connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id)
                .values(
                    attempts=attempts,
                    error=reason,
                    status=case((attempts >= MOST_ATTEMPTS, "failed"), else_="active"),
                    next_attempt_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds),
                    updated_at=func.clock_timestamp(),
                )
            )


class _StepFailed(Exception):
    def __init__(self, job_id: UUID, cause: Exception) -> None:
        super().__init__(job_id)
        self.job_id = job_id
        self.cause = cause


async def retry(connection: AsyncConnection, job_id: UUID, actor: str) -> bool:
    """Let a failed job go on from where it failed; False when there is no failed job of that id."""
    changed = await connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.status == "failed")
        .values(status="active", attempts=0, next_attempt_at=None, updated_at=func.now())
    )
    if changed.rowcount:
        await connection.execute(insert(operator_acts).values(actor=actor, act="retry-job", detail=str(job_id)))
    return bool(changed.rowcount)


async def _claim(connection: AsyncConnection) -> _Claimed | None:
    query = (
        select(jobs.c.id, jobs.c.name, jobs.c.state)
        .where(jobs.c.status == "active", or_(jobs.c.next_attempt_at.is_(None), jobs.c.next_attempt_at <= func.now()))
        .order_by(jobs.c.updated_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await connection.execute(query)).first()
    return _Claimed(row.id, row.name, row.state) if row else None


async def _store(connection: AsyncConnection, job_id: UUID, result: JobState | Finished) -> None:
    finished = isinstance(result, Finished)
    await connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(
            state=dict(result.state if isinstance(result, Finished) else result),
            status="finished" if finished else "active",
            attempts=0,
            error=None,
            next_attempt_at=None,
            updated_at=func.clock_timestamp(),
        )
    )
