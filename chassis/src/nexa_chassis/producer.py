"""An idempotent Kafka producer that can be given up.

aiokafka 0.14's producer is broken after a send that failed or timed out: its `stop()` hangs while the broker is away, and its
sender may deliver later, behind what a new producer has sent meanwhile. So a producer is closed hard after any trouble and
a new one takes over; the outbox still holds what was not acknowledged. (Reaches into private attributes: aiokafka is pinned.)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from nexa_chassis.event_codec import Record

METADATA_MAX_AGE_MS = 3_000
_METADATA_BACKOFF = 0.2
_CLOSE_TIMEOUT = 5.0


class SendFailed(Exception):
    """Some records were not acknowledged in time; the producer that sent them must not be used again."""


class RelayProducer:
    """Sends batches of records and waits for all their acknowledgements, or raises `SendFailed`."""

    def __init__(self, bootstrap: str, *, send_timeout: float) -> None:
        self._send_timeout = send_timeout
        self._kafka = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=256 * 1024,
            request_timeout_ms=int(send_timeout * 1000),
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            retry_backoff_ms=100,
        )

    async def start(self) -> None:
        """Connect. Raises aiokafka's KafkaError, at once while no broker is there."""
        try:
            async with asyncio.timeout(self._send_timeout):
                await self._kafka.start()
        except BaseException:
            await self.close()
            raise
        back_off_on_failed_metadata(self._kafka.client)

    async def cluster_id(self) -> str:
        """The id of the cluster behind the bootstrap address; a wiped broker has another."""
        from aiokafka.admin import AIOKafkaAdminClient

        client: Any = self._kafka.client
        admin = AIOKafkaAdminClient(bootstrap_servers=client._bootstrap_servers, request_timeout_ms=5_000)
        try:
            async with asyncio.timeout(self._send_timeout):
                await admin.start()
                return str((await admin.describe_cluster())["cluster_id"])
        finally:
            await _bounded(admin.close())

    async def send(self, records: Sequence[Record]) -> Sequence[RecordMetadata]:
        """Where each record landed, in order. Raises `SendFailed` unless all were acknowledged within the time limit."""
        try:
            async with asyncio.timeout(self._send_timeout):
                pending = [
                    await self._kafka.send(each.topic, each.value, key=each.key, headers=each.headers)
                    for each in records
                ]
                return await asyncio.gather(*pending)
        except Exception as error:
            raise SendFailed(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close hard: nothing that was not acknowledged by now will be sent any more. Never hangs, never raises."""
        kafka: Any = self._kafka
        kafka._closed = True
        sender_task = kafka._sender.sender_task if kafka._sender is not None else None
        if sender_task is not None:
            sender_task.cancel()
            await asyncio.wait([sender_task], timeout=_CLOSE_TIMEOUT)
        await _bounded(kafka.client.close())


async def _bounded(closing: Any) -> None:
    try:
        await asyncio.wait_for(closing, _CLOSE_TIMEOUT)
    except Exception:  # closing what is broken: there is nothing left to do about it
        logging.getLogger(__name__).debug("closing a Kafka client failed", exc_info=True)


def back_off_on_failed_metadata(client: Any) -> None:
    """A cleanly stopped only broker answers "no leader", and a sending producer asks again without a pause: give it one."""
    update = client._metadata_update

    async def update_or_pause(*arguments: Any) -> bool:
        updated = bool(await update(*arguments))
        if not updated:
            await asyncio.sleep(_METADATA_BACKOFF)
        return updated

    client._metadata_update = update_or_pause


class AtMostEvery(logging.Filter):
    """Lets a logger's same message through once in `seconds`; an absent broker otherwise fills the disk."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._last: dict[object, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        key = (record.levelno, record.msg)
        if now - self._last.get(key, -self._seconds) < self._seconds:
            return False
        self._last[key] = now
        return True


def quieten_aiokafka() -> None:
    """Rate-limit every logger of aiokafka; called once, when logging is set up."""
    limit = AtMostEvery(10.0)
    for name in ("aiokafka", "aiokafka.client", "aiokafka.conn", "aiokafka.cluster", "aiokafka.producer.sender"):
        _limit(name, limit)
    for name in ("aiokafka.consumer.group_coordinator", "aiokafka.consumer.fetcher", "aiokafka.consumer.consumer"):
        _limit(name, limit)


def _limit(name: str, limit: AtMostEvery) -> None:
    found = logging.getLogger(name)
    if not any(isinstance(each, AtMostEvery) for each in found.filters):
        found.addFilter(limit)
