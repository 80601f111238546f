"""What is due is executed: rows written beside the events that asked for them, fired as commands, never cancelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.blame import database_is_away, in_words
from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.failpoints import failpoint
from nexa_chassis.origin import Origin
from nexa_chassis.pacing import rest
from nexa_chassis.schema import deadlines, operator_acts
from nexa_chassis.status import Health
from nexa_chassis.transaction import decode_origin

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime
    from nexa_chassis.transaction import Transaction

BATCH = 1_000
MOST_ATTEMPTS = 8
GLANCE = 0.02
"""How often, in seconds, the clock is looked at; so soon a change of a simulated clock is noticed."""

LONGEST_WAIT = 1.0
"""How soon a deadline is noticed that another process has just written, and a failed one tried again."""

_JUMP = 0.2

FIRED = Counter("nexa_deadlines_fired", "Deadlines whose command was executed", ["service"])
FAILED = Counter("nexa_deadlines_failed", "Attempts of deadlines that failed", ["service"])

_CLAIM = """
    select id, command_type, command::text, origin::text from deadlines
     where id = any(%s) and status = 'waiting' order by due_at, id for update skip locked"""
_PUT_OFF = f"""
    update deadlines d
       set attempts = attempts + 1, error = failed.error,
           status = case when attempts + 1 >= {MOST_ATTEMPTS} then 'dead' else 'waiting' end,
           next_attempt_at = now() + interval '1 second' * power(2, attempts)
      from unnest(%s::uuid[], %s::text[]) as failed(id, error) where d.id = failed.id"""


class DeadlineRunner:
    """Fires what is due. `fired` counts the deadlines whose command was executed by this process."""

    name = "deadlines"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._service = runtime.service.name
        self._trouble = ""
        self._next_due: datetime | None = None
        self.fired = 0

    def health(self) -> Health:
        return Health(not self._trouble, self._trouble)

    async def run(self, stopping: asyncio.Event) -> None:
        written = asyncio.Event()
        self._runtime.store.on_schedule.append(written.set)
        try:
            while not stopping.is_set():
                written.clear()
                if not await self._turn(stopping):
                    await self._until_due(stopping, written)
        finally:
            self._runtime.store.on_schedule.remove(written.set)

    async def _turn(self, stopping: asyncio.Event) -> bool:
        try:
            fired = await self.fire_due()
        except Exception as error:
            if not database_is_away(error):
                raise
            self._trouble = f"the database does not answer: {type(error).__name__}"
            await rest(stopping, 1.0)
            return True
        self._trouble = ""
        return bool(fired)

    async def _until_due(self, stopping: asyncio.Event, written: asyncio.Event) -> None:
        """Until the next deadline is due, or the clock was set, or this process has set one, or a second passed."""
        clock = self._runtime.clock
        began, then = time.monotonic(), clock.now()
        while not stopping.is_set() and not written.is_set():
            await rest(stopping, GLANCE)
            now, passed = clock.now(), time.monotonic() - began
            was_set = abs((now - then).total_seconds() - passed) > _JUMP and now != then
            if was_set or passed > LONGEST_WAIT or (self._next_due is not None and now >= self._next_due):
                return
        await rest(stopping, GLANCE)

    async def fire_due(self) -> int:
        """Fire what is due, up to a thousand in one transaction; gives how many were due.

        One that fails is put off, each time for longer, and after eight attempts is *dead*; it holds up no other.
        """
        now = self._runtime.clock.now()
        async with self._runtime.engine.connect() as connection:
            due: list[UUID] = [row.id for row in await connection.execute(_due(now))]
            if not due:
                self._next_due = await connection.scalar(_next_due())
                return 0
        await self._fire(due)
        failpoint("deadlines.after_fire")
        return len(due)

    async def _fire(self, ids: Sequence[UUID]) -> None:
        """All in one transaction; where that fails for one of them, in halves, down to the one that is to blame."""
        try:
            fired = await self._fire_together(ids)
        except ConcurrencyConflict:
            return  # they are still due
        except Exception as error:
            if database_is_away(error):
                raise
            if len(ids) == 1:
                await self._blame(ids[0], error)
                return
            half = len(ids) // 2
            await self._fire(ids[:half])
            await self._fire(ids[half:])
            return
        self.fired += fired
        FIRED.labels(self._service).inc(fired)

    async def _fire_together(self, ids: Sequence[UUID]) -> int:
        failed: dict[UUID, Exception] = {}
        origin = Origin(actor=f"system:{self._service}.deadlines", correlation_id="")
        async with self._runtime.store.transaction(origin) as tx:
            due = await self._claim(tx, ids, failed)
            await tx.load([pair for _, pair in due])
            fired = []
            for deadline_id, pair in due:
                try:
                    tx.decide([pair])
                    fired.append(deadline_id)
                except Exception as error:  # whatever a decision raises is that deadline's failure alone
                    failed[deadline_id] = error
            await tx.write()
            await tx.run("delete from deadlines where id = any(%s)", (fired,))
            await self._put_off(tx, failed)
        return len(fired)

    async def _claim(
        self, tx: Transaction, ids: Sequence[UUID], failed: dict[UUID, Exception]
    ) -> list[tuple[UUID, tuple[object, Origin]]]:
        """The deadlines that no other process is at, with their commands; what cannot be read has failed."""
        decode = self._runtime.store.catalog.decode_command
        due = []
        for deadline_id, command_type, command, origin in await tx.fetch(_CLAIM, (list(ids),)):
            try:
                due.append((deadline_id, (decode(command_type, command), decode_origin(origin))))
            except (TypeError, ValueError) as error:
                failed[deadline_id] = error
        return due

    async def _blame(self, deadline_id: UUID, error: Exception) -> None:
        origin = Origin(actor=f"system:{self._service}.deadlines", correlation_id="")
        async with self._runtime.store.transaction(origin) as tx:
            await self._put_off(tx, {deadline_id: error})

    async def _put_off(self, tx: Transaction, failed: Mapping[UUID, Exception]) -> None:
        if not failed:
            return
        reasons = [in_words(error) for error in failed.values()]
        await tx.run(_PUT_OFF, (list(failed), reasons))
        FAILED.labels(self._service).inc(len(failed))
        for deadline_id, reason in zip(failed, reasons, strict=True):
            self._runtime.log.warning("deadlines.failed", deadline_id=str(deadline_id), error=reason)


def _due(now: datetime) -> Select[tuple[UUID]]:
    table = deadlines.c
    may_try = or_(table.next_attempt_at.is_(None), table.next_attempt_at <= func.now())
    return (
        select(table.id)
        .where(table.status == "waiting", table.due_at <= now, may_try)
        .order_by(table.due_at, table.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )


def _next_due() -> Select[tuple[datetime | None]]:
    """Those that have failed are due already, and wait for their next attempt."""
    return select(func.min(deadlines.c.due_at)).where(deadlines.c.status == "waiting", deadlines.c.attempts == 0)


async def next_due_at(connection: AsyncConnection) -> datetime | None:
    """When the next deadline is due, on the domain's clock; None while none waits. The simulated clock stops there."""
    found: datetime | None = await connection.scalar(_next_due())
    return found


async def retry(connection: AsyncConnection, actor: str = "operator") -> int:
    """Let dead deadlines be tried again; gives how many."""
    changed = await connection.execute(
        update(deadlines).where(deadlines.c.status == "dead").values(status="waiting", attempts=0, next_attempt_at=None)
    )
    if changed.rowcount:
        acts = insert(operator_acts).values(actor=actor, act="retry-deadlines", detail=str(changed.rowcount))
        await connection.execute(acts)
    return changed.rowcount
