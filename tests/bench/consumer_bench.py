"""Events a second through one consumer on one core, beside the same work written by hand on aiokafka and psycopg's COPY."""

import asyncio
import os
import time
from uuid import uuid4

import orjson
import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from figures import Figure
from ledger import LEDGER, NOTE, bench, derive, journal, ledger_id

from nexa_chassis.consumer import consumers_of
from nexa_chassis.process import create_runtime
from nexa_chassis.settings import Settings

EVENTS = 50_000
STREAMS = 5_000


async def produce(settings: Settings, events: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, linger_ms=5, max_batch_size=256 * 1024)
    await producer.start()
    pending = []
    for number in range(events):
        stream, version = number % STREAMS, number // STREAMS + 1
        key = str(ledger_id(stream))
        envelope = {
            "specversion": "1.0",
            "id": f"ledger-{key}@{version}",
            "source": "/nexa/bench",
            "type": "nexa.bench.Booked.v1",
            "subject": f"ledger-{key}",
            "time": "2025-11-17T09:00:00+00:00",
            "recordedtime": "2025-11-17T09:00:00+00:00",
            "streamversion": version,
            "correlationid": "bench",
            "actor": "bench",
            "datacontenttype": "application/json",
            "data": {"ledger_id": key, "booking_id": str(uuid4()), "amount": 1, "note": NOTE},
        }
        if version > 1:
            envelope["prevversion"] = version - 1
        pending.append(await producer.send(LEDGER.name, orjson.dumps(envelope), key=key.encode()))
    await asyncio.gather(*pending)
    await producer.stop()


async def by_chassis(settings: Settings, events: int) -> float:
    runtime = create_runtime(bench, settings)
    consumer = next(each for each in consumers_of(runtime) if each.name == f"bench.{journal.name}")
    stopping = asyncio.Event()
    task = asyncio.create_task(consumer.run(stopping))
    while consumer.handled == 0:
        await asyncio.sleep(0.001)
    began, before = time.perf_counter(), consumer.handled
    while consumer.handled < events:
        await asyncio.sleep(0.001)
    rate = (events - before) / (time.perf_counter() - began)
    stopping.set()
    await task
    await runtime.store.close()
    await runtime.engine.dispose()
    return rate


async def by_hand(settings: Settings, events: int) -> float:
    kafka = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=f"hand-{uuid4()}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await kafka.start()
    kafka.subscribe([LEDGER.name])
    connection = await psycopg.AsyncConnection.connect(settings.database_url.replace("+psycopg", ""))
    handled, before, began = 0, 0, 0.0
    while handled < events:
        batches = await kafka.getmany(timeout_ms=500, max_records=2_000)
        records = [record for batch in batches.values() for record in batch]
        if not records:
            continue
        await _handle(connection, records)
        await kafka.commit({place: batch[-1].offset + 1 for place, batch in batches.items()})
        handled += len(records)
        if not began:
            began, before = time.perf_counter(), handled
    rate = (handled - before) / (time.perf_counter() - began)
    await kafka.stop()
    await connection.close()
    return rate


async def _handle(connection: psycopg.AsyncConnection[tuple[object, ...]], records: list) -> None:  # type: ignore[type-arg]
    envelopes = [orjson.loads(record.value) for record in records]
    streams = sorted({f"bench/{each['subject']}" for each in envelopes})
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(
            "select stream, version from watermarks where consumer = 'hand' and stream = any(%s)", (streams,)
        )
        marks = dict(await cursor.fetchall())
        found = dict(marks)
        rows, lines = [], {}
        for each in envelopes:
            stream = f"bench/{each['subject']}"
            mark = marks.get(stream, 0)
            if each["streamversion"] <= mark or each.get("prevversion", 0) != mark:
                continue
            marks[stream] = each["streamversion"]
            data = each["data"]
            entry_id = derive(data["booking_id"], "entry", "hand")
            noted = orjson.dumps(
                {"entry_id": str(entry_id), "ledger_id": data["ledger_id"], "amount": data["amount"]}
            ).decode()
            meta = orjson.dumps(
                {
                    "time": each["time"],
                    "actor": "hand",
                    "correlation": each["correlationid"],
                    "causation": each["id"],
                    "previous": None,
                }
            ).decode()
            rows.append((f"entry-{entry_id}", 1, "nexa.bench.Noted.v1", True, noted, meta, each["recordedtime"]))
            lines[data["ledger_id"]] = lines.get(data["ledger_id"], 0) + 1
        await cursor.execute(
            "select nextval(pg_get_serial_sequence('events', 'position')) from generate_series(1, %s)", (len(rows),)
        )
        positions = [position for (position,) in await cursor.fetchall()]
        async with cursor.copy(
            "copy events (position, stream, version, type, published, data, meta, recorded_at) from stdin"
        ) as copy:
            for position, row in zip(positions, rows, strict=True):
                await copy.write_row((position, *row))
        async with cursor.copy("copy outbox (position) from stdin") as copy:
            await copy.write("".join(f"{position}\n" for position in positions))
        await cursor.execute(
            "insert into journal_lines as j (ledger_id, lines) select * from unnest(%s::uuid[], %s::int[])"
            " on conflict (ledger_id) do update set lines = j.lines + excluded.lines",
            (sorted(lines), [lines[each] for each in sorted(lines)]),
        )
        moved = [
            (stream, found.get(stream, 0), version)
            for stream, version in marks.items()
            if found.get(stream, 0) != version
        ]
        columns = [list(column) for column in zip(*moved, strict=True)]
        await cursor.execute(
            "insert into watermarks as w (consumer, stream, version) select 'hand', n.stream, n.reached"
            " from unnest(%s::text[], %s::int[], %s::int[]) as n(stream, found, reached)"
            " on conflict (consumer, stream) do update set version = excluded.version",
            columns,
        )


def measure(settings: Settings, events: int = EVENTS) -> list[Figure]:
    import uvloop

    asyncio.run(produce(settings, events))
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(everywhere)})
    try:
        lean = uvloop.run(by_hand(settings, events))
        _empty(settings)
        rate = uvloop.run(by_chassis(settings, events))
    finally:
        os.sched_setaffinity(0, everywhere)
    with psycopg.connect(settings.owner_url.replace("+psycopg", "")) as connection:
        row = connection.execute("select count(*), (select sum(lines) from journal_lines) from events").fetchone()
    assert row is not None
    assert (row[0], row[1]) == (events, events), f"{row} where {events} events and lines were to be"
    return [
        Figure(
            f"events through one consumer, {events:,}, one core",
            rate,
            "/s",
            "by hand, aiokafka + COPY",
            lean,
            0.5,
            checked=f"{row[0]:,} effects, {row[1]:,} lines",
        )
    ]


def _empty(settings: Settings) -> None:
    with psycopg.connect(settings.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("truncate events, outbox, watermarks, journal_lines restart identity")
