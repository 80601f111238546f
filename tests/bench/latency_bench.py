"""From a command's commit to the commit of its effect behind the next consumer, by PostgreSQL's own commit times."""

import asyncio
import time
from uuid import uuid4

import psycopg
from figures import Figure
from ledger import Book, bench, ledger_id

from nexa_chassis.consumer import consumers_of
from nexa_chassis.origin import Origin
from nexa_chassis.process import create_runtime
from nexa_chassis.relay import Relay
from nexa_chassis.settings import Settings
from nexa_local.infra import Infra

RATE = 50
SECONDS = 20

LATENCIES = """
select extract(epoch from pg_xact_commit_timestamp(effect.xmin) - pg_xact_commit_timestamp(cause.xmin)) * 1000
from events cause join events effect on effect.meta->>'causation' = cause.stream || '@' || cause.version
where cause.type = 'nexa.bench.Booked.v1' order by 1
"""


async def steady(settings: Settings, commands: int) -> None:
    """Commands at an even rate through the store, while relay and consumer work in the same process."""
    runtime = create_runtime(bench, settings)
    parts = [Relay(runtime), *consumers_of(runtime)]
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stopping)) for part in parts]
    while not all(part.health().ready for part in parts):
        await asyncio.sleep(0.01)
    began = time.perf_counter()
    for number in range(commands):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        command = Book(ledger_id=ledger_id(number % 500), booking_id=uuid4(), amount=1)
        await runtime.store.execute([command], Origin(actor="bench", correlation_id="bench"))
    consumer = parts[1]
    while consumer.handled < commands:  # type: ignore[union-attr]
        await asyncio.sleep(0.01)
    stopping.set()
    await asyncio.gather(*tasks)
    await runtime.store.close()
    await runtime.engine.dispose()


def measure(settings: Settings, infra: Infra, seconds: int = SECONDS) -> list[Figure]:
    import uvloop

    if infra.postgres is None:
        return []
    with psycopg.connect(infra.postgres_admin_url, autocommit=True) as connection:
        connection.execute("alter system set track_commit_timestamp = on")
    infra.postgres.stop()
    infra.postgres.start()
    commands = RATE * seconds
    uvloop.run(steady(settings, commands))
    with psycopg.connect(settings.owner_url.replace("+psycopg", "")) as connection:
        latencies = [float(row[0]) for row in connection.execute(LATENCIES).fetchall()]
    assert len(latencies) == commands, f"{len(latencies)} effects of {commands} commands"
    what = f"commit to effect in the next consumer at {RATE}/s"
    checked = f"{commands:,} effects"
    return [
        Figure(f"{what}, p50", latencies[commands // 2], "ms", at_most=10, checked=checked),
        Figure(f"{what}, p99", latencies[commands * 99 // 100], "ms", at_most=50, checked=checked),
    ]
