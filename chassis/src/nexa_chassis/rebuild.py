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
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import orjson
from psycopg.pq import TransactionStatus

from nexa_chassis.catalog import Catalog
from nexa_chassis.changes import Changes
from nexa_chassis.domain import Recorded
from nexa_chassis.event_codec import EventCodec
from nexa_chassis.read_models import ReadModel
from nexa_chassis.rebuild_from_topics import rebuild_from_topics
from nexa_chassis.rebuilding import OwnerConnection, RebuildError, Rebuilt, claim, connect_owner, with_lock
from nexa_chassis.table_twins import Twins
from nexa_contracts.envelope import Event

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime
    from nexa_chassis.service import Service

_ROWS_IN_MEMORY = 100_000
_LITTLE = 2_000
_NO_WRITER = "lock table events in share mode"


async def rebuild(runtime: Runtime, model: ReadModel) -> Rebuilt:
    """Rebuild a read model while writers, consumers and readers go on; as the owner of the tables.

    Raises `RebuildError`, or what the projection raises; then the old tables stand as they were.
    """
    if model.from_topics:
        return await rebuild_from_topics(runtime, model)
    return await rebuild_own_fed(runtime.settings.owner_url, runtime.service, model)


async def rebuild_own_fed(owner_url: str, service: Service, model: ReadModel) -> Rebuilt:
    """Rebuild from the service's own store."""
    if model.from_topics:
        raise RebuildError(f"{model.name} is fed from topics, not from {service.name}'s own events.")
    started = time.monotonic()
    events, under_lock = await asyncio.to_thread(_rebuild, owner_url, Catalog(service), model)
    return Rebuilt(events, under_lock, time.monotonic() - started)


def _rebuild(owner_url: str, catalog: Catalog, model: ReadModel) -> tuple[int, int]:
    with connect_owner(owner_url) as reading, connect_owner(owner_url) as writing:
        claim(reading, model)
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

    def run(self) -> tuple[int, int]:
        """The events read, and how many of them under the lock."""
        last = with_lock(self._reading, _NO_WRITER, self._last_position)
        while self._copy_up_to(last) > _LITTLE:
            last = with_lock(self._reading, _NO_WRITER, self._last_position)
        self._twins.finish()
        before = self._events
        with_lock(self._writing, _NO_WRITER, self._switch)
        return self._events, self._events - before

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
    parse, loads, source = datetime.fromisoformat, orjson.loads, codec.source
    kinds: dict[bytes, tuple[str, Callable[[bytes], Event]]] = {}
    for line in lines:
        row = bytes(line)
        if b"\\" in row:
            row = row.replace(b"\\\\", b"\\")
        stream, version, type_name, data, meta_text, recorded_at = row[:-1].split(b"\t")
        meta = loads(meta_text)
        kind = kinds.get(type_name)
        if kind is None:
            name = type_name.decode()
            kind = kinds[type_name] = name, codec.decoder(name)
        yield Recorded(
            stream.decode(),
            source,
            int(version),
            meta["previous"],
            kind[0],
            kind[1](data),
            parse(meta["time"]),
            parse(recorded_at.decode()),
            meta["actor"],
            meta["correlation"],
            meta["causation"],
            meta["traceparent"],
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
