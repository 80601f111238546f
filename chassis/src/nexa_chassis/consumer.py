"""A consumer is one reaction, or one read model fed from topics: a consumer group of its own, with its own watermarks.

FastStream brings batches of raw records; a batch is handled until its transaction has committed, and only then are the
offsets of its own partitions committed. An offset that could not be committed costs a second delivery, which the watermarks
pass over.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber
from prometheus_client import Counter, Histogram
from sqlalchemy import delete, select

from nexa_chassis.batch import BatchHandler, Candidate, LostPartition
from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.decoding import decode
from nexa_chassis.failpoints import failpoint
from nexa_chassis.handlers import Consumed, topics_of
from nexa_chassis.parking import retry_due
from nexa_chassis.schema import handled_offsets
from nexa_chassis.status import Health

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime

MOST_RECORDS = 2_000
RETRY_EVERY = 0.5
WATCH_EVERY = 2.0
TOPICS_EVERY = 0.25
STUCK_AFTER = 10.0
ASSIGNED_WITHIN = 10.0
BROKER_TIMEOUT = 5.0

HANDLED = Counter("nexa_consumer_handled", "Records handled", ["service", "consumer"])
FAILED_BATCHES = Counter("nexa_consumer_batch_retries", "Batches that had to be handled again", ["service", "consumer"])
LOGS_LOST = Counter(
    "nexa_consumer_logs_lost", "Partitions found to be shorter than what was handled", ["service", "consumer"]
)
BATCH_SECONDS = Histogram(
    "nexa_consumer_batch_seconds", "From a batch's arrival to its commit", ["service", "consumer"]
)


def consumers_of(runtime: Runtime) -> list[Consumer]:
    """A consumer for each reaction and for each read model that is fed from topics."""
    fed = [model for model in runtime.service.read_models if model.from_topics]
    ends = LogEnds(runtime.settings.kafka_bootstrap)
    return [Consumer(runtime, consumed, ends) for consumed in (*runtime.service.reactions, *fed)]


class LogEnds:
    """Asks the broker where logs end, on a connection of its own: on a consumer's, the answer waits behind its long poll."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._turn = asyncio.Lock()
        self._kafka: AIOKafkaConsumer | None = None

    async def of(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each place. Raises what an absent broker raises, within seconds."""
        async with self._turn:
            try:
                async with asyncio.timeout(BROKER_TIMEOUT):
                    if self._kafka is None:
                        self._kafka = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, metadata_max_age_ms=3_000)
                        await self._kafka.start()
                    ends: dict[TopicPartition, int] = await self._kafka.end_offsets(list(places))
                    return ends
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        kafka, self._kafka = self._kafka, None
        if kafka is not None:
            with suppress(Exception):
                await asyncio.wait_for(kafka.stop(), BROKER_TIMEOUT)


class Consumer:
    """`handled` counts records since the start of this process; `oldest_unhandled` is when the batch in hand was sent."""

    def __init__(self, runtime: Runtime, consumed: Consumed, ends: LogEnds) -> None:
        self.name = f"{runtime.service.name}.{consumed.name}"
        self.topics = tuple(topic.name for topic in topics_of(consumed))
        self.handled = 0
        self.oldest_unhandled: datetime | None = None
        self._runtime = runtime
        self._labels = (runtime.service.name, self.name)
        self._batches = BatchHandler(runtime, self.name, consumed)
        self._turn = asyncio.Lock()
        self._ends = ends
        self._kafka: AIOKafkaConsumer | None = None
        self._subscriber: BatchSubscriber | None = None
        self._cluster = ""
        self._started = time.monotonic()
        self._busy_since: float | None = None
        self._unreachable = ""
        self._trouble = ""
        self._stopping = asyncio.Event()

    @property
    def assigned(self) -> int:
        return len(self._kafka.assignment()) if self._kafka is not None else 0

    def health(self) -> Health:
        """Not ready: not joined, without partitions, cut off from the broker, or at the same batch for too long."""
        if self._kafka is None or self._unreachable:
            return Health(False, self._unreachable or "not joined yet")
        if self._busy_since is not None and time.monotonic() - self._busy_since > STUCK_AFTER:
            return Health(False, f"at the same batch for {time.monotonic() - self._busy_since:.0f} s: {self._trouble}")
        if not self.assigned:
            return Health(False, "no partitions are assigned")
        return Health(True)

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until `stopping`; raises when the broker cannot be reached, so that a new attempt is made."""
        self._stopping = stopping
        broker = KafkaBroker(
            self._runtime.settings.kafka_bootstrap,
            consumer_only=True,
            allow_auto_create_topics=False,
            metadata_max_age_ms=3_000,
            logger=logging.getLogger("nexa_chassis.faststream"),
            graceful_timeout=self._runtime.settings.stop_timeout,
        )
        subscriber = self._subscriber = broker.subscriber(
            *self.topics,
            group_id=f"nexa-{self.name}",
            batch=True,
            max_records=MOST_RECORDS,
            batch_timeout_ms=500,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            heartbeat_interval_ms=500,
            session_timeout_ms=10_000,
            rebalance_timeout_ms=60_000,
            listener=_AtRebalance(self),
            parser=_pass_through,
            decoder=_undecoded,
        )
        subscriber(self._on_batch)
        try:
            await self._await_topics(stopping)
            await broker.start()
            self._kafka = subscriber.consumer
            await self._watch(stopping)
        finally:
            self._kafka = self._subscriber = None
            await self._ends.close()
            with suppress(Exception):  # stop() hangs while the broker is away; the process ends all the same
                await asyncio.wait_for(broker.stop(), self._runtime.settings.stop_timeout)

    async def _await_topics(self, stopping: asyncio.Event) -> None:
        """Wait until its topics are made: their owners may start later, and a group that joins before is assigned nothing."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._runtime.settings.kafka_bootstrap, request_timeout_ms=5_000)
        try:
            await asyncio.wait_for(admin.start(), BROKER_TIMEOUT)
            while missing := set(self.topics) - set(await asyncio.wait_for(admin.list_topics(), BROKER_TIMEOUT)):
                self._unreachable = f"waiting for the topics {', '.join(sorted(missing))}"
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), TOPICS_EVERY)
                if stopping.is_set():
                    break
            self._unreachable = ""
        finally:
            with suppress(Exception):
                await asyncio.wait_for(admin.close(), BROKER_TIMEOUT)

    async def _watch(self, stopping: asyncio.Event) -> None:
        """Beside the batches: try parked heads again, and find out whether the broker is still there."""
        watched = time.monotonic()
        while not stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), RETRY_EVERY)
            if stopping.is_set():
                return
            await self._retry_parked()
            if time.monotonic() - watched > WATCH_EVERY:
                watched = time.monotonic()
                await self._look_for_broker()

    async def _retry_parked(self) -> None:
        try:
            async with self._turn:
                await retry_due(self._runtime, self.name, self._batches)
        except Exception as error:  # tried again in half a second; the batch itself reports an absent database
            self._runtime.log.warning("consumer.retry_failed", consumer=self.name, error=type(error).__name__)

    async def _look_for_broker(self) -> None:
        """A poll of an absent broker just returns nothing, so the end of the log is asked for."""
        kafka = self._kafka
        if kafka is None:
            return
        try:
            await self._ends.of(list(kafka.assignment()))
            self._unreachable = ""
        except (KafkaError, TimeoutError, OSError) as error:
            self._unreachable = f"the broker does not answer: {type(error).__name__}"

    async def _on_batch(self, message: KafkaMessage) -> None:
        records: Sequence[ConsumerRecord[bytes, bytes]] = message.raw_message
        self._busy_since = time.monotonic()
        self.oldest_unhandled = datetime.fromtimestamp(min(each.timestamp for each in records) / 1_000, UTC)
        async with self._turn:
            if await self._handle(records):
                failpoint("consumer.after_effect_before_offset")
                await self._commit(records)
                failpoint("consumer.after_offset")
                self.handled += len(records)
                HANDLED.labels(*self._labels).inc(len(records))
                BATCH_SECONDS.labels(*self._labels).observe(time.monotonic() - self._busy_since)
        self._busy_since, self.oldest_unhandled = None, None

    async def _handle(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> bool:
        """Handle the batch, for as long as it takes; False when the process is to stop first."""
        candidates = [Candidate(decode(record)) for record in records]
        offsets = {(record.topic, record.partition): record.offset + 1 for record in records}
        pause = 0.05
        while not self._stopping.is_set():
            try:
                await self._batches.handle(candidates, offsets, self._cluster)
                self._trouble = ""
                return True
            except (ConcurrencyConflict, LostPartition) as error:
                self._trouble, pause = str(error), 0.02
            except Exception as error:  # an absent database, above all: nothing is parked for it, nothing is skipped
                self._trouble = f"{type(error).__name__}: {error}"
                self._runtime.log.warning(
                    "consumer.batch_failed", consumer=self.name, error=self._trouble, again_in=pause
                )
            FAILED_BATCHES.labels(*self._labels).inc()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, 5.0)
        return False

    async def _commit(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        if self._kafka is None:
            return
        offsets = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}
        try:
            await asyncio.wait_for(self._kafka.commit(offsets), BROKER_TIMEOUT)
        except (KafkaError, TimeoutError, OSError) as error:
            self._runtime.log.info("consumer.offsets_not_committed", consumer=self.name, error=type(error).__name__)

    async def at_assignment(self, assigned: Sequence[TopicPartition]) -> None:
        """Find partitions whose log is shorter than what was handled, or of another cluster, and read them from the start."""
        kafka = self._subscriber_kafka()
        if kafka is None or not assigned:
            return
        self._cluster = await cluster_id(self._runtime.settings.kafka_bootstrap)
        ends = await kafka.end_offsets(list(assigned))
        async with self._runtime.engine.connect() as connection:
            rows = await connection.execute(select(handled_offsets).where(handled_offsets.c.consumer == self.name))
            known = {TopicPartition(row.topic, row.partition): row for row in rows}
        lost = [
            place
            for place in assigned
            if place in known and (known[place].cluster_id != self._cluster or ends[place] < known[place].next_offset)
        ]
        if lost:
            LOGS_LOST.labels(*self._labels).inc(len(lost))
            self._runtime.log.error(
                "consumer.log_lost", consumer=self.name, partitions=[f"{p.topic}/{p.partition}" for p in lost]
            )
            async with self._runtime.engine.begin() as connection:
                for place in lost:
                    await connection.execute(
                        delete(handled_offsets).where(
                            handled_offsets.c.consumer == self.name,
                            handled_offsets.c.topic == place.topic,
                            handled_offsets.c.partition == place.partition,
                        )
                    )
            await kafka.seek_to_beginning(*lost)

    def _subscriber_kafka(self) -> AIOKafkaConsumer | None:
        """The client, also while it is still starting."""
        return self._subscriber.consumer if self._subscriber is not None else None

    async def before_revocation(self) -> None:
        """Wait for the batch in flight and its commit."""
        async with self._turn:
            return

    async def lag(self) -> int:
        """End of the log less what has been handled, over all partitions of its topics, read afresh."""
        if self._kafka is None:
            raise ConnectionError(f"{self.name} has not joined its group")
        return await _lag(self._kafka, self._ends, self._runtime, self)


async def lag_of(runtime: Runtime, consumers: Sequence[Consumer]) -> dict[str, int]:
    """The lag of each consumer, asked of the broker and the database from outside: the service need not run."""
    kafka = AIOKafkaConsumer(bootstrap_servers=runtime.settings.kafka_bootstrap)
    try:
        async with asyncio.timeout(BROKER_TIMEOUT):
            await kafka.start()
        ends = LogEnds(runtime.settings.kafka_bootstrap)
        lags = {consumer.name: await _lag(kafka, ends, runtime, consumer) for consumer in consumers}
        await ends.close()
        return lags
    finally:
        with suppress(Exception):
            await asyncio.wait_for(kafka.stop(), BROKER_TIMEOUT)


async def _lag(kafka: AIOKafkaConsumer, log_ends: LogEnds, runtime: Runtime, consumer: Consumer) -> int:
    places = [
        TopicPartition(topic, partition)
        for topic in consumer.topics
        for partition in kafka.partitions_for_topic(topic) or ()
    ]
    ends = await log_ends.of(places)
    async with runtime.engine.connect() as connection:
        rows = await connection.execute(select(handled_offsets).where(handled_offsets.c.consumer == consumer.name))
        handled = {(row.topic, row.partition): row.next_offset for row in rows}
    return sum(max(0, end - handled.get((place.topic, place.partition), 0)) for place, end in ends.items())


class _AtRebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        await self._consumer.before_revocation()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        await self._consumer.at_assignment(list(assigned))


async def cluster_id(bootstrap: str) -> str:
    """The id of the cluster behind an address; a wiped broker has another."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        async with asyncio.timeout(BROKER_TIMEOUT):
            await admin.start()
            return str((await admin.describe_cluster())["cluster_id"])
    finally:
        with suppress(Exception):
            await asyncio.wait_for(admin.close(), BROKER_TIMEOUT)


async def _pass_through(records: Any) -> KafkaMessage:
    """The default parser fails on a header that is not UTF-8 before any handler sees the record."""
    return KafkaMessage(raw_message=records, body=b"", consumer=None)  # type: ignore[arg-type]


async def _undecoded(message: KafkaMessage) -> None:
    return None
