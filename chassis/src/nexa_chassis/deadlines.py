"""What is due is executed: rows written beside the events that asked for them, fired as commands, never cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import Row, Select, Text, case, cast, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.failpoints import failpoint
from nexa_chassis.origin import Origin
from nexa_chassis.pacing import Pace
from nexa_chassis.schema import deadlines
from nexa_chassis.status import Health
from nexa_chassis.transaction import decode_origin

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime
    from nexa_chassis.transaction import Transaction

BATCH = 1_000
MOST_ATTEMPTS = 8
LONGEST_WAIT = 0.05
"""Also how soon a change of a simulated clock is noticed, in seconds."""

FIRED = Counter("nexa_deadlines_fired", "Deadlines whose command was executed", ["service"])
FAILED = Counter("nexa_deadlines_failed", "Attempts of deadlines that failed", ["service"])

DueRow: TypeAlias = tuple[UUID, str, str, str]


@dataclass(frozen=True)
class Due:
    """A deadline's row and the command in it."""

    id: UUID
    command: object
    origin: Origin


class DeadlineRunner:
    """Fires what is due. `fired` counts the deadlines whose command was executed by this process."""

    name = "deadlines"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._service = runtime.service.name
        self.fired = 0

    def health(self) -> Health:
        return Health(True)

    async def run(self, stopping: asyncio.Event) -> None:
        with Pace(stopping, longest=LONGEST_WAIT).woken_by(self._runtime.store) as pace:
            while not stopping.is_set():
                try:
                    fired = await self.fire_due()
                except ConcurrencyConflict:
                    continue
                if not fired:
                    await pace.pause()

    async def fire_due(self) -> int:
        """Fire one batch of what is due, all in one transaction; a failing deadline is put off and stops no other."""
        origin = Origin(actor=f"system:{self._service}.deadlines", correlation_id="")
        async with self._runtime.store.transaction(origin) as tx:
            rows = (await tx.connection.execute(_due(self._runtime.clock.now()))).all()
            if not rows:
                return 0
            fired = await self._fire(tx, rows)
            await tx.connection.execute(delete(deadlines).where(deadlines.c.id.in_(fired)))
        self.fired += len(fired)
        FIRED.labels(self._service).inc(len(fired))
        failpoint("deadlines.after_fire")
        return len(rows)

    async def _fire(self, tx: Transaction, rows: Sequence[Row[DueRow]]) -> list[UUID]:
        due: list[Due] = []
        for row in rows:
            try:
                command = self._runtime.store.catalog.decode_command(row.command_type, row.command)
                due.append(Due(row.id, command, decode_origin(row.origin)))
            except (TypeError, ValueError) as error:
                await self._put_off(tx, row.id, error)
        await tx.load([(each.command, each.origin) for each in due])
        fired = []
        for each in due:
            try:
                tx.decide([(each.command, each.origin)])
                fired.append(each.id)
            except Exception as error:  # whatever a decision raises is that deadline's failure alone
                await self._put_off(tx, each.id, error)
        await tx.write()
        return fired

    async def _put_off(self, tx: Transaction, deadline_id: UUID, error: Exception) -> None:
        FAILED.labels(self._service).inc()
        self._runtime.log.warning(
            "deadlines.failed", deadline_id=str(deadline_id), error=f"{type(error).__name__}: {error}"
        )
        attempts = deadlines.c.attempts + 1
        await tx.connection.execute(
            update(deadlines)
            .where(deadlines.c.id == deadline_id)
            .values(
                attempts=attempts,
                error=f"{type(error).__name__}: {error}",
                status=case((attempts >= MOST_ATTEMPTS, "dead"), else_="waiting"),
                next_attempt_at=func.now() + timedelta(seconds=1) * func.power(2, deadlines.c.attempts),
            )
        )


def _due(now: datetime) -> Select[DueRow]:
    return (
        select(
            deadlines.c.id,
            deadlines.c.command_type,
            cast(deadlines.c.command, Text).label("command"),
            cast(deadlines.c.origin, Text).label("origin"),
        )
        .where(
            deadlines.c.status == "waiting",
            deadlines.c.due_at <= now,
            or_(deadlines.c.next_attempt_at.is_(None), deadlines.c.next_attempt_at <= func.now()),
        )
        .order_by(deadlines.c.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )


@dataclass(frozen=True)
class Waiting:
    """Deadlines that are due now, when the next one is (None without any), and how many were given up."""

    due: int
    next_due_at: datetime | None
    dead: int


async def waiting(connection: AsyncConnection, now: datetime) -> Waiting:
    """What the deadlines table holds."""
    row = (
        await connection.execute(
            select(
                func.count().filter(deadlines.c.status == "waiting", deadlines.c.due_at <= now),
                func.min(deadlines.c.due_at).filter(deadlines.c.status == "waiting"),
                func.count().filter(deadlines.c.status == "dead"),
            )
        )
    ).one()
    return Waiting(int(row[0]), row[1], int(row[2]))


async def retry(connection: AsyncConnection) -> int:
    """Let dead deadlines be tried again; gives how many."""
    changed = await connection.execute(
        update(deadlines).where(deadlines.c.status == "dead").values(status="waiting", attempts=0, next_attempt_at=None)
    )
    return changed.rowcount
