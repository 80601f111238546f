"""The outbox becomes records: read the oldest rows, send, wait for the acknowledgements, delete the rows.

No cursor is moved: what is in the table has not been acknowledged. One relay of a service works at a time; it holds an
advisory lock of the transaction that will delete the rows, so a paused or dead one loses it with its connection. What a
relay sent and could not delete is sent again by the next one; consumers know it by its version.

Kafka itself is watched, too: a topic that was wiped or made anew gives no error to a producer. So the last acknowledged offset
of each partition and the cluster's id stand in the database; a log that ends before that offset, or belongs to another
cluster, is filled again from the event store.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, LiteralString, cast

import psycopg
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata
from prometheus_client import Counter, Gauge
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.broker_view import BrokerView, look
from nexa_chassis.event_codec import EVENT_COLUMNS, EventRow
from nexa_chassis.failpoints import failpoint
from nexa_chassis.lanes import DriverConnection
from nexa_chassis.pacing import Pace, rest
from nexa_chassis.producer import RelayProducer, SendFailed
from nexa_chassis.provisioning import TopicNotMade, ensure_topics, topics_of
from nexa_chassis.schema import events, operator_acts, outbox, relay_acks
from nexa_chassis.status import Health

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime

BATCH = 2_000
BATCH_BYTES = 8 * 1024 * 1024
"""A batch ends with the row that goes past this size, as stored: few large events are a batch, too."""

SEND_TIMEOUT = 5.0
LOCK_IDLE_LIMIT = "8s"
"""A relay that hangs between two statements loses its transaction, and so the lock, after this long."""

LOOK_EVERY = 10.0
"""How often, in seconds, the topics' logs are compared with what was acknowledged, be there something to send or not."""

_LONGEST_BACKOFF = 2.0
_AFTER_LOST_TURN = 0.005

PUBLISHED = Counter("nexa_relay_published", "Records acknowledged by the broker", ["service"])
FAILURES = Counter("nexa_relay_failures", "Batches that could not be sent", ["service"])
REGRESSIONS = Counter("nexa_relay_regressions", "Topics found to have lost what was acknowledged", ["service"])
LEADING = Gauge("nexa_relay_leading", "1 while this process relays", ["service"])

_LOCK = f"""
    select pg_try_advisory_xact_lock(%s), set_config('idle_in_transaction_session_timeout', '{LOCK_IDLE_LIMIT}', true)"""
# The lateral join with its offset is a look-up per row whatever the planner believes of an outbox that fills and empties.
_OLDEST = f"""
    select {EVENT_COLUMNS} from (
        select e.*, sum(pg_column_size(e.data)) over (order by e.position rows unbounded preceding)
               - pg_column_size(e.data) as before
          from (select position from outbox order by position limit %s) o
          cross join lateral (select * from events where events.position = o.position offset 0) e
    ) oldest where before < {BATCH_BYTES} order by position"""

# Notes and deletes, or, where an acknowledged offset is not beyond the one before, does neither and tells the topics.
_SETTLE = """
    with acked as (select * from unnest(%s::text[], %s::int[], %s::bigint[], %s::bigint[]) as a(topic, partition, first, last)),
         wrong as (select topic, k.cluster_id <> %s as foreign_cluster from acked join relay_acks k using (topic, partition)
                    where k.cluster_id <> %s or acked.first <= k.last_offset),
         noted as (insert into relay_acks (topic, partition, last_offset, cluster_id)
                   select topic, partition, last, %s from acked where not exists (select from wrong)
                   on conflict (topic, partition)
                   do update set last_offset = excluded.last_offset, cluster_id = excluded.cluster_id),
         gone as (delete from outbox where position = any(%s) and not exists (select from wrong))
    select distinct topic, foreign_cluster from wrong"""


class Relay:
    """A relay candidate of one process. `leading` while it held the lock last; `published` counts acknowledgements."""

    name = "relay"

    def __init__(self, runtime: Runtime, *, look_every: float = LOOK_EVERY) -> None:
        self._runtime = runtime
        self._service = runtime.service.name
        self._topics = topics_of(runtime.service)
        self._look_every = look_every
        self._next_look = 0.0
        self._producer: RelayProducer | None = None
        self._cluster_id = ""
        self._trouble = ""
        self._filling_again = ""
        self._backoff = 0.1
        self.leading = False
        self.published = 0

    def health(self) -> Health:
        reason = self._trouble or self._filling_again
        return Health(not reason, reason)

    async def run(self, stopping: asyncio.Event) -> None:
        pace = Pace(stopping, longest=1.0)
        try:
            with pace.woken_by(self._runtime.store.on_append):
                while not stopping.is_set():
                    await self._turn(pace, stopping)
        finally:
            self._set_leading(False)
            await self._close_producer()

    async def _turn(self, pace: Pace, stopping: asyncio.Event) -> None:
        try:
            moved = await self.relay_once()
        except (SendFailed, KafkaError, TopicNotMade, OSError, TimeoutError) as error:
            FAILURES.labels(self._service).inc()
            self._say(f"the broker does not take records: {type(error).__name__}: {error}")
            await self._close_producer()
            await self._rest_longer(stopping)
        except (SQLAlchemyError, psycopg.Error) as error:
            self._say(f"the outbox cannot be read: {type(error).__name__}: {str(error).splitlines()[0]}")
            await self._rest_longer(stopping)
        else:
            self._trouble, self._backoff = "", 0.1
            if moved:
                pace.reset()
            else:
                await pace.pause(None if self.leading else _AFTER_LOST_TURN)

    async def relay_once(self) -> int:
        """Relay one batch; 0 when there was nothing to do or another process is at it."""
        async with self._runtime.engine.connect() as connection, connection.begin():
            if not await self._lock(connection):
                return 0
            lost = await self._look_if_due(connection)
            if lost:
                return await self._fill_again(connection, lost)
            rows = [EventRow(*row) for row in await _fetch(connection, _OLDEST, (BATCH,))]
            if not rows:
                self._filling_again = ""
                return 0
            acks = await self._send(rows)
            failpoint("relay.after_send_before_delete")
            lost = await self._settle(connection, acks, [row.position for row in rows])
            if lost:
                return await self._fill_again(connection, lost)
        self.published += len(rows)
        PUBLISHED.labels(self._service).inc(len(rows))
        return len(rows)

    async def _lock(self, connection: AsyncConnection) -> bool:
        [(locked, *_)] = await _fetch(connection, _LOCK, (lock_of(self._service),))
        self._set_leading(locked)
        return bool(locked)

    async def _look_if_due(self, connection: AsyncConnection) -> set[str]:
        """The topics whose log ends before what was acknowledged, or is another cluster's."""
        if not self._topics or (self._producer is not None and time.monotonic() < self._next_look):
            return set()
        async with asyncio.timeout(SEND_TIMEOUT):
            if self._producer is None:
                producer = RelayProducer(self._runtime.settings.kafka_bootstrap, send_timeout=SEND_TIMEOUT)
                await producer.start()
                self._producer = producer
            view = await self._view()
        self._cluster_id = view.cluster_id
        self._next_look = time.monotonic() + self._look_every
        known = await connection.execute(select(relay_acks).where(relay_acks.c.topic.in_(self._topics)))
        return {
            row.topic
            for row in known
            if row.cluster_id != view.cluster_id or view.ends.get((row.topic, row.partition), 0) <= row.last_offset
        }

    async def _view(self) -> BrokerView:
        """What the broker holds, once all topics are there. One that exists and is not told of yet must not pass for lost."""
        settings = self._runtime.settings
        view = await look(settings.kafka_bootstrap, self._topics, seconds=SEND_TIMEOUT)
        if view.missing:
            await ensure_topics(settings, view.missing)
            self._runtime.log.info("relay.topics_made", topics=view.missing)
            view = await look(settings.kafka_bootstrap, self._topics, seconds=SEND_TIMEOUT)
        if view.missing:
            raise SendFailed(f"the broker does not tell of {', '.join(view.missing)} yet")
        return view

    async def _send(self, rows: Sequence[EventRow]) -> Sequence[RecordMetadata]:
        if self._producer is None:
            raise SendFailed("the producer was closed meanwhile")
        record_of = self._runtime.store.catalog.codec.record_of
        return await self._producer.send([record_of(row) for row in rows], lambda: failpoint("relay.mid_batch"))

    async def _settle(
        self, connection: AsyncConnection, acks: Sequence[RecordMetadata], positions: Sequence[int]
    ) -> set[str]:
        """Note the acknowledged offsets and delete the rows; or neither, where topics have lost what was acknowledged."""
        first: dict[tuple[str, int], int] = {}
        last: dict[tuple[str, int], int] = {}
        for ack in acks:
            place = (ack.topic, ack.partition)
            if ack.offset < 0:  # the broker knew it for a duplicate and has forgotten where it stands
                continue
            first[place] = min(first.get(place, ack.offset), ack.offset)
            last[place] = max(last.get(place, ack.offset), ack.offset)
        places = sorted(first)
        columns = ([topic for topic, _ in places], [partition for _, partition in places])
        offsets = ([first[place] for place in places], [last[place] for place in places])
        cluster = self._cluster_id
        wrong = await _fetch(connection, _SETTLE, (*columns, *offsets, cluster, cluster, cluster, list(positions)))
        if any(foreign_cluster for _, foreign_cluster in wrong):
            raise SendFailed("another relay of this service has found another cluster behind the address")
        return {topic for topic, _ in wrong}

    async def _fill_again(self, connection: AsyncConnection, lost: set[str]) -> int:
        """With this transaction, have all of the lost topics sent again, by a producer that knows nothing of the past."""
        REGRESSIONS.labels(self._service).inc(len(lost))
        names = ", ".join(sorted(lost))
        self._filling_again = f"{names} lost acknowledged records and is filled again from the event store"
        count = 0
        for topic in sorted(lost):
            count += await _put_back(self._runtime, connection, topic, actor="system:relay")
        self._runtime.log.error("relay.topic_lost", topics=sorted(lost), events=count, cluster_id=self._cluster_id)
        await self._close_producer()
        return max(count, 1)

    async def _close_producer(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await producer.close()

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._runtime.log.warning("relay.in_trouble", reason=trouble)
        self._trouble = trouble

    async def _rest_longer(self, stopping: asyncio.Event) -> None:
        await rest(stopping, self._backoff)
        self._backoff = min(self._backoff * 2, _LONGEST_BACKOFF)

    def _set_leading(self, leading: bool) -> None:
        if leading != self.leading:
            LEADING.labels(self._service).set(leading)
        self.leading = leading


def lock_of(service: str) -> int:
    """The key of the advisory lock that the relays of a service take turns under."""
    return zlib.crc32(f"nexa-relay-{service}".encode())


async def publish_again(runtime: Runtime, topic: str, *, actor: str) -> int:
    """Put every published event of this topic back into the outbox, byte for byte the records they were; gives how many.

    Consumers that saw them pass over them by their versions. Raises LookupError for a topic that is not this service's.
    """
    async with runtime.engine.begin() as connection:
        # Between two batches: a row that a relay is about to delete would else count as put back.
        await connection.execute(select(func.pg_advisory_xact_lock(lock_of(runtime.service.name))))
        count = await _put_back(runtime, connection, topic, actor=actor)
    runtime.store.committed()
    return count


async def _put_back(runtime: Runtime, connection: AsyncConnection, topic: str, *, actor: str) -> int:
    """Under the relays' lock. What was acknowledged is forgotten, so that the topic may begin anew."""
    aggregate = next((each for each in runtime.service.aggregates if each.topic and each.topic.name == topic), None)
    if aggregate is None or aggregate.topic is None:
        raise LookupError(
            f"{runtime.service.name} has no topic {topic!r}; it has {_listed(topics_of(runtime.service))}"
        )
    await connection.execute(text("set local statement_timeout = 0"))
    every = select(events.c.position).where(
        events.c.published,
        events.c.type.in_(runtime.store.catalog.codec.types_of(aggregate.topic.events)),
        events.c.stream.startswith(f"{aggregate.name}-", autoescape=True),
    )
    await connection.execute(insert(outbox).from_select(["position"], every).on_conflict_do_nothing())
    await connection.execute(delete(relay_acks).where(relay_acks.c.topic == topic))
    await connection.execute(insert(operator_acts).values(actor=actor, act="republish", detail=topic))
    return await connection.scalar(select(func.count()).select_from(every.subquery())) or 0


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


async def _fetch(
    connection: AsyncConnection, sql: LiteralString, parameters: Sequence[object]
) -> list[tuple[Any, ...]]:
    """Rows straight from the driver, inside the transaction that SQLAlchemy began: two thousand at a time add up."""
    driver = cast(DriverConnection, (await connection.get_raw_connection()).driver_connection)
    cursor = await driver.execute(sql, parameters)
    return await cursor.fetchall()
