"""A consumer is one reaction, or one read model fed from topics: a consumer group of its own, with its own watermarks.

FastStream brings batches of raw records; a batch is handled until its transaction has committed, and only then are the
offsets of its own partitions committed, twice a second at most. An offset that could not be committed costs a second
delivery, which the watermarks pass over. Where to begin is what the database says: never behind what it has seen handled,
whatever the group's offsets are.
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
from prometheus_client import Counter, Histogram
from sqlalchemy import delete, tuple_

from nexa_chassis.batch import BatchHandler
from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.consuming_rows import LostPartition
from nexa_chassis.failpoints import failpoint
from nexa_chassis.garbage import settle_garbage
from nexa_chassis.handlers import Consumed, topics_of
from nexa_chassis.log_ends import BROKER_TIMEOUT, LogEnds, cluster_id, handled_of, lag_over, partitions_of
from nexa_chassis.parking import retry_due
from nexa_chassis.schema import handled_offsets
from nexa_chassis.shared_decoding import SharedDecoder
from nexa_chassis.status import Health
from nexa_chassis.watermarks import Candidate

if TYPE_CHECKING:
    from faststream.kafka.subscriber.usecase import BatchSubscriber

    from nexa_chassis.runtime import Runtime

__all__ = ["Consumer", "cluster_id", "consumers_of", "lag_of"]

MOST_RECORDS = 2_000
RETRY_EVERY = 0.5
"""Seconds between two looks at what is parked, while something is."""
LOOK_FOR_PARKED_EVERY = 5.0
"""Seconds between two looks where this process knows of nothing that is parked; an operator may have redriven something."""
WATCH_EVERY = 2.0
COMMIT_EVERY = 0.5
"""Seconds between two commits of offsets: each costs the broker and this process as much as a small batch."""
LAST_COMMIT_WITHIN = 1.0
TOPICS_EVERY = 0.25
STUCK_AFTER = 10.0
CHECK_WITHIN = 8.0
"""Seconds for finding out where to begin; the group's session times out after 10."""
REBALANCE_WITHIN = 60.0
LOSS_SHOWN = 15.0
"""Seconds that a lost log stands in the readiness at least, so that it is seen."""

HANDLED = Counter("nexa_consumer_handled", "Records handled", ["service", "consumer"])
FAILED_BATCHES = Counter("nexa_consumer_batch_retries", "Batches that had to be handled again", ["service", "consumer"])
LOGS_LOST = Counter(
    "nexa_consumer_logs_lost", "Partitions found to be shorter than what was handled", ["service", "consumer"]
)
BATCH_SECONDS = Histogram(
    "nexa_consumer_batch_seconds", "From a batch's arrival to its commit", ["service", "consumer"]
)
BATCH_RECORDS = Histogram(
    "nexa_consumer_batch_records",
    "Records in a batch",
    ["service", "consumer"],
    buckets=(1, 2, 5, 10, 50, 100, 500, 1_000, 2_000),
)


class Broken(Exception):
    """This membership in the group cannot go on; the consumer joins anew and begins where the database left off."""


def consumers_of(runtime: Runtime) -> list[Consumer]:
    """A consumer for each reaction and for each read model that is fed from topics."""
    fed = [model for model in runtime.service.read_models if model.from_topics]
    consumed = (*runtime.service.reactions, *fed)
    ends = LogEnds(runtime.settings.kafka_bootstrap)
    decoder = SharedDecoder([topic.name for topic in topics_of(each)] for each in consumed)
    return [Consumer(runtime, each, ends, decoder) for each in consumed]


class Consumer:
    """`handled` counts records since the start of this process; `oldest_unhandled` is when the batch in hand was sent."""

    def __init__(self, runtime: Runtime, consumed: Consumed, ends: LogEnds, decoder: SharedDecoder) -> None:
        self.name = f"{runtime.service.name}.{consumed.name}"
        self.group = f"nexa-{self.name}"
        self.topics = tuple(topic.name for topic in topics_of(consumed))
        self.handled = 0
        self.oldest_unhandled: datetime | None = None
        self._runtime = runtime
        self._labels = (runtime.service.name, self.name)
        self._batches = BatchHandler(runtime, self.name, consumed)
        self._turn = asyncio.Lock()
        self._ends = ends
        self._decoder = decoder
        self._kafka: AIOKafkaConsumer | None = None
        self._subscriber: BatchSubscriber | None = None
        self._stopping = asyncio.Event()
        self._cluster = ""
        self._next: dict[TopicPartition, int] = {}
        self._uncommitted: dict[TopicPartition, int] = {}
        self._committed_at = 0.0
        self._busy_since: float | None = None
        self._unreachable = ""
        self._trouble = ""
        self._broken = ""
        self._lost = ""
        self._lost_at = 0.0
        self._shorter = False
        self._begun = False
        self._waiting = True
        self._parked = 0
        self._looked = 0.0

    @property
    def assigned(self) -> int:
        return len(self._kafka.assignment()) if self._kafka is not None else 0

    def health(self) -> Health:
        """Not ready: not joined, without partitions, cut off from the broker, or at the same batch for too long."""
        if self._kafka is None or self._unreachable or self._broken:
            return Health(False, self._unreachable or self._broken or "not joined yet")
        if self._busy_since is not None and time.monotonic() - self._busy_since > STUCK_AFTER:
            return Health(False, f"at the same batch for {time.monotonic() - self._busy_since:.0f} s: {self._trouble}")
        if self._lost and time.monotonic() - self._lost_at < LOSS_SHOWN:
            return Health(False, self._lost)
        if not self.assigned:
            return Health(False, "no partitions are assigned")
        if not self._begun:
            return Health(False, "finding out where to begin")
        return Health(True)

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until `stopping`; raises when the broker cannot be reached, so that a new attempt is made."""
        self._stopping = stopping
        self._broken, self._next, self._uncommitted, self._begun = "", {}, {}, False
        broker = KafkaBroker(
            self._runtime.settings.kafka_bootstrap,
            consumer_only=True,
            apply_types=False,  # finding out what a handler takes costs a hop to another thread for each batch
            allow_auto_create_topics=False,
            metadata_max_age_ms=3_000,
            logger=logging.getLogger("nexa_chassis.faststream"),
            log_level=logging.DEBUG,
            graceful_timeout=self._runtime.settings.stop_timeout / 2,  # the other half is for leaving the group
        )
        self._subscriber = broker.subscriber(
            *self.topics,
            group_id=self.group,
            batch=True,
            max_records=MOST_RECORDS,
            batch_timeout_ms=500,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            heartbeat_interval_ms=500,
            session_timeout_ms=10_000,
            rebalance_timeout_ms=round(REBALANCE_WITHIN * 1_000),
            listener=_AtRebalance(self),
            parser=_pass_through,
            decoder=_records_of,
        )
        self._subscriber(self._on_batch)
        try:
            await self._await_topics(stopping)
            await broker.start()
            self._kafka = self._subscriber.consumer
            settle_garbage()
            await self._watch(stopping)
        finally:
            await self._settle(LAST_COMMIT_WITHIN)
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
                await _wait(stopping, TOPICS_EVERY)
                if stopping.is_set():
                    break
            self._unreachable = ""
        finally:
            with suppress(Exception):
                await asyncio.wait_for(admin.close(), BROKER_TIMEOUT)

    async def _watch(self, stopping: asyncio.Event) -> None:
        """Beside the batches: try parked heads again, and find out whether the broker and its logs are still there."""
        watched = time.monotonic()
        while not stopping.is_set():
            await _wait(stopping, RETRY_EVERY)
            if self._broken:
                raise Broken(self._broken)
            if stopping.is_set():
                return
            if self._uncommitted and not self._turn.locked():
                async with self._turn:
                    await self._commit_handled()
            if self._may_be_parked():
                await self._retry_parked()
            if time.monotonic() - watched > WATCH_EVERY:
                watched = time.monotonic()
                await self._look_at_broker()

    def _may_be_parked(self) -> bool:
        return (
            self._waiting
            or self._batches.parked != self._parked
            or time.monotonic() - self._looked > LOOK_FOR_PARKED_EVERY
        )

    async def _retry_parked(self) -> None:
        kafka = self._kafka
        if kafka is None or self._turn.locked():
            return
        places = [(place.topic, place.partition) for place in kafka.assignment()]
        self._parked, self._looked = self._batches.parked, time.monotonic()
        try:
            async with self._turn:
                self._waiting = await retry_due(self._runtime, self.name, self._batches, places)
        except (ConcurrencyConflict, LostPartition):
            return
        except Exception as error:  # tried again in half a second; the batch itself reports an absent database
            self._runtime.log.warning("consumer.retry_failed", consumer=self.name, error=type(error).__name__)

    async def _look_at_broker(self) -> None:
        """A poll of an absent broker just returns nothing, and one of a log begun anew goes on in silence: so ask."""
        kafka = self._kafka
        places = list(kafka.assignment()) if kafka is not None else []
        if not places:
            return
        try:
            ends = await self._ends.of(places)
            self._unreachable = ""
        except (KafkaError, TimeoutError, OSError) as error:
            self._unreachable = f"the broker does not answer: {type(error).__name__}"
            return
        shorter = [place for place in places if ends[place] < self._next.get(place, 0)]
        if shorter and self._shorter:
            self._broken = f"the log of {_named(shorter)} ends before what was handled"
        self._shorter = bool(shorter)

    async def _on_batch(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """Raises nothing: FastStream would go on with the next batch, and this one would be lost until a restart."""
        began = time.monotonic()
        try:
            async with self._turn:
                if self._broken or self._stopping.is_set():
                    return
                self._busy_since = began
                self.oldest_unhandled = datetime.fromtimestamp(min(each.timestamp for each in records) / 1_000, UTC)
                if await self._handle(records):
                    failpoint("consumer.after_effect_before_offset")
                    await self._commit(records)
                    failpoint("consumer.after_offset")
                    self._count(len(records), time.monotonic() - began)
        except Exception as error:
            self._broken = f"a batch could not be handled: {type(error).__name__}: {error}"
            self._runtime.log.exception("consumer.broken", consumer=self.name)
        finally:
            self._busy_since, self.oldest_unhandled = None, None

    def _count(self, records: int, seconds: float) -> None:
        self.handled += records
        HANDLED.labels(*self._labels).inc(records)
        BATCH_SECONDS.labels(*self._labels).observe(seconds)
        BATCH_RECORDS.labels(*self._labels).observe(records)

    async def _handle(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> bool:
        """Handle the batch, for as long as it takes; False when the process is to stop first."""
        candidates = [Candidate(self._decoder.decode(record)) for record in records]
        offsets = {(record.topic, record.partition): record.offset + 1 for record in records}
        pause = 0.05
        while not (self._stopping.is_set() or self._broken):
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
            await _wait(self._stopping, pause)
            pause = min(pause * 2, 5.0)
        return False

    async def _commit(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """The offsets of the batch's own partitions, with those of the next ones if it is not long since the last commit.

        Where to go on stands in the database, beside the effects; the group's offsets are for those who look from outside.
        """
        offsets = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}
        self._next.update(offsets)
        self._uncommitted.update(offsets)
        if time.monotonic() - self._committed_at > COMMIT_EVERY:
            await self._commit_handled()

    async def _settle(self, within: float) -> None:
        """Wait for the batch in flight, so many seconds at most, and commit what has been handled."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within), self._turn:
                await self._commit_handled()

    async def _commit_handled(self) -> None:
        self._committed_at = time.monotonic()
        if self._kafka is None:
            return
        here = self._kafka.assignment()
        offsets = {place: offset for place, offset in self._uncommitted.items() if place in here}
        if not offsets:
            return
        try:
            await asyncio.wait_for(self._kafka.commit(offsets), BROKER_TIMEOUT)
            self._uncommitted = {place: at for place, at in self._uncommitted.items() if offsets.get(place) != at}
        except (KafkaError, TimeoutError, OSError) as error:
            self._runtime.log.info("consumer.offsets_not_committed", consumer=self.name, error=type(error).__name__)

    async def at_assignment(self, assigned: Sequence[TopicPartition]) -> None:
        """Begin where the database says. Nothing is fetched before that is known; where it cannot be, the group is left."""
        kafka = self._subscriber.consumer if self._subscriber is not None else None
        if kafka is None or not assigned:
            return
        kafka.pause(*assigned)
        self._begun = False
        try:
            async with asyncio.timeout(CHECK_WITHIN):
                await self._begin(kafka, assigned)
        except Exception as error:
            self._broken = f"where to begin could not be found out: {type(error).__name__}: {error}"
            return
        kafka.resume(*assigned)
        self._begun = True

    async def _begin(self, kafka: AIOKafkaConsumer, assigned: Sequence[TopicPartition]) -> None:
        """Seek to what the group has committed, never past what the database has seen, and to the start of a lost log."""
        self._cluster = await cluster_id(self._runtime.settings.kafka_bootstrap)
        ends = await self._ends.of(assigned)
        handled = await handled_of(self._runtime.engine, self.name)
        committed = dict(zip(assigned, await asyncio.gather(*map(kafka.committed, assigned)), strict=True))
        lost = []
        self._next, self._uncommitted = {}, {}
        for place in assigned:
            known = handled.get(place)
            start = 0
            if known is not None and (known.cluster_id != self._cluster or ends[place] < known.next_offset):
                lost.append(place)
            elif known is not None:
                start = known.next_offset if committed[place] is None else min(known.next_offset, committed[place])
            self._next[place] = start
            if start != (committed[place] or 0):
                self._uncommitted[place] = start
            kafka.seek(place, start)
        if lost:
            await self._note_loss(lost)

    async def _note_loss(self, lost: Sequence[TopicPartition]) -> None:
        """Say that logs were lost. What the database knows of them is forgotten, but for the watermarks."""
        self._lost = f"the log of {_named(lost)} was lost or is another cluster's; it is read again from its start"
        self._lost_at = time.monotonic()
        LOGS_LOST.labels(*self._labels).inc(len(lost))
        self._runtime.log.error("consumer.log_lost", consumer=self.name, partitions=_named(lost))
        columns = handled_offsets.c
        gone = tuple_(columns.topic, columns.partition).in_([(place.topic, place.partition) for place in lost])
        async with self._runtime.engine.begin() as connection:
            await connection.execute(delete(handled_offsets).where(columns.consumer == self.name, gone))

    async def before_revocation(self) -> None:
        """Wait for the batch in flight and its commit, as long as the group does."""
        await self._settle(REBALANCE_WITHIN - 5)

    async def lag(self) -> int:
        """End of the log less what has been handled, over all partitions of its topics, read afresh."""
        kafka = self._kafka
        if kafka is None:
            raise ConnectionError(f"{self.name} has not joined its group")
        places = [
            TopicPartition(topic, partition)
            for topic in self.topics
            for partition in kafka.partitions_for_topic(topic) or ()
        ]
        return await lag_over(self._ends, self._runtime.engine, self.name, places)


async def lag_of(runtime: Runtime, consumers: Sequence[Consumer]) -> dict[str, int]:
    """The lag of each consumer, asked of the broker and the database from outside: the service need not run."""
    bootstrap = runtime.settings.kafka_bootstrap
    ends = LogEnds(bootstrap)
    try:
        return {
            each.name: await lag_over(ends, runtime.engine, each.name, await partitions_of(bootstrap, each.topics))
            for each in consumers
        }
    finally:
        await ends.close()


class _AtRebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        await self._consumer.before_revocation()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        await self._consumer.at_assignment(list(assigned))


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


def _named(places: Sequence[TopicPartition]) -> str:
    return ", ".join(f"{place.topic}/{place.partition}" for place in sorted(places))


async def _pass_through(records: Any) -> KafkaMessage:
    """The default parser fails on a header that is not UTF-8 before any handler sees the record."""
    return KafkaMessage(raw_message=records, body=b"", consumer=None)  # type: ignore[arg-type]


async def _records_of(message: KafkaMessage) -> Sequence[ConsumerRecord[bytes, bytes]]:
    records: Sequence[ConsumerRecord[bytes, bytes]] = message.raw_message
    return records
