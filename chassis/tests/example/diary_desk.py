"""A diaries' service on a real database and broker: runtimes on it, processes of it, and what stands on its topic."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition
from diary import Write, diaries, metadata
from sqlalchemy import create_engine, make_url, text

from nexa_chassis.broker_view import look
from nexa_chassis.clock import Clock
from nexa_chassis.jobs import Job
from nexa_chassis.migrate import grant
from nexa_chassis.origin import Origin
from nexa_chassis.process import create_runtime
from nexa_chassis.provisioning import ensure_topics, topics_of
from nexa_chassis.relay import Relay
from nexa_chassis.runtime import Runtime
from nexa_chassis.schema import create_chassis_tables
from nexa_chassis.settings import Settings
from nexa_chassis.status import Part
from nexa_local.infra import Infra
from nexa_local.postgres import Database


@dataclass(frozen=True)
class Entry:
    """One record of the topic."""

    partition: int
    offset: int
    stream: str
    version: int
    previous: int | None
    value: bytes
    headers: dict[str, bytes]


@dataclass
class Desk:
    """`runtime()` is one process' worth of the service; everything opened here is closed by `close`."""

    name: str
    settings: Settings
    owner_url: str
    jobs: Sequence[Job] = ()
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def topic(self) -> str:
        return f"nexa.{self.name}.diary.v1"

    def runtime(self, clock: Clock | None = None, **settings: object) -> Runtime:
        made = create_runtime(diaries(self.name, self.jobs), self.settings.model_copy(update=settings))
        if clock is not None:
            made.store.clock = clock
            made = Runtime(**{**made.__dict__, "clock": clock})
        self._open.push_async_callback(made.engine.dispose)
        self._open.push_async_callback(made.store.close)
        return made

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the owner of the database sees."""
        async with await psycopg.AsyncConnection.connect(libpq(self.owner_url), autocommit=True) as connection:
            return await (await connection.execute(sql)).fetchall()

    async def count(self, sql: str) -> int:
        [(found,)] = await self.rows(sql)
        return int(found)

    async def cut_connections(self) -> int:
        """End every connection that the service has to its database; gives how many there were."""
        async with await psycopg.AsyncConnection.connect(libpq(self.settings.database_url)) as connection:
            found = await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and usename = current_user and application_name = 'nexa'"
            )
            return len(await found.fetchall())

    async def entries(self) -> list[Entry]:
        """Every record of the topic, partition by partition."""
        return await read(self.settings.kafka_bootstrap, self.topic)

    @contextmanager
    def process(self, role: str = "relay", **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of its own in one role, killed at the end if it is still there."""
        given = {
            "NEXA_TEST_SERVICE": self.name,
            "NEXA_DATABASE_URL": self.settings.database_url,
            "NEXA_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            "NEXA_HTTP_PORT": "0",
            "NEXA_LOG_LEVEL": "WARNING",
        }
        script = Path(__file__).parent / "diary_process.py"
        process = subprocess.Popen([sys.executable, str(script), role], env=os.environ | given | environment)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    async def close(self) -> None:
        await self._open.aclose()


def libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def open_desk(infra: Infra, database: Callable[[str], Database], jobs: Sequence[Job] = ()) -> Desk:
    """A service of a new name with its tables and topics."""
    name = f"diaries{uuid4().hex[:8]}"
    made = await asyncio.to_thread(database, "diaries")
    await asyncio.to_thread(create_tables, made)
    settings = Settings(
        database_url=made.app_url, database_owner_url=made.owner_url, kafka_bootstrap=infra.kafka_bootstrap
    )
    await ensure_topics(settings, topics_of(diaries(name)))
    return Desk(name, settings, made.owner_url, jobs)


def create_tables(database: Database) -> None:
    owner = create_engine(database.owner_url)
    with owner.begin() as connection:

        class Operations:
            def execute(self, sqltext: str) -> None:
                connection.execute(text(sqltext))

        create_chassis_tables(Operations())
        metadata.create_all(connection)
        grant(connection, str(make_url(database.app_url).username))
    owner.dispose()


async def read(bootstrap: str, topic: str) -> list[Entry]:
    """Every record of a topic, partition by partition in order of offsets."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    found: list[Entry] = []
    async with asyncio.timeout(30):
        await consumer.start()
        try:
            view = await look(bootstrap, [topic], seconds=10)
            places = [TopicPartition(*place) for place in view.ends]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            while any([await consumer.position(place) < view.ends[place] for place in places]):
                for records in (await consumer.getmany(timeout_ms=200, max_records=5000)).values():
                    found += [_entry(record) for record in records]
        finally:
            await consumer.stop()
    return sorted(found, key=lambda entry: (entry.partition, entry.offset))


def _entry(record: Any) -> Entry:
    envelope = orjson.loads(record.value)
    return Entry(
        record.partition,
        record.offset,
        envelope["subject"],
        envelope["streamversion"],
        envelope.get("prevversion"),
        record.value,
        dict(record.headers),
    )


def inversions(entries: Sequence[Entry]) -> list[tuple[str, int, int]]:
    """Where the first occurrence of a version stands behind that of a later one of its stream: (stream, later, earlier)."""
    seen: set[tuple[str, int]] = set()
    highest: dict[str, int] = {}
    found = []
    for entry in entries:
        if (entry.stream, entry.version) in seen:
            continue
        seen.add((entry.stream, entry.version))
        before = highest.get(entry.stream, 0)
        if entry.version < before:
            found.append((entry.stream, before, entry.version))
        highest[entry.stream] = max(before, entry.version)
    return found


def distinct(entries: Sequence[Entry]) -> set[tuple[str, int]]:
    return {(entry.stream, entry.version) for entry in entries}


async def write(runtime: Runtime, diary_id: UUID, *entries: str, secretly: bool = False) -> None:
    await runtime.store.execute([Write(diary_id, entries, secretly)], an_origin())


def an_origin() -> Origin:
    return Origin(actor="a test", correlation_id=str(uuid4()))


@asynccontextmanager
async def at_work(*parts: Part) -> AsyncIterator[None]:
    """The parts run until the block ends; one that fails fails the test."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stopping)) for part in parts]
    try:
        yield
    finally:
        stopping.set()
        done, late = await asyncio.wait(tasks, timeout=15)
        for task in late:
            task.cancel()
        for task in done:
            task.result()
        assert not late, f"{len(late)} parts did not stop within 15 s"


@asynccontextmanager
async def relaying(runtime: Runtime, *, look_every: float = 10.0) -> AsyncIterator[Relay]:
    """A relay candidate at work."""
    relay = Relay(runtime, look_every=look_every)
    async with at_work(relay):
        yield relay
