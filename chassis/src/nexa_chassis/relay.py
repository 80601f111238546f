"""The outbox becomes records: read the oldest rows, send, wait for the acknowledgements, delete the rows.

No cursor is moved: what is in the table has not been acknowledged. One relay of a service works at a time; it holds an
advisory lock of the transaction that will delete the rows, so a paused or dead one loses it with its connection. What a
relay sent and could not delete is sent again by the next one; consumers know it by its version.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata
from prometheus_client import Counter, Gauge
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.event_codec import EVENT_COLUMNS, EventRow, Record
from nexa_chassis.failpoints import failpoint
from nexa_chassis.pacing import Pace
from nexa_chassis.producer import RelayProducer, SendFailed
from nexa_chassis.schema import events, operator_acts, outbox, relay_acks
from nexa_chassis.status import Health

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime

BATCH = 2_000
SEND_TIMEOUT = 10.0
LOCK_IDLE_LIMIT = "15s"
"""A relay that hangs between two statements loses its transaction, and so the lock, after this long."""

PUBLISHED = Counter("nexa_relay_published", "Records acknowledged by the broker", ["service"])
FAILURES = Counter("nexa_relay_failures", "Batches that could not be sent", ["service"])
REGRESSIONS = Counter("nexa_relay_regressions", "Topics found to have lost what was acknowledged", ["service"])
LEADING = Gauge("nexa_relay_leading", "1 while this process relays", ["service"])

_OLDEST = text(
    f"select {', '.join('e.' + column.strip() for column in EVENT_COLUMNS.split(','))} from outbox o"
    " join events e using (position) order by o.position limit :most"
)
_DELETE = text("delete from outbox where position = any(:positions)")


class TopicLost(Exception):
    """A topic's log is shorter than what was acknowledged: it, or the whole broker, began anew."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.topics = tuple(sorted(topics))
        super().__init__(f"{', '.join(self.topics)} lost acknowledged records")


class Relay:
    """A relay candidate of one process. `leading` while it held the lock last; `published` counts acknowledgements."""

    name = "relay"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._service = runtime.service.name
        self._lock = zlib.crc32(f"nexa-relay-{self._service}".encode())
        self._producer: RelayProducer | None = None
        self._cluster_id = ""
        self._trouble = ""
        self._backoff = 0.1
        self.leading = False
        self.published = 0

    def health(self) -> Health:
        return Health(not self._trouble, self._trouble)

    async def run(self, stopping: asyncio.Event) -> None:
        pace = Pace(self._runtime.store, stopping, longest=1.0)
        try:
            while not stopping.is_set():
                try:
                    sent = await self.relay_once()
                except (SendFailed, KafkaError, OSError, TimeoutError) as error:
                    await self._give_up_producer(error, stopping)
                except TopicLost as lost:
                    await self._publish_again(lost)
                except SQLAlchemyError as error:
                    self._trouble = f"the outbox cannot be read: {type(error).__name__}"
                    await _pause(stopping, 1.0)
                else:
                    self._trouble, self._backoff = "", 0.1
                    if sent:
                        pace.reset()
                    else:
                        await pace.pause()
        finally:
            self._set_leading(False)
            await self._close_producer()

    async def relay_once(self) -> int:
        """Relay one batch; 0 when there was nothing to do or another process is at it."""
        async with self._runtime.engine.connect() as connection, connection.begin():
            await connection.execute(text(f"set local idle_in_transaction_session_timeout = '{LOCK_IDLE_LIMIT}'"))
            if not await connection.scalar(select(func.pg_try_advisory_xact_lock(self._lock))):
                self._set_leading(False)
                return 0
            self._set_leading(True)
            rows = [EventRow(*row) for row in await connection.execute(_OLDEST, {"most": BATCH})]
            if not rows:
                return 0
            acks = await self._send(rows)
            await self._note(connection, acks)
            failpoint("relay.after_send_before_delete")
            await connection.execute(_DELETE, {"positions": [row.position for row in rows]})
        self.published += len(rows)
        PUBLISHED.labels(self._service).inc(len(rows))
        return len(rows)

    async def _send(self, rows: Sequence[EventRow]) -> Sequence[RecordMetadata]:
        producer = await self._open_producer()
        codec = self._runtime.store.catalog.codec
        records: list[Record] = [codec.record_of(row) for row in rows]
        if len(records) > 1:
            half = len(records) // 2
            first = await producer.send(records[:half])
            failpoint("relay.mid_batch")
            return [*first, *await producer.send(records[half:])]
        return await producer.send(records)

    async def _note(self, connection: AsyncConnection, acks: Sequence[RecordMetadata]) -> None:
        """Keep the last acknowledged offset of each partition. Raises `TopicLost` where one is not beyond the one before."""
        first: dict[tuple[str, int], int] = {}
        last: dict[tuple[str, int], int] = {}
        for ack in acks:
            place = (ack.topic, ack.partition)
            first[place] = min(first.get(place, ack.offset), ack.offset)
            last[place] = max(last.get(place, ack.offset), ack.offset)
        known = {
            (row.topic, row.partition): row
            for row in await connection.execute(
                select(relay_acks).where(relay_acks.c.topic.in_({topic for topic, _ in first}))
            )
        }
        lost = {
            topic
            for (topic, partition), row in known.items()
            if row.cluster_id != self._cluster_id
            or first.get((topic, partition), row.last_offset + 1) <= row.last_offset
        }
        if lost:
            raise TopicLost(lost)
        rows = [
            {"topic": topic, "partition": partition, "last_offset": offset, "cluster_id": self._cluster_id}
            for (topic, partition), offset in sorted(last.items())
        ]
        upsert = insert(relay_acks)
        await connection.execute(
            upsert.on_conflict_do_update(
                index_elements=["topic", "partition"],
                set_={"last_offset": upsert.excluded.last_offset, "cluster_id": upsert.excluded.cluster_id},
            ),
            rows,
        )

    async def _publish_again(self, lost: TopicLost) -> None:
        REGRESSIONS.labels(self._service).inc(len(lost.topics))
        self._trouble = f"{lost}; publishing them again from the event store"
        self._runtime.log.error("relay.topic_lost", topics=lost.topics)
        for topic in lost.topics:
            count = await publish_again(self._runtime, topic, actor="system:relay")
            self._runtime.log.warning("relay.publishing_again", topic=topic, events=count)

    async def _open_producer(self) -> RelayProducer:
        if self._producer is None:
            producer = RelayProducer(self._runtime.settings.kafka_bootstrap, send_timeout=SEND_TIMEOUT)
            await producer.start()
            self._cluster_id = await producer.cluster_id()
            self._producer = producer
        return self._producer

    async def _close_producer(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await producer.close()

    async def _give_up_producer(self, error: Exception, stopping: asyncio.Event) -> None:
        FAILURES.labels(self._service).inc()
        self._trouble = f"the broker does not take records: {error}"
        self._runtime.log.warning("relay.send_failed", error=str(error))
        await self._close_producer()
        await _pause(stopping, self._backoff)
        self._backoff = min(self._backoff * 2, 5.0)

    def _set_leading(self, leading: bool) -> None:
        if leading and not self.leading:
            self._runtime.log.info("relay.took_over")
        self.leading = leading
        LEADING.labels(self._service).set(leading)


async def publish_again(runtime: Runtime, topic: str, *, actor: str) -> int:
    """Put every published event of this topic back into the outbox, byte for byte the records they were; gives how many.

    Consumers that saw them pass over them by their versions. Raises LookupError for a topic that is not this service's.
    """
    aggregates = [each for each in runtime.service.aggregates if each.topic is not None and each.topic.name == topic]
    if not aggregates:
        known = sorted(each.topic.name for each in runtime.service.aggregates if each.topic is not None)
        raise LookupError(f"{runtime.service.name} has no topic {topic!r}; it has {', '.join(known)}")
    types = [runtime.store.catalog.codec.kind_of(model).type for model in aggregates[0].topic.events]  # type: ignore[union-attr]
    prefix = f"{aggregates[0].name}-"
    async with runtime.engine.begin() as connection:
        await connection.execute(text("set local statement_timeout = 0"))
        every = select(events.c.position).where(
            events.c.published, events.c.type.in_(types), events.c.stream.startswith(prefix, autoescape=True)
        )
        put = await connection.execute(insert(outbox).from_select(["position"], every).on_conflict_do_nothing())
        await connection.execute(relay_acks.delete().where(relay_acks.c.topic == topic))
        await connection.execute(insert(operator_acts).values(actor=actor, act="publish-again", detail=topic))
    runtime.store.committed()
    return put.rowcount


async def oldest_unpublished(connection: AsyncConnection) -> tuple[int, float]:
    """How many rows wait in the outbox, and for how many seconds (of the database's clock) the oldest has."""
    row = (
        await connection.execute(
            text(
                "select (select count(*) from outbox),"
                " coalesce((select extract(epoch from clock_timestamp() - e.recorded_at)"
                " from outbox o join events e using (position) order by o.position limit 1), 0)"
            )
        )
    ).one()
    return int(row[0]), float(row[1])


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
