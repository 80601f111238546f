"""The canteen on a real database and broker: its orders as records, its consumers at work, its figures."""

import asyncio
import os
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
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from canteen import CONSUMED, canteen, metadata
from sqlalchemy import create_engine, make_url, text

from nexa_chassis.consumer import Broken, Consumer, consumers_of
from nexa_chassis.log_ends import partitions_of
from nexa_chassis.migrate import grant
from nexa_chassis.process import create_runtime
from nexa_chassis.provisioning import ensure_topics
from nexa_chassis.runtime import Runtime
from nexa_chassis.schema import create_chassis_tables
from nexa_chassis.settings import Settings
from nexa_chassis.testing import eventually
from nexa_local.infra import Infra
from nexa_local.postgres import create_database

SOMETIME = "2026-01-05T09:00:00+00:00"


@dataclass(frozen=True)
class Order:
    """A record as it is sent."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None


@dataclass
class Desk:
    """`runtime()` is one process' worth of the canteen; everything opened here is closed by `close`."""

    name: str
    settings: Settings
    owner_url: str
    consumed: tuple[str, ...]
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def tables(self) -> str:
        return f"nexa.{self.name}.table.v1"

    @property
    def till(self) -> str:
        return f"nexa.{self.name}.till.v1"

    def consumer(self, consumed: str = "serve_orders") -> str:
        return f"{self.name}.{consumed}"

    def runtime(self, *consumed: str) -> Runtime:
        made = create_runtime(canteen(self.name, *(consumed or self.consumed)), self.settings)
        self._open.push_async_callback(made.engine.dispose)
        self._open.push_async_callback(made.store.close)
        return made

    def order(self, table: UUID, version: int, dish: str = "soup", previous: int | None = -1, **envelope: Any) -> Order:
        """The `version`th order of a table; `envelope` is laid over what it usually says."""
        data = {"table_id": str(table), "number": version, "dish": dish}
        return self._record(self.tables, "Ordered", f"table-{table}", version, previous, data, envelope)

    def payment(self, table: UUID, version: int, previous: int | None = -1, **envelope: Any) -> Order:
        data = {"table_id": str(table), "amount": 5}
        return self._record(self.till, "Paid", f"till-{table}", version, previous, data, envelope)

    def _record(
        self,
        topic: str,
        name: str,
        stream: str,
        version: int,
        previous: int | None,
        data: Any,
        envelope: dict[str, Any],
    ) -> Order:
        before = version - 1 if previous == -1 else previous
        usual = {
            "specversion": "1.0",
            "id": f"{stream}@{version}",
            "source": f"/nexa/{self.name}",
            "type": f"nexa.{self.name}.{name}.v1",
            "subject": stream,
            "time": SOMETIME,
            "recordedtime": SOMETIME,
            "streamversion": version,
            **({"prevversion": before} if before else {}),
            "correlationid": "a guest",
            "actor": "a guest",
            "data": data,
        }
        return Order(topic, stream.partition("-")[2].encode(), orjson.dumps(usual | envelope))

    async def send(self, *orders: Order) -> None:
        """Publish these in their order."""
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka_bootstrap, linger_ms=5)
        await producer.start()
        try:
            sent = [
                await producer.send(each.topic, each.value, each.key, each.partition, headers=list(each.headers))
                for each in orders
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the owner of the database sees."""
        url = make_url(self.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            return await (await connection.execute(sql)).fetchall()

    async def act(self, sql: str) -> None:
        """Change the database as its owner."""
        url = make_url(self.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute(sql)

    async def served(self) -> list[str]:
        """The dishes served, sorted; one served twice stands there twice."""
        return [dish for (dish,) in await self.rows("select data->>'dish' from events order by 1")]

    async def ordered(self) -> dict[str, int]:
        """The counts of the read model fed from the topic."""
        return dict(await self.rows("select dish, orders from dishes"))

    async def parked(self) -> list[tuple[str, int | None, str]]:
        """(status, version, reason) of what is parked, in order."""
        return await self.rows(
            "select status, version, reason from parked order by stream nulls last, version, record_offset"
        )

    async def handled(self, consumed: str | None = None) -> bool:
        """Whether a consumer, or each of them, has handled all that stands on its topics."""
        wanted = [consumed] if consumed else list(self.consumed)
        reader = AIOKafkaConsumer(bootstrap_servers=self.settings.kafka_bootstrap)
        await reader.start()
        try:
            for each in wanted:
                names = [self.tables] if each != "settle_tabs" else [self.tables, self.till]
                ends = await reader.end_offsets(await partitions_of(self.settings.kafka_bootstrap, names))
                done = await self.rows(
                    f"select topic, partition, next_offset from handled_offsets where consumer = '{self.name}.{each}'"
                )
                known = {(topic, partition): offset for topic, partition, offset in done}
                if any(end > known.get((place.topic, place.partition), 0) for place, end in ends.items()):
                    return False
        finally:
            await reader.stop()
        return True

    async def all_handled(self, consumed: str | None = None, seconds: float = 30) -> None:
        await eventually(
            lambda: self.handled(consumed), what="everything on the topics is handled", seconds=seconds, every=0.1
        )

    async def reset_offsets(self, consumed: str, to: int = 0) -> None:
        """Move the group's offsets, while nobody consumes."""
        kafka = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap,
            group_id=f"nexa-{self.name}.{consumed}",
            enable_auto_commit=False,
        )
        await kafka.start()
        try:
            places = await partitions_of(self.settings.kafka_bootstrap, [self.tables])
            kafka.assign(places)
            await kafka.commit(dict.fromkeys(places, to))
        finally:
            await kafka.stop()

    async def committed(self, consumed: str = "serve_orders") -> int:
        """The sum of the group's committed offsets of the tables' topic."""
        kafka = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap,
            group_id=f"nexa-{self.name}.{consumed}",
            enable_auto_commit=False,
        )
        await kafka.start()
        try:
            places = await partitions_of(self.settings.kafka_bootstrap, [self.tables])
            return sum([await kafka.committed(TopicPartition(*place)) or 0 for place in places])
        finally:
            await kafka.stop()

    @contextmanager
    def process(self, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of its own that consumes, killed at the end if it is still there."""
        given = {
            "NEXA_TEST_SERVICE": self.name,
            "NEXA_TEST_CONSUMERS": ",".join(self.consumed),
            "NEXA_DATABASE_URL": self.settings.database_url,
            "NEXA_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            "NEXA_HTTP_PORT": "0",
            "NEXA_LOG_LEVEL": "WARNING",
        }
        script = Path(__file__).parent / "canteen_process.py"
        process = subprocess.Popen([sys.executable, str(script), "react"], env=os.environ | given | environment)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    async def close(self) -> None:
        await self._open.aclose()


@asynccontextmanager
async def a_canteen(infra: Infra, *consumed: str, database: Callable[[str], Any] | None = None) -> AsyncIterator[Desk]:
    """A canteen of a new name with its tables and topics, and these consumers."""
    name = f"canteen{uuid4().hex[:8]}"
    made = database(name) if database else create_database(infra.postgres_admin_url, name)
    await asyncio.to_thread(_create_tables, made.owner_url, made.app_url)
    settings = Settings(
        database_url=made.app_url,
        database_owner_url=made.owner_url,
        kafka_bootstrap=infra.kafka_bootstrap,
        stop_timeout=5,
    )
    desk = Desk(name, settings, made.owner_url, consumed or tuple(CONSUMED))
    await ensure_topics(settings, [desk.tables, desk.till])
    try:
        yield desk
    finally:
        await desk.close()


def _create_tables(owner_url: str, app_url: str) -> None:
    owner = create_engine(owner_url)
    with owner.begin() as connection:

        class Operations:
            def execute(self, sqltext: str) -> None:
                connection.execute(text(sqltext))

        create_chassis_tables(Operations())
        metadata.create_all(connection)
        grant(connection, str(make_url(app_url).username))
    owner.dispose()


async def _kept_running(consumer: Consumer, stopping: asyncio.Event) -> None:
    """As a process does it: what cannot go on begins anew."""
    while not stopping.is_set():
        try:
            await consumer.run(stopping)
        except (Broken, KafkaError, TimeoutError):
            await asyncio.wait([asyncio.create_task(stopping.wait())], timeout=0.5)


@asynccontextmanager
async def consuming(runtime: Runtime) -> AsyncIterator[list[Consumer]]:
    """The runtime's consumers at work, joined to their groups, until the block ends."""
    consumers = consumers_of(runtime)
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(_kept_running(consumer, stopping)) for consumer in consumers]

    async def joined() -> bool:
        for task in tasks:
            if task.done():
                task.result()
        return all(consumer.health().ready for consumer in consumers)

    try:
        await eventually(joined, what="the consumers have joined their groups", seconds=30)
        yield consumers
    finally:
        stopping.set()
        done, late = await asyncio.wait(tasks, timeout=30)
        for task in late:
            task.cancel()
        for task in done:
            task.result()
        assert not late, f"{len(late)} consumers did not stop within 30 s"
