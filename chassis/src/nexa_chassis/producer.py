"""An idempotent Kafka producer that can be given up.

aiokafka 0.14's producer is broken after a send that failed or timed out: its `stop()` hangs while the broker is away, and its
sender may deliver later, behind what a new producer has sent meanwhile. So a producer is closed hard after any trouble and
a new one takes over; the outbox still holds what was not acknowledged. (Reaches into private attributes: aiokafka is pinned.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2
from aiokafka.structs import RecordMetadata

from nexa_chassis.broker_view import close_bounded
from nexa_chassis.event_codec import Record

METADATA_MAX_AGE_MS = 3_000
_METADATA_BACKOFF = 0.2
_CLOSE_TIMEOUT = 1.0


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
            partitioner=partition_of,
        )
        back_off_on_failed_metadata(self._kafka.client)

    async def start(self) -> None:
        """Connect. Raises aiokafka's KafkaError or TimeoutError, soon, while no broker is there."""
        try:
            async with asyncio.timeout(self._send_timeout):
                await self._kafka.start()
        except BaseException:
            await self.close()
            raise

    async def send(
        self, records: Sequence[Record], at_first_ack: Callable[[], None] | None = None
    ) -> Sequence[RecordMetadata]:
        """Where each record landed, in order. Raises `SendFailed` unless all were acknowledged within the time limit."""
        pending: list[asyncio.Future[RecordMetadata]] = []
        try:
            async with asyncio.timeout(self._send_timeout):
                for each in records:
                    sent = await self._kafka.send(each.topic, each.value, key=each.key, headers=each.headers)
                    pending.append(sent)
                await pending[0]
                if at_first_ack is not None:
                    at_first_ack()
                return [await acknowledged for acknowledged in pending]  # half the price of gather
        except Exception as error:
            for each_pending in pending:
                _forget(each_pending)
            raise SendFailed(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close hard: nothing that was not acknowledged by now will be sent any more. Never hangs, never raises."""
        kafka: Any = self._kafka
        kafka._closed = True
        sender_task = kafka._sender.sender_task if kafka._sender is not None else None
        if sender_task is not None:
            sender_task.cancel()
            await asyncio.wait([sender_task], timeout=_CLOSE_TIMEOUT)
        await close_bounded(kafka.client.close(), _CLOSE_TIMEOUT)


def _forget(pending: asyncio.Future[RecordMetadata]) -> None:
    """Nobody waits for it any more, and its failure is told once already."""
    if not pending.cancel() and not pending.cancelled():
        pending.exception()


@lru_cache(maxsize=10_000)
def _hash_of(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


def partition_of(key: bytes, every: Sequence[int], available: Sequence[int]) -> int:
    """Kafka's own choice for a key, remembered: a stream's events come in a row, and hashing is slow in Python."""
    return every[_hash_of(key) % len(every)]


def back_off_on_failed_metadata(client: Any) -> None:
    """A cleanly stopped only broker answers "no leader", and a sending producer asks again without a pause: give it one."""
    update = client._metadata_update

    async def update_or_pause(*arguments: Any) -> bool:
        updated = bool(await update(*arguments))
        if not updated:
            await asyncio.sleep(_METADATA_BACKOFF)
        return updated

    client._metadata_update = update_or_pause
