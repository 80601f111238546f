"""Makes a read model anew that is fed from topics: its records are read again from the start, beside the live consumer.

A fact counts if the live consumer has passed it: at or below its watermark of that stream. So the new rows are those of the
live consumer's last commit, and after the switch it goes on with them: its next batch finds the watermarks it left.

1. Read up to the offsets that the live consumer has handled, by a reader that joins no group and commits nothing; project.
2. Lock the live tables, so that no batch can commit; read what was handled meanwhile, and what was held back in 1.
3. Put the new tables in the old ones' place and commit. A batch in flight writes its changes to the new ones.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition

from nexa_chassis.changes import Changes
from nexa_chassis.decoding import Delivery, decode, fact_of
from nexa_chassis.handlers import models_of
from nexa_chassis.read_models import Change, ReadModel
from nexa_chassis.rebuilding import OwnerConnection, RebuildError, Rebuilt, claim, connect_owner, with_lock
from nexa_chassis.table_twins import Twins

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime

_LITTLE = 2_000
_CHUNK = 5_000
_READ_WITHIN = 10.0


async def rebuild_from_topics(runtime: Runtime, model: ReadModel) -> Rebuilt:
    """Rebuild while the live consumer goes on. Raises `RebuildError`, or what the projection raises."""
    started = time.monotonic()
    reader = AIOKafkaConsumer(
        bootstrap_servers=runtime.settings.kafka_bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        async with asyncio.timeout(_READ_WITHIN):
            await reader.start()
        with connect_owner(runtime.settings.owner_url) as reading, connect_owner(runtime.settings.owner_url) as writing:
            claim(reading, model)
            twins = Twins(writing, model.tables)
            twins.create()
            try:
                build = _Build(f"{runtime.service.name}.{model.name}", model, reader, reading, writing, twins)
                events, under_lock = await build.run()
            finally:
                writing.rollback()
                twins.drop()
    finally:
        with suppress(Exception):
            await asyncio.wait_for(reader.stop(), _READ_WITHIN)
    return Rebuilt(events, under_lock, time.monotonic() - started)


class _Build:
    def __init__(
        self,
        consumer: str,
        model: ReadModel,
        reader: AIOKafkaConsumer,
        reading: OwnerConnection,
        writing: OwnerConnection,
        twins: Twins,
    ) -> None:
        self._consumer = consumer
        self._model = model
        self._models = models_of(model)
        self._reader = reader
        self._reading = reading
        self._writing = writing
        self._twins = twins
        self._reached: dict[TopicPartition, int] = {}
        self._applied: dict[str, int] = defaultdict(int)
        self._held_back: list[Delivery] = []
        self._events = 0

    async def run(self) -> tuple[int, int]:
        """The facts projected, and how many of them under the lock."""
        loop = asyncio.get_running_loop()
        while await self._catch_up() > _LITTLE:
            pass
        self._twins.finish()
        before = self._events
        tables = ", ".join(f'public."{table.name}"' for table in self._model.tables)
        lock = f"lock table {tables} in access exclusive mode"
        await asyncio.to_thread(with_lock, self._writing, lock, lambda: self._switch(loop))
        return self._events, self._events - before

    def _switch(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own, under the lock; the topics are read on the loop that the reader belongs to."""
        try:
            asyncio.run_coroutine_threadsafe(self._catch_up(), loop).result(_READ_WITHIN)
            self._twins.replace()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, TimeoutError) as error:
            # Not to be tried again from here: what has been read is known to be applied, and its rows would be rolled back.
            raise RebuildError(f"{self._model.name} could not be switched: {error!r}; rebuild it again.") from error

    async def _catch_up(self) -> int:
        """Project what the live consumer has handled and this has not; the number of records read.

        The watermarks are read first: a record they cover is below the offsets, which are read after them.
        """
        marks = dict(self._rows("select stream, version from watermarks where consumer = %s"))
        ends = {
            TopicPartition(topic, partition): end
            for topic, partition, end in self._rows(
                "select topic, partition, next_offset from handled_offsets where consumer = %s"
            )
        }
        read = 0
        async for chunk in self._records(ends):
            read += len(chunk)
            await asyncio.to_thread(self._apply, chunk, marks)
        waiting = sorted(self._held_back, key=lambda delivery: (delivery.stream or "", delivery.version))
        self._held_back = []
        await asyncio.to_thread(self._apply, waiting, marks, complete=True)
        return read

    async def _records(self, ends: dict[TopicPartition, int]) -> AsyncIterator[list[Delivery]]:
        """The records between where this has got to and these offsets, in chunks."""
        open_ = {place for place, end in ends.items() if self._reached.get(place, 0) < end}
        if not open_:
            return
        self._reader.assign(sorted(open_))
        for place in open_:
            self._reader.seek(place, self._reached.get(place, 0))
        while open_:
            async with asyncio.timeout(_READ_WITHIN):
                batches = await self._reader.getmany(*open_, timeout_ms=1_000, max_records=_CHUNK)
            for place, records in batches.items():
                wanted = [decode(record) for record in records if record.offset < ends[place]]
                if wanted:
                    yield wanted
                self._reached[place] = min(records[-1].offset + 1, ends[place])
                if self._reached[place] >= ends[place]:
                    open_.discard(place)

    def _apply(self, deliveries: Iterable[Delivery], marks: dict[str, int], *, complete: bool = False) -> None:
        """Project what is covered by the watermarks, each stream in its own order whatever the topic's order was.

        `complete`: all there is up to the watermarks has been read, so a fact's missing predecessor was passed over.
        """
        changes = Changes()
        for delivery in deliveries:
            stream = delivery.stream
            if stream is None or delivery.version <= self._applied[stream]:
                continue
            early = delivery.previous > self._applied[stream] and not complete
            if early or delivery.version > marks.get(stream, 0):
                self._held_back.append(delivery)
                continue
            if delivery.type in self._models:
                changes.extend(self._project(delivery, stream))
                self._events += 1
            self._applied[stream] = delivery.version
        with self._writing.transaction():
            for statement in changes.statements(self._twins.names):
                self._writing.execute(statement.sql.encode(), (statement.rows,))

    def _project(self, delivery: Delivery, stream: str) -> list[Change]:
        """The fact's changes; none of a fact that still cannot be projected and that an operator has discarded."""
        try:
            return list(self._model.project(fact_of(delivery, self._models[delivery.type])))
        except Exception as error:
            if (stream,) in self._rows("select stream from operator_acts where consumer = %s and act = 'discard'"):
                return []
            raise RebuildError(
                f"{stream}@{delivery.version} at {delivery.place} cannot be projected: {error!r}"
            ) from error

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._reading.execute(sql.encode(), (self._consumer,)).fetchall()
