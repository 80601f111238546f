"""Makes a read model anew from the events, beside the old one, while the service goes on writing. Never runs a reaction.

Every writer holds the lock of an INSERT on `events` from before it takes a position until it commits. So a SHARE lock, held
for a moment, proves that all events up to the last position are there and that none is under way; it costs a writer nothing.

1. Lock, note the last position, release. Build up to it: COPY out, project, merge, write to tables in a schema of their own.
2. Again for what was written meanwhile, until that is little.
3. Lock, apply the rest, put the new tables in the old ones' place, commit. Indexes, constraints and grants are the same.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import make_url

from nexa_chassis.catalog import Catalog
from nexa_chassis.changes import Changes
from nexa_chassis.domain import Recorded
from nexa_chassis.event_codec import EventCodec
from nexa_chassis.read_models import ReadModel
from nexa_chassis.table_twins import Twins

if TYPE_CHECKING:
    from nexa_chassis.service import Service

OwnerConnection = psycopg.Connection[tuple[Any, ...]]

_ROWS_IN_MEMORY = 100_000
_LITTLE = 2_000
_LOCK_TIMEOUT = "3s"
_LOCK_ATTEMPTS = 20


@dataclass(frozen=True)
class Rebuilt:
    """How many events a rebuild read, and how many of them while writers had to wait."""

    events: int
    under_lock: int


class RebuildError(Exception):
    """The rebuild cannot be done or was given up; the old tables stand as they were."""


def own_fed(service: Service, name: str) -> ReadModel:
    """The read model of this name. Raises `RebuildError` if there is none, or if it is fed from topics."""
    for model in service.read_models:
        if model.name == name:
            if model.from_topics:
                raise RebuildError(f"{name} is fed from topics, not from {service.name}'s own events.")
            return model
    names = ", ".join(sorted(model.name for model in service.read_models))
    raise RebuildError(f"{service.name} has no read model named {name}; it has: {names}.")


async def rebuild(owner_url: str, service: Service, name: str) -> Rebuilt:
    """Rebuild an own-fed read model; writers and readers go on meanwhile. Connects as the owner of the tables."""
    model = own_fed(service, name)
    return await asyncio.to_thread(_rebuild, owner_url, Catalog(service), model)


def _rebuild(owner_url: str, catalog: Catalog, model: ReadModel) -> Rebuilt:
    with _connect(owner_url) as reading, _connect(owner_url) as writing:
        _claim(reading, model)
        twins = Twins(writing, model.tables)
        twins.create()
        try:
            with _without_cycle_collection():
                return _Build(catalog, model, reading, writing, twins).run()
        finally:
            if writing.info.transaction_status != TransactionStatus.IDLE:
                writing.rollback()
            twins.drop()


class _Build:
    def __init__(
        self, catalog: Catalog, model: ReadModel, reading: OwnerConnection, writing: OwnerConnection, twins: Twins
    ) -> None:
        self._codec = catalog.codec
        self._model = model
        self._reading = reading
        self._writing = writing
        self._twins = twins
        self._position = 0
        self._events = 0

    def run(self) -> Rebuilt:
        last = _with_lock(self._reading, lambda: self._last_position())
        while self._copy_up_to(last) > _LITTLE:
            last = _with_lock(self._reading, lambda: self._last_position())
        self._twins.finish()
        before = self._events
        _with_lock(self._writing, self._switch)
        return Rebuilt(self._events, self._events - before)

    def _last_position(self) -> int:
        row = self._reading.execute("select coalesce(max(position), 0) from events").fetchone()
        return int(row[0]) if row else 0

    def _copy_up_to(self, last: int) -> int:
        """Project the events after the position reached, up to and with `last`; the number of events read."""
        before = self._events
        changes, project = Changes(), self._model.project
        within = (self._codec.types_of(self._model.on), self._position, last)
        with ThreadPoolExecutor(1) as writer, self._reading.cursor() as cursor, cursor.copy(_EVENTS, within) as copy:
            written: Future[None] | None = None
            for fact in _facts(self._codec, copy):
                self._events += 1
                changes.extend(project(fact))
                if self._events % 1000 == 0 and len(changes) >= _ROWS_IN_MEMORY:
                    if written is not None:
                        written.result()
                    written = writer.submit(self._write, changes)
                    changes = Changes()
            if written is not None:
                written.result()
        self._write(changes)
        self._position = last
        return self._events - before

    def _write(self, changes: Changes) -> None:
        """While this waits for the server, the next rows are projected."""
        with self._writing.transaction():
            for statement in changes.statements(self._twins.names):
                self._writing.execute(statement.sql.encode(), (statement.rows,))

    def _switch(self) -> None:
        """With writers waiting: what is left, then the new tables in the old ones' place."""
        before, position = self._events, self._position
        try:
            self._copy_up_to(self._last_position())
            self._twins.replace()
        except BaseException:
            # The attempt's writes go with its transaction, so the next one starts from the same place.
            self._events, self._position = before, position
            raise


_EVENTS = (
    "copy (select stream, version, type, data, meta, recorded_at from events"
    " where type = any(%s) and position > %s and position <= %s order by position) to stdout"
)


def _facts(codec: EventCodec, lines: Iterable[bytes | bytearray | memoryview]) -> Iterator[Recorded]:
    """The events in the lines of a COPY in text format, whose only escape inside JSON text is a doubled backslash."""
    parse, decode, loads, source = datetime.fromisoformat, codec.decode, orjson.loads, codec.source
    for line in lines:
        row = bytes(line)
        if b"\\" in row:
            row = row.replace(b"\\\\", b"\\")
        stream, version, type_name, data, meta_text, recorded_at = row[:-1].split(b"\t")
        meta = loads(meta_text)
        name = type_name.decode()
        yield Recorded(
            stream=stream.decode(),
            source=source,
            version=int(version),
            previous=meta["previous"],
            type=name,
            event=decode(name, data),
            time=parse(meta["time"]),
            recorded_at=parse(recorded_at.decode()),
            actor=meta["actor"],
            correlation_id=meta["correlation"],
            causation_id=meta["causation"],
            traceparent=meta["traceparent"],
        )


@contextmanager
def _without_cycle_collection() -> Iterator[None]:
    """Rows by the ten thousand are alive at once and none is part of a cycle: looking for cycles doubled the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _connect(owner_url: str) -> OwnerConnection:
    url = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(
        url, autocommit=True, options="-c timezone=UTC -c statement_timeout=0", application_name="nexa"
    )


def _claim(connection: OwnerConnection, model: ReadModel) -> None:
    row = connection.execute("select pg_try_advisory_lock(hashtext(%s))", (f"nexa rebuild {model.name}",)).fetchone()
    if not row or not row[0]:
        raise RebuildError(f"Another rebuild of {model.name} is running.")


def _with_lock(connection: OwnerConnection, work: Callable[[], Any]) -> Any:
    """Do the work while no event is being written. Writers wait no longer than the lock's time-out for a slow one of theirs."""
    for _ in range(_LOCK_ATTEMPTS):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'".encode())
                connection.execute("lock table events in share mode")
                return work()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            continue
    raise RebuildError(
        f"No moment without a transaction that writes events was found in {_LOCK_ATTEMPTS} attempts of {_LOCK_TIMEOUT};"
        " look for a transaction left open (pg_stat_activity, state 'idle in transaction')."
    )
