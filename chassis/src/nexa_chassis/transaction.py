"""Many commands in one transaction: streams loaded in one query, decided in memory, written in a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import orjson
import psycopg
from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.append import append_statement
from nexa_chassis.changes import Changes
from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.domain import ContextOfCommands, Deadline, Recorded, derive
from nexa_chassis.event_codec import EventRow
from nexa_chassis.lanes import DriverConnection, prepare_at_once
from nexa_chassis.loading import load_heads, on_driver
from nexa_chassis.origin import Origin
from nexa_chassis.read_models import Change
from nexa_chassis.unit_of_work import Appended, Command, UnitOfWork

if TYPE_CHECKING:
    from nexa_chassis.store import Store

_FEW = 8
"""Up to so many events, one statement is quicker than positions and two COPYs."""

_ORIGIN = TypeAdapter(Origin)


class Transaction:
    """What happens inside `async with store.transaction(origin)`: committed at the end of the block or not at all.

    `execute` is the usual way in. A consumer that must tell a failing fact from its neighbours takes the three steps one by
    one: `load` once for all commands, `decide` for each fact's commands (a failure leaves nothing behind, in memory),
    `write` once. A conflict raises `ConcurrencyConflict`; the block is then run again as a whole. `scheduled` and `started`
    say whether it set deadlines and started jobs.
    """

    def __init__(self, store: Store, connection: AsyncConnection, driver: DriverConnection, origin: Origin) -> None:
        self.connection = connection
        self.origin = origin
        self.facts: list[Recorded] = []
        self.unit = UnitOfWork(store.catalog, store.clock.now())
        self.scheduled = False
        self.started = False
        self._store = store
        self._driver = driver
        self._written = 0
        prepare_at_once(driver)

    async def execute(self, commands: Sequence[object | Command]) -> list[Recorded]:
        """The facts that these commands add, in order, written. A command may come as (command, its own origin)."""
        pairs = self._pairs(commands)
        await self.load(pairs)
        facts = self.unit.decide(pairs)
        await self.write()
        return facts

    async def load(self, commands: Sequence[object | Command]) -> None:
        """Read what deciding these commands takes: every stream in one query, every context once.

        That is once per transaction, or, for a context that depends on the commands, once per call of this.
        """
        pairs = self._pairs(commands)
        for context, needed_for in self.unit.missing_contexts(pairs):
            if isinstance(context, ContextOfCommands):
                value = await context.load(self.connection, needed_for)
            else:
                value = await context.load(self.connection)
            for one in self.unit.appended[self._written :]:  # decided in this transaction, not yet in the database
                value = context.evolve(value, one.fact.event)
            self.unit.set_context(context, value)
        missing = self.unit.missing_streams(pairs)
        if missing:
            self.unit.heads.update(
                await load_heads(on_driver(self._driver), self._store.catalog, self._store.cache, missing)
            )

    def decide(self, commands: Sequence[object | Command]) -> list[Recorded]:
        """Decide loaded commands, all or none of them; the facts are written by the next `write`."""
        return self.unit.decide(self._pairs(commands))

    async def write(self) -> None:
        """Append what has been decided, and bring outbox and own-fed read models up to date with it."""
        appended = self.unit.appended[self._written :]
        if not appended:
            return
        try:
            await self._write(appended)
        except psycopg.Error as error:
            raise as_conflict(error) from error
        self._written = len(self.unit.appended)
        self.facts += [one.fact for one in appended]

    async def _write(self, appended: Sequence[Appended]) -> None:
        changes = project(self._store, appended)
        if len(appended) <= _FEW:
            sql, parameters = append_statement(appended, changes.statements())
            await self._driver.execute(sql, parameters)
            return
        await _copy(self._driver, appended)
        for statement in changes.statements(lock=True):
            await self._driver.execute(statement.sql, (statement.rows,))

    async def apply(self, changes: Iterable[Change], tables: Mapping[Table, str] | None = None) -> None:
        """Write these changes of read-model rows; `tables` names other tables of the same shape to write to instead."""
        for statement in Changes(changes).statements(tables, lock=True):
            await self._driver.execute(statement.sql, (statement.rows,))

    async def fetch(self, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """The rows of a driver-level query, on this transaction's connection."""
        cursor = await self._driver.execute(sql, parameters)
        return await cursor.fetchall()

    async def run(self, sql: str, parameters: Sequence[object] | Mapping[str, object]) -> int:
        """Execute a driver-level statement on this transaction's connection; gives how many rows it touched."""
        cursor = await self._driver.execute(sql, parameters)
        return cursor.rowcount

    async def schedule(self, deadlines: Sequence[Deadline | tuple[Deadline, Origin]]) -> None:
        """Remember these deadlines. One that is scheduled again under the same cause, actor and key stays as it was."""
        rows = [
            self._deadline_row(*pair)
            for pair in (one if isinstance(one, tuple) else (one, self.origin) for one in deadlines)
        ]
        if not rows:
            return
        rows.sort(key=lambda row: str(row["id"]))
        await self._driver.execute(
            "insert into deadlines (id, due_at, command_type, command, origin)"
            " select id, due_at, command_type, command::json, origin::json from json_to_recordset(%s::json)"
            " as new(id uuid, due_at timestamptz, command_type text, command text, origin text)"
            " on conflict (id) do nothing",
            (orjson.dumps(rows).decode(),),
        )
        self.scheduled = True

    def _deadline_row(self, deadline: Deadline, origin: Origin) -> dict[str, object]:
        command_type, command = self._store.catalog.encode_command(deadline.command)
        cause = origin.causation_id or origin.correlation_id
        return {
            "id": derive(cause, origin.actor, command_type, deadline.key),
            "due_at": deadline.at,
            "command_type": command_type,
            "command": command,
            "origin": _ORIGIN.dump_json(origin).decode(),
        }

    async def start_job(self, name: str, job_id: UUID, state: Mapping[str, JsonValue]) -> None:
        """Have the service's job of this name begin when this transaction commits; the same id is started once."""
        await self._driver.execute(
            "insert into jobs (id, name, state) values (%s, %s, %s) on conflict (id) do nothing",
            (job_id, name, orjson.dumps(state).decode()),
        )
        self.started = True

    async def remember(self, key: str, fingerprint: str) -> None:
        """Record that the request with this idempotency key led to the facts of this transaction."""
        if self.unit.appended:
            cursor = await self._driver.execute(
                "select e.position from unnest(%s::text[], %s::int[]) as w(stream, version)"
                " join events e on e.stream = w.stream and e.version = w.version order by 1",
                ([fact.stream for fact in self.facts], [fact.version for fact in self.facts]),
            )
            positions = [position for (position,) in await cursor.fetchall()]
        else:
            positions = []
        await self._driver.execute(
            "insert into commands (key, fingerprint, positions) values (%s, %s, %s)", (key, fingerprint, positions)
        )

    def _pairs(self, commands: Sequence[object | Command]) -> list[Command]:
        return [cast(Command, one) if isinstance(one, tuple) else (one, self.origin) for one in commands]


def decode_origin(data: str | bytes) -> Origin:
    """The origin in a deadline's row."""
    return _ORIGIN.validate_json(data)


def project(store: Store, appended: Sequence[Appended]) -> Changes:
    """How the appended facts change the read models that are fed in this transaction."""
    changes = Changes()
    read_models_of = store.catalog.read_models_of
    for one in appended:
        for model in read_models_of(type(one.fact.event)):
            changes.extend(model.project(one.fact))
    return changes


def as_conflict(error: psycopg.Error) -> Exception:
    """The error as a `ConcurrencyConflict` where trying again on fresh state is the answer to it, else the error itself."""
    if isinstance(error, psycopg.errors.UniqueViolation) and error.diag.constraint_name == "events_stream_version_key":
        return ConcurrencyConflict(_stream_in(error.diag.message_detail or ""))
    if isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return ConcurrencyConflict(None)
    return error


def _stream_in(detail: str) -> str | None:
    """`Key (stream, version)=(deal-…, 3) already exists.` names the stream."""
    _, found, rest = detail.partition("=(")
    return rest.partition(",")[0] if found else None


async def _copy(driver: DriverConnection, appended: Sequence[Appended]) -> None:
    """COPY the events and their outbox rows.

    Positions are taken here, after every stream was loaded, so a later version never has an earlier position. The empty
    insert takes the lock on `events` that every writer holds from before its first position until its commit: a rebuild
    waits on that lock to know that nothing below the last position is still to come.
    """
    cursor = await driver.execute(
        "with locked as (insert into events (stream, version, type, published, data, meta, recorded_at)"
        " select '', 0, '', false, '{}', '{}', now() where false)"
        " select nextval(pg_get_serial_sequence('events', 'position')) from generate_series(1, %s)",
        (len(appended),),
    )
    positions = sorted(position for (position,) in await cursor.fetchall())
    lines = [_line(position, one.row) for position, one in zip(positions, appended, strict=True)]
    async with cursor.copy(
        "copy events (position, stream, version, type, published, data, meta, recorded_at) from stdin"
    ) as copy:
        await copy.write("".join(lines))
    outbox = [position for position, one in zip(positions, appended, strict=True) if one.row.published]
    if outbox:
        async with cursor.copy("copy outbox (position) from stdin") as copy:
            await copy.write("".join(f"{position}\n" for position in outbox))


def _line(position: int, row: EventRow) -> str:
    """A row in COPY's text format. JSON holds no tab or line end of its own, so only the backslash needs escaping."""
    published = "t" if row.published else "f"
    line = (
        f"{position}\t{row.stream}\t{row.version}\t{row.type}\t{published}\t{row.data}\t{row.meta}"
        f"\t{row.recorded_at.isoformat()}\n"
    )
    return line.replace("\\", "\\\\") if "\\" in line else line
