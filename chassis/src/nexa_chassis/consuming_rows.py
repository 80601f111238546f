"""What a batch reads and writes of its consumer's own bookkeeping: watermarks, parked deliveries, handled offsets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from nexa_chassis.decoding import Delivery, decode_parts
from nexa_chassis.transaction import Transaction
from nexa_chassis.watermarks import Candidate, Ledger

MOST_ATTEMPTS = 8
FIRST_RETRY_SECONDS = 1.0
DRAIN = 2_000
"""How many of a key's waiting deliveries are taken up in one transaction; the next one goes on from there."""


class LostPartition(Exception):
    """Another member has handled these streams meanwhile: nothing of this transaction may stand."""


@dataclass(frozen=True, slots=True)
class ToPark:
    """A delivery to be put aside, and why: `failure`, `behind`, `gap` or `poison`."""

    delivery: Delivery
    reason: str
    error: str | None = None


async def load_ledger(tx: Transaction, consumer: str, candidates: Sequence[Candidate], *, drain: bool) -> Ledger:
    """Where the candidates' streams stand; with `drain` also what waits in them, unless it waits behind a failure."""
    streams = {each.delivery.stream for each in candidates if each.delivery.stream is not None}
    rows = await tx.fetch(
        "with wanted as materialized (select unnest(string_to_array(%s, chr(10))) as stream)"
        " select wanted.stream, w.version, null from wanted cross join lateral"  # by the index, whatever the planner believes
        " (select version from watermarks where consumer = %s and watermarks.stream = wanted.stream offset 0) as w"
        " union all select p.stream, null, bool_or(p.reason = 'failure')"
        " from wanted join parked p on p.consumer = %s and p.stream = wanted.stream group by 1",
        ("\n".join(streams), consumer, consumer),
    )
    marks = {stream: version for stream, version, failed in rows if failed is None}
    blocked = {stream for stream, _, failed in rows if failed}
    tried_again = {each.delivery.stream for each in candidates if each.parked_id is not None}
    drained = [stream for stream, _, failed in rows if failed is not None and (not failed or stream in tried_again)]
    parked = [stream for stream, _, failed in rows if failed is not None]
    return Ledger(marks, parked, blocked, await _waiting(tx, consumer, drained) if drain and drained else ())


async def _waiting(tx: Transaction, consumer: str, streams: Sequence[str]) -> list[Candidate]:
    rows = await tx.fetch(
        "select p.* from unnest(%s::text[]) as wanted(stream), lateral"
        " (select id, topic, partition, record_offset, key, value, headers::text from parked"
        "  where consumer = %s and stream = wanted.stream order by version, id limit %s) as p",
        (streams, consumer, DRAIN),
    )
    return [parked_candidate(row) for row in rows]


def parked_candidate(row: Sequence[Any]) -> Candidate:
    """The candidate in a row of (id, topic, partition, record_offset, key, value, headers as text)."""
    parked_id, topic, partition, offset, key, value, headers = row
    pairs = [(name, bytes.fromhex(value)) for name, value in orjson.loads(headers)]
    return Candidate(decode_parts((topic, partition, offset), key, value, pairs), parked_id)


async def go_on(
    tx: Transaction,
    consumer: str,
    moves: Sequence[tuple[str, int, int]],
    offsets: Mapping[tuple[str, int], int],
    cluster: str,
) -> None:
    """Move the watermarks and note where each partition goes on, in one statement.

    Watermarks by compare-and-set: a member that lost its partitions while it worked finds others than it read, and fails.
    An offset that is read again is not lowered, unless the cluster is another one.
    """
    if not (moves or offsets):
        return
    places = [(topic, partition, offset) for (topic, partition), offset in sorted(offsets.items())]
    ((count,),) = await tx.fetch(
        _GO_ON, (*_as_text(moves, 3), consumer, consumer, consumer, cluster, *_as_text(places, 3))
    )
    if count != len(moves):
        raise LostPartition(f"{consumer}: {len(moves) - count} of {len(moves)} watermarks were moved by another member")


_GO_ON = """
    with moves as materialized (
        select * from unnest(
            string_to_array(%s, chr(10)), string_to_array(%s, chr(10))::int[], string_to_array(%s, chr(10))::int[]
        ) as moves(stream, found, reached)
    ),
    begun as (
        insert into watermarks (consumer, stream, version) select %s, stream, reached from moves where found = 0
        on conflict do nothing returning 1
    ),
    moved as (
        update watermarks w set version = moves.reached from moves
        where moves.found > 0 and w.consumer = %s and w.stream = moves.stream and w.version = moves.found returning 1
    ),
    noted as (
        insert into handled_offsets as h (consumer, topic, partition, next_offset, cluster_id)
        select %s, topic, part, next_offset, %s from unnest(
            string_to_array(%s, chr(10)), string_to_array(%s, chr(10))::int[], string_to_array(%s, chr(10))::bigint[]
        ) as places(topic, part, next_offset)
        on conflict (consumer, topic, partition) do update set cluster_id = excluded.cluster_id, next_offset =
        case when h.cluster_id = excluded.cluster_id then greatest(h.next_offset, excluded.next_offset)
        else excluded.next_offset end
    )
    select (select count(*) from begun) + (select count(*) from moved)
"""


def _as_text(rows: Sequence[Sequence[object]], columns: int) -> list[str]:
    """Each column as one text: the driver takes many times as long to write a list as an array."""
    if not rows:
        return [""] * columns
    return ["\n".join(map(str, column)) for column in zip(*rows, strict=True)]


async def park(tx: Transaction, consumer: str, aside: Iterable[ToPark]) -> None:
    """Put these aside. A failed head comes again with back-off, a gap is looked at now and then; the others are woken."""
    rows = [
        (
            *each.delivery.place,
            each.delivery.stream,
            each.delivery.version if each.delivery.stream else None,
            each.delivery.key,
            each.delivery.value,
            orjson.dumps([(name, header.hex()) for name, header in each.delivery.headers]).decode(),
            each.reason,
            each.error,
            1 if each.reason == "failure" else 0,
            FIRST_RETRY_SECONDS if each.reason in ("failure", "gap") else None,
            "dead" if each.reason == "poison" else "waiting",
        )
        for each in aside
    ]
    if rows:
        await tx.run(
            "insert into parked (consumer, topic, partition, record_offset, stream, version, key, value, headers, reason,"
            " error, attempts, next_attempt_at, status)"
            " select %s, topic, part, place, stream, version, key, value, headers::json, reason, error, attempts,"
            " now() + make_interval(secs => pause), status from unnest(%s::text[], %s::int[], %s::bigint[], %s::text[],"
            " %s::int[], %s::bytea[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::int[], %s::float8[], %s::text[])"
            " as new(topic, part, place, stream, version, key, value, headers, reason, error, attempts, pause, status)"
            " on conflict (consumer, topic, partition, record_offset) do nothing",
            (consumer, *_columns(rows)),
        )


async def note_failures(tx: Transaction, failed_again: Sequence[tuple[int, str]]) -> None:
    """These parked deliveries were tried and failed: later again, or given up after `MOST_ATTEMPTS`."""
    if failed_again:
        await tx.run(
            "update parked p set attempts = p.attempts + 1, error = f.error, reason = 'failure',"
            " status = case when p.attempts + 1 >= %s then 'dead' else 'waiting' end,"
            " next_attempt_at = case when p.attempts + 1 < %s then now() + make_interval(secs => power(2, p.attempts)) end"
            " from unnest(%s::bigint[], %s::text[]) as f(id, error) where p.id = f.id",
            (MOST_ATTEMPTS, MOST_ATTEMPTS, *_columns(failed_again)),
        )


async def unpark(tx: Transaction, consumer: str, ids: Sequence[int], streams: Sequence[str]) -> None:
    """Drop what is done, and have the next of what still waits in these streams looked at soon."""
    if ids:
        await tx.run("delete from parked where id = any(%s)", (ids,))
    if streams:
        await tx.run(
            "update parked set next_attempt_at = now() where id in (select distinct on (stream) id from parked"
            " where consumer = %s and stream = any(%s) order by stream, version, id) and reason <> 'failure'",
            (consumer, streams),
        )


def _columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
