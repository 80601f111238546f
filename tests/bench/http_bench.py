"""Commands a second over HTTP with token, idempotency key and tracing, beside a bare handler on the same server."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import orjson
import psycopg
from figures import Figure
from ledger import ledger_id
from store_bench import STREAMS, seed

from nexa_chassis.settings import Settings
from nexa_local.processes import accepts, await_ready, free_port, spawn, stop
from nexa_local.tokens import ensure_keys, mint

HERE = Path(__file__).parent
CLIENTS = 16
REQUESTS = 8_000


async def drive(port: int, requests: int, headers: str, base: int) -> float:
    """Requests over keep-alive connections, each to a ledger that no other one is writing to; gives requests a second."""

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for count in range(requests // CLIENTS):
            ledger = ledger_id((base + number + count * CLIENTS) % STREAMS + 1)
            body = orjson.dumps({"booking_id": str(uuid4()), "amount": 1})
            head = (
                f"POST /ledgers/{ledger}/bookings HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n{headers}"
            )
            if headers:
                head += f"Idempotency-Key: {uuid4()}\r\n"
            writer.write(head.encode() + b"\r\n" + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 201"):
                raise AssertionError(answer.decode())
            length = next(
                int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:")
            )
            await reader.readexactly(length)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return requests / (time.perf_counter() - began)


@contextmanager
def served(command: Sequence[str | Path], environment: dict[str, str], port: int, log: Path) -> Iterator[None]:
    process = spawn(command, log=log, environment={**os.environ, **environment}, cwd=HERE)
    try:
        await_ready(process, lambda: accepts(port), name="the measured server", log=log, seconds=30)
        yield
    finally:
        stop(process, seconds=15)


def measure(settings: Settings, requests: int = REQUESTS) -> list[Figure]:
    import uvloop

    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        signing, key_set = ensure_keys(directory)
        token = mint(signing, subject="bench", roles=["booker"])
        seed(settings.owner_url)
        port = free_port()
        environment = {
            "NEXA_DATABASE_URL": settings.database_url,
            "NEXA_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "NEXA_HTTP_PORT": str(port),
            "NEXA_JWKS_FILE": str(key_set),
            "NEXA_TRACE_FILE": str(directory / "spans.jsonl"),
            "NEXA_LOG_LEVEL": "WARNING",
        }
        headers = f"Authorization: Bearer {token}\r\n"
        with served([sys.executable, HERE / "ledger.py", "serve"], environment, port, directory / "chassis.log"):
            uvloop.run(drive(port, 800, headers, 0))
            rate = uvloop.run(drive(port, requests, headers, 0))
        found = _events(settings)
        assert found == STREAMS * 10 + 800 + requests, f"{found} events"
        seed(settings.owner_url)
        port = free_port()
        bare_url = settings.database_url.replace("+psycopg", "")
        with served(
            [sys.executable, HERE / "bare.py", str(port)], {"BENCH_DATABASE": bare_url}, port, directory / "bare.log"
        ):
            uvloop.run(drive(port, 800, "", 0))
            lean = uvloop.run(drive(port, requests, "", 0))
        bare_found = _events(settings)
        assert bare_found == STREAMS * 10 + 800 + requests, f"{bare_found} events by the bare handler"
    return [
        Figure(
            f"commands over HTTP with token, idempotency key and tracing, {CLIENTS} clients",
            rate,
            "/s",
            "bare FastAPI, two statements",
            lean,
            0.6,
            checked=f"{found:,} events counted",
        )
    ]


def _events(settings: Settings) -> int:
    with psycopg.connect(settings.owner_url.replace("+psycopg", "")) as connection:
        row = connection.execute("select count(*) from events").fetchone()
    return int(row[0]) if row else 0
