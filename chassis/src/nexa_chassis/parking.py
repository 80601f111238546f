"""Parked deliveries: tried again with back-off, and the two acts of an operator, redrive and discard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.batch import BatchHandler
from nexa_chassis.consuming_rows import parked_candidate
from nexa_chassis.schema import operator_acts, parked

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime

MOST_KEYS = 200

_DUE_STREAMS = text(
    "select distinct stream from parked where consumer = :consumer and next_attempt_at <= now() and stream is not null"
    " and status = 'waiting' and topic || '/' || partition = any(:places) limit :most"
)
_HEADS = text(
    "select distinct on (stream) id, topic, partition, record_offset, key, value, headers::text,"
    " reason <> 'failure' or (status = 'waiting' and next_attempt_at <= now()) as due, stream, reason = 'failure' as failed"
    " from parked where consumer = :consumer and stream = any(:streams)"
    " order by stream, (reason = 'failure') desc, version, id"
)
_PUT_OFF = text(
    "update parked set next_attempt_at = case when stream = any(:failed) then null else now() + interval '5 seconds' end"
    " where consumer = :consumer and stream = any(:streams) and reason <> 'failure' and next_attempt_at <= now()"
)


_WAITING = text("select exists (select from parked where consumer = :consumer and status = 'waiting')")


async def retry_due(runtime: Runtime, consumer: str, batches: BatchHandler, places: Sequence[tuple[str, int]]) -> bool:
    """Try the heads whose time has come, and gaps that may be closed, of these partitions; gives whether anything waits.

    What waits behind a failed head, be it due later or given up, is woken when that one is done.
    """
    given = {"consumer": consumer, "most": MOST_KEYS, "places": [f"{topic}/{part}" for topic, part in places]}
    async with runtime.engine.begin() as connection:
        streams = list(await connection.scalars(_DUE_STREAMS, given))
        if not streams:
            return bool(await connection.scalar(_WAITING, {"consumer": consumer}))
        rows = (await connection.execute(_HEADS, {"consumer": consumer, "streams": streams})).all()
        failed = [row.stream for row in rows if row.failed]
        await connection.execute(_PUT_OFF, {"consumer": consumer, "streams": streams, "failed": failed})
    heads = [parked_candidate(row[:7]) for row in rows if row.due]
    if heads:
        await batches.handle(heads, {}, "")
    return True


@dataclass(frozen=True)
class ParkedKey:
    """A key that waits: its first delivery, why, and how many wait in all."""

    consumer: str
    stream: str | None
    place: str
    version: int | None
    reason: str
    status: str
    error: str | None
    attempts: int
    next_attempt_at: datetime | None
    waiting: int
    parked_at: datetime


async def parked_keys(connection: AsyncConnection, consumer: str | None = None) -> Sequence[ParkedKey]:
    """What is parked, a row for each key, and one for each record that belongs to none; the oldest first."""
    own_key = func.coalesce(parked.c.stream, func.concat("#", parked.c.id))
    query = (
        select(parked, func.count().over(partition_by=(parked.c.consumer, own_key)).label("waiting"))
        .ext(distinct_on(parked.c.consumer, own_key))
        .order_by(parked.c.consumer, own_key, (parked.c.reason == "failure").desc(), parked.c.version, parked.c.id)
    )
    if consumer is not None:
        query = query.where(parked.c.consumer == consumer)
    rows = (await connection.execute(query)).all()
    found = [
        ParkedKey(
            consumer=row.consumer,
            stream=row.stream,
            place=f"{row.topic}/{row.partition}@{row.record_offset}",
            version=row.version,
            reason=row.reason,
            status=row.status,
            error=row.error,
            attempts=row.attempts,
            next_attempt_at=row.next_attempt_at,
            waiting=row.waiting,
            parked_at=row.parked_at,
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: each.parked_at)


class NothingParked(Exception):
    """There is nothing parked there; the message says what was asked for."""


async def redrive(connection: AsyncConnection, actor: str, consumer: str, stream: str | None) -> int:
    """Have the head of a key, or of every key of the consumer, tried again at once; gives how many.

    Raises `NothingParked` where there is none.
    """
    mine = (parked.c.consumer == consumer) & (
        parked.c.stream.is_not(None) if stream is None else parked.c.stream == stream
    )
    changed = await connection.execute(
        parked.update().where(mine).values(status="waiting", attempts=0, next_attempt_at=func.now())
    )
    if not changed.rowcount:
        raise NothingParked(f"Nothing of {stream or 'any stream'} is parked by {consumer}.")
    await _note(connection, actor, "redrive", consumer, stream, f"{changed.rowcount} records")
    return changed.rowcount


async def discard(
    connection: AsyncConnection, actor: str, consumer: str, stream: str | None, reason: str, place: str | None = None
) -> str:
    """Pass over the first parked delivery of a key for ever, and let what waits behind it go on; gives which it was.

    A failed head is passed over itself; before a gap it is the missing events that are. A record without a key is named by
    its `place` (`topic/partition@offset`) and removed. Raises `NothingParked` where there is none.
    """
    first = (
        select(parked)
        .where(parked.c.consumer == consumer)
        .order_by((parked.c.reason == "failure").desc(), parked.c.version, parked.c.id)
        .limit(1)
        .with_for_update()
    )
    if place is not None:
        topic, _, rest = place.rpartition("/")
        partition, _, offset = rest.partition("@")
        first = first.where(
            parked.c.topic == topic, parked.c.partition == int(partition), parked.c.record_offset == int(offset)
        )
    else:
        first = first.where(parked.c.stream == stream)
    row = (await connection.execute(first)).first()
    if row is None:
        raise NothingParked(f"Nothing of {stream or place} is parked by {consumer}.")
    what = f"{row.topic}/{row.partition}@{row.record_offset}"
    if row.stream is None:
        await connection.execute(parked.delete().where(parked.c.id == row.id))
    else:
        await _pass_over(connection, consumer, row)
    await _note(connection, actor, "discard", consumer, row.stream, f"{what}: {reason}")
    return what


async def _pass_over(connection: AsyncConnection, consumer: str, row: Row[Any]) -> None:
    """Move the watermark past a failed event, or up to one that waits for what will never come; wake what is next."""
    columns = (row.id, row.topic, row.partition, row.record_offset, row.key, row.value, orjson.dumps(row.headers))
    previous = parked_candidate(columns).delivery.previous
    reached = await connection.scalar(
        text(
            "insert into watermarks as w (consumer, stream, version) values (:consumer, :stream, :version)"
            " on conflict (consumer, stream) do update set version = greatest(w.version, excluded.version)"
            " returning version"
        ),
        {"consumer": consumer, "stream": row.stream, "version": row.version if row.reason == "failure" else previous},
    )
    if row.reason == "failure" or reached > previous:
        await connection.execute(parked.delete().where(parked.c.id == row.id))
    await connection.execute(
        parked.update()
        .where(parked.c.consumer == consumer, parked.c.stream == row.stream, parked.c.reason != "failure")
        .values(next_attempt_at=func.now())
    )


async def _note(
    connection: AsyncConnection, actor: str, act: str, consumer: str, stream: str | None, detail: str
) -> None:
    await connection.execute(
        insert(operator_acts).values(actor=actor, act=act, consumer=consumer, stream=stream, detail=detail)
    )
