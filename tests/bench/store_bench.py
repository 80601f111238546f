"""Commands a second through the store, beside pgbench doing the same load and one-statement append."""

import asyncio
import random
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import psycopg
from figures import Figure
from ledger import NOTE, Book, bench, ledger_id

from nexa_chassis.origin import Origin
from nexa_chassis.process import create_runtime
from nexa_chassis.settings import Settings
from nexa_local.postgres import wheel_binaries

STREAMS = 1_000
EVENTS = 10

SEED = """
insert into events (stream, version, type, published, data, meta, recorded_at)
select 'ledger-00000000-0000-4000-8000-' || lpad(s::text, 12, '0'), v, 'nexa.bench.Booked.v1', true,
       json_build_object('ledger_id', '00000000-0000-4000-8000-' || lpad(s::text, 12, '0'),
                         'booking_id', gen_random_uuid(), 'amount', v, 'note', %s::text)::text::json,
       json_build_object('time', now(), 'actor', 'seed', 'correlation', 'seed', 'causation', null,
                         'traceparent', null, 'previous', nullif(v - 1, 0))::text::json,
       now()
from generate_series(1, %s) s, generate_series(1, %s) v order by v, s
"""

# No colon may stand before a letter or digit: pgbench would take what follows for a variable.
PGBENCH = """\
\\set s random(1, %d)
select max(version) + 1 as v, string_agg(data::text, ',') as data from events
 where stream = 'ledger-00000000-0000-4000-8000-' || lpad(:s::text, 12, '0') \\gset
with e as (insert into events (stream, version, type, published, data, meta, recorded_at)
 values ('ledger-00000000-0000-4000-8000-' || lpad(:s::text, 12, '0'), :v, 'nexa.bench.Booked.v1', true,
 '{"ledger_id": "00000000-0000-4000-8000-000000000001", "booking_id": "00000000-0000-4000-8000-000000000001", "note": "%s"}',
 '{"time": "2025-11-17", "actor": "pgbench", "correlation": "pgbench", "causation": null, "traceparent": null, "previous": 10}',
 now()) on conflict do nothing returning position) insert into outbox select position from e;
"""


def seed(owner_url: str, streams: int = STREAMS, events: int = EVENTS) -> None:
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("truncate events, outbox restart identity")
        connection.execute(SEED, (NOTE, streams, events))
        connection.execute("vacuum analyze events")


def floor(app_url: str, clients: int, seconds: int, directory: Path) -> float:
    script = directory / "append.sql"
    script.write_text(PGBENCH % (STREAMS, NOTE))
    command = [
        str(wheel_binaries() / "pgbench"),
        "-n",
        "-M",
        "prepared",
        "-c",
        str(clients),
        "-j",
        str(min(clients, 2)),
    ]
    command += ["-T", str(seconds), "-f", str(script), app_url.replace("+psycopg", "")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps = "))
    return float(line.split()[2])


async def through_the_store(settings: Settings, writers: int, commands: int) -> float:
    runtime = create_runtime(bench, settings)
    numbers = random.Random(7)

    async def write(count: int) -> None:
        for _ in range(count):
            command = Book(ledger_id=ledger_id(numbers.randint(1, STREAMS)), booking_id=uuid4(), amount=1)
            await runtime.store.execute([command], Origin(actor="bench", correlation_id="bench"))

    await write(50)
    began = time.perf_counter()
    await asyncio.gather(*(write(commands // writers) for _ in range(writers)))
    taken = time.perf_counter() - began
    await runtime.store.close()
    await runtime.engine.dispose()
    return commands // writers * writers / taken


def count(owner_url: str) -> int:
    with psycopg.connect(owner_url.replace("+psycopg", "")) as connection:
        row = connection.execute("select count(*) from events").fetchone()
        return int(row[0]) if row else 0


def measure(settings: Settings, directory: Path, seconds: int = 5) -> list[Figure]:
    import uvloop

    figures = []
    for writers, commands in ((1, 3_000), (16, 12_000)):
        seed(settings.owner_url)
        rate = uvloop.run(through_the_store(settings, writers, commands))
        expected = STREAMS * EVENTS + 50 + commands // writers * writers
        found = count(settings.owner_url)
        assert found == expected, f"{found} events where {expected} were to be"
        seed(settings.owner_url)
        lean = floor(settings.database_url, writers, seconds, directory)
        name = f"commands through the store, {writers} writer{'s' if writers > 1 else ''}"
        figures.append(
            Figure(name, rate, "/s", "pgbench, load + one statement", lean, 0.4, checked=f"{found:,} events counted")
        )
    return figures
