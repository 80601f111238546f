"""Events a second through a rebuild on one core, beside reading and parsing the same events and nothing else."""

import asyncio
import os
import time

import psycopg
from figures import Figure
from ledger import Booked, balances_model, with_balances
from store_bench import seed

from nexa_chassis.rebuild import rebuild_own_fed
from nexa_chassis.settings import Settings

EVENTS = 500_000
STREAMS = 50_000


def measure(settings: Settings, events: int = EVENTS) -> list[Figure]:
    streams = STREAMS * events // EVENTS
    seed(settings.owner_url, streams, events // streams)
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everywhere)})
    try:
        began = time.perf_counter()
        done = asyncio.run(rebuild_own_fed(settings.owner_url, with_balances, balances_model))
        rate = done.events / (time.perf_counter() - began)
        lean = _parse_only(settings.owner_url)
    finally:
        os.sched_setaffinity(0, everywhere)
    with psycopg.connect(settings.owner_url.replace("+psycopg", "")) as connection:
        row = connection.execute("select count(*), sum(bookings) from balances").fetchone()
    assert row is not None
    assert (row[0], row[1]) == (streams, events), f"{row} rows and bookings"
    return [
        Figure(f"rebuild of a read model, {events:,} events, one core", rate, "events/s", "COPY out and parse", lean),
        Figure(
            "the same against its target",
            rate,
            "events/s",
            at_least=100_000,
            checked=f"{row[0]:,} rows, {row[1]:,} bookings",
        ),
    ]


def _parse_only(owner_url: str) -> float:
    parse = Booked.model_validate_json
    began = time.perf_counter()
    count = 0
    with (
        psycopg.connect(owner_url.replace("+psycopg", "")) as connection,
        connection.cursor() as cursor,
        cursor.copy("copy (select data::text from events order by position) to stdout") as copy,
    ):
        pending = b""
        for block in copy:
            *lines, pending = (pending + bytes(block)).split(b"\n")
            for line in lines:
                parse(line.replace(b"\\\\", b"\\"))
                count += 1
    return count / (time.perf_counter() - began)
