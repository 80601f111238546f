"""A service as the operating system sees it: commands, signals, exit codes, memory."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from nexa_chassis.testing import Signer, eventually
from nexa_local.infra import Infra
from nexa_local.postgres import Database

EXAMPLE = Path(__file__).parent / "example"
MOST_MEMORY_MB = 140


@pytest.fixture
def environment(infra: Infra, database: Callable[[str], Database], tmp_path: Path) -> dict[str, str]:
    own = database("counting")
    signer = Signer()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("NEXA_")},
        "PYTHONPATH": str(EXAMPLE),
        "NEXA_DATABASE_URL": own.app_url,
        "NEXA_DATABASE_OWNER_URL": own.owner_url,
        "NEXA_KAFKA_BOOTSTRAP": infra.kafka_bootstrap,
        "NEXA_HTTP_PORT": str(free_port()),
        "NEXA_JWKS_FILE": str(signer.publish(tmp_path / "jwks.json")),
        "TOKEN": signer.token("clerk"),
    }


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "counting", *arguments]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def started(environment: Mapping[str, str], log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "counting", *arguments], env=dict(environment), stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
async def client(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {environment['TOKEN']}"}
    base_url = f"http://127.0.0.1:{environment['NEXA_HTTP_PORT']}"
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=10) as client:
        yield client


async def ready(client: httpx.AsyncClient) -> None:
    async def is_ready() -> bool:
        answer = await client.get("/readyz")
        assert answer.status_code == 200, answer.text
        return True

    await eventually(is_ready, what="the service is ready", seconds=30)


async def test_a_service_migrates_serves_reacts_and_stops_when_asked(
    environment: dict[str, str], client: httpx.AsyncClient, tmp_path: Path
) -> None:
    assert run(environment, "migrate").returncode == 0
    with started(environment, tmp_path / "log") as process:
        await ready(client)
        opened = await client.post("/counters", json={"amount": 12}, headers={"Idempotency-Key": "one"})
        assert opened.status_code == 201, opened.text

        async def bell() -> bool:
            return (await client.get(f"/counters/{opened.json()['counter_id']}/bell")).status_code == 200

        await eventually(bell, what="the bell is heard", seconds=30)
        assert resident_megabytes(process.pid) < MOST_MEMORY_MB
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 15) == 0
    assert run(environment, "admin", "lag").returncode == 0


def resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def test_requests_in_flight_are_answered_before_the_process_ends_and_later_ones_refused(
    environment: dict[str, str], client: httpx.AsyncClient, tmp_path: Path
) -> None:
    run(environment, "migrate")
    with started(environment, tmp_path / "log", "serve") as process:
        await ready(client)
        opened = await client.post("/counters", json={"amount": 1}, headers={"Idempotency-Key": "one"})
        counter_id = opened.json()["counter_id"]
        with psycopg.connect(environment["NEXA_DATABASE_OWNER_URL"].replace("+psycopg", "")) as lock:
            lock.execute("lock table events in share mode")
            path = f"/counters/{counter_id}/count"
            waiting = asyncio.create_task(client.post(path, json={"amount": 1}, headers={"Idempotency-Key": "two"}))
            await eventually(lambda: blocked(environment), what="the request waits in the database")
            process.send_signal(signal.SIGTERM)

            async def refused() -> bool:
                try:
                    async with httpx.AsyncClient(base_url=client.base_url) as other:
                        await other.get("/livez")
                except httpx.ConnectError:
                    return True
                return False

            await eventually(refused, what="new connections are refused")
            lock.rollback()
        assert (await waiting).json()["version"] == 2
        assert await asyncio.to_thread(process.wait, 15) == 0


async def blocked(environment: Mapping[str, str]) -> bool:
    url = environment["NEXA_DATABASE_OWNER_URL"].replace("+psycopg", "")
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute("select 1 from pg_locks where not granted limit 1")
        return await found.fetchone() is not None


@pytest.mark.parametrize("role", ["react", "relay", "tick"])
async def test_a_process_of_another_role_shows_its_state_and_no_routes(
    environment: dict[str, str], client: httpx.AsyncClient, tmp_path: Path, role: str
) -> None:
    run(environment, "migrate")
    with started(environment, tmp_path / "log", role) as process:
        await ready(client)
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/counters")).status_code == 404
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 15) == 0


def test_an_environment_that_lacks_something_ends_the_process_with_a_message_that_names_it() -> None:
    done = run({"PYTHONPATH": str(EXAMPLE), "PATH": os.environ["PATH"], "NEXA_HTTP_PORT": "many"})
    assert done.returncode == 2
    assert "NEXA_DATABASE_URL" in done.stderr
    assert "NEXA_HTTP_PORT" in done.stderr


async def test_an_address_that_is_taken_ends_the_process_with_a_message(environment: dict[str, str]) -> None:
    run(environment, "migrate")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(environment | {"NEXA_HTTP_PORT": str(taken.getsockname()[1])}, "serve")
    assert done.returncode == 1
    assert "is taken; set NEXA_HTTP_PORT" in done.stdout


def test_an_unknown_command_is_answered_with_those_there_are(environment: dict[str, str]) -> None:
    done = run(environment, "dance")
    assert done.returncode == 2
    assert "migrate" in done.stderr
