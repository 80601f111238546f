"""The event store of one service: load a stream, execute commands on it, or do many of both in one transaction."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast
from uuid import UUID

import psycopg
from prometheus_client import Counter
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from nexa_chassis.append import append_statement, key_statement
from nexa_chassis.catalog import Catalog
from nexa_chassis.clock import Clock
from nexa_chassis.conflicts import ConcurrencyConflict, IdempotencyMismatch, VersionMismatch
from nexa_chassis.domain import Recorded, Refused, Stream
from nexa_chassis.event_codec import EVENT_COLUMNS, EventRow
from nexa_chassis.failpoints import failpoint
from nexa_chassis.lanes import DriverConnection, Lane, Lanes, TextRow, has_hung_up
from nexa_chassis.loading import load_head, load_heads, on_lane
from nexa_chassis.origin import Origin
from nexa_chassis.state_cache import StateCache
from nexa_chassis.transaction import Transaction, as_conflict, project
from nexa_chassis.unit_of_work import Command, UnitOfWork

if TYPE_CHECKING:
    from nexa_chassis.service import Service

S = TypeVar("S")

APPENDED = Counter("nexa_store_appended", "Events appended", ["service"])
CONFLICTS = Counter("nexa_store_conflicts", "Writes that another transaction was ahead of", ["service"])

_ATTEMPTS = 8
_LONGEST_PAUSE = 0.01
_FEW = 16
"""An append of more events than this goes through a transaction with COPY."""


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A stream's state and version; version 0 is a stream that does not exist yet."""

    state: S
    version: int


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A request's key (the caller's own, so it carries the actor too) and a fingerprint of all that was asked."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a call: the facts it added, in order; `replayed` where an earlier call with the same key added them."""

    facts: tuple[Recorded, ...]
    versions: Mapping[str, int]
    replayed: bool = False

    def version_of(self, stream: str) -> int:
        """The version of a stream that the call's commands were for, after them."""
        return self.versions[stream]


class StartsJob(Protocol):
    """A job to begin with the commands of a call (`nexa_chassis.jobs.StartJob`)."""

    @property
    def name(self) -> str: ...
    @property
    def job_id(self) -> UUID: ...
    @property
    def state(self) -> Mapping[str, JsonValue]: ...


class Store:
    """Callbacks run after a commit that gives somebody work; keep them short, they run on the event loop.

    `on_append`: events were appended; `on_schedule`: deadlines were set; `on_job`: a job was started. A commit of none of
    these, such as a consumer's that only moved its watermarks, wakes nobody.
    """

    def __init__(
        self, service: Service, engine: AsyncEngine, clock: Clock, *, lanes: int = 10, cached_states: int = 10_000
    ) -> None:
        self.catalog = Catalog(service)
        self.clock = clock
        self.engine = engine
        self.cache = StateCache(cached_states)
        self.on_append: list[Callable[[], None]] = []
        self.on_schedule: list[Callable[[], None]] = []
        self.on_job: list[Callable[[], None]] = []
        self._lanes = Lanes(engine, lanes)

    async def close(self) -> None:
        """Give the store's own connections back; the engine stays the caller's to dispose of."""
        await self._lanes.close()

    def committed(self, *, appended: bool = True, scheduled: bool = False, started: bool = False) -> None:
        """Tell whoever waits for work that there may be some."""
        failpoint("store.after_commit")
        for told, waiting in (
            (appended, self.on_append),
            (scheduled, self.on_schedule),
            (started, self.on_job),
        ):
            if told:
                for callback in waiting:
                    callback()

    async def load(self, aggregate: Stream[S], id: UUID) -> Loaded[S]:
        """The live state of one stream."""
        stream = f"{aggregate.name}-{id}"
        async with self._lanes.take() as lane:
            head = await load_head(on_lane(lane), self.catalog, self.cache, stream, cast(Any, aggregate))
        return Loaded(head.state, head.version)

    async def fetch(self, sql: str, parameters: Sequence[object]) -> list[TextRow]:
        """The rows of one statement by itself, values as the text the server sent: the shortest way to the database."""
        async with self._lanes.take() as lane:
            return await lane.fetch(sql, parameters)

    async def execute(
        self,
        commands: Sequence[object],
        origin: Origin,
        *,
        idempotency: Idempotency | None = None,
        expected_version: int | None = None,
        jobs: Sequence[StartsJob] = (),
    ) -> Done:
        """Execute the commands in one transaction, on fresh state again where somebody else wrote first.

        `expected_version` is about the first command's stream. Raises `Refused`, `VersionMismatch`, `IdempotencyMismatch`,
        `ConcurrencyConflict` when every attempt met one, and psycopg's or SQLAlchemy's OperationalError when the database
        is away. A call whose key has been used gives what the first call gave, whatever has happened to the state since.
        """
        pairs: list[Command] = [(command, origin) for command in commands]
        one_statement = not jobs and all(self.catalog.context_of(command) is None for command in commands)
        attempt = 0
        while True:
            attempt += 1
            try:
                done = await self._execute_at_once(pairs, idempotency, expected_version) if one_statement else None
                if done is not None:
                    return done
                return await self._execute_in_transaction(pairs, origin, idempotency, expected_version, jobs)
            except (Refused, VersionMismatch):
                replay = await self._replay(pairs, idempotency)
                if replay is None:
                    raise
                return replay
            except psycopg.errors.UniqueViolation as error:
                replay = await self._replay(pairs, idempotency) if error.diag.table_name == "commands" else None
                if replay is None:
                    raise
                return replay
            except ConcurrencyConflict:
                CONFLICTS.labels(self.catalog.service).inc()
                if attempt == _ATTEMPTS:
                    raise
                await asyncio.sleep(random.random() * _LONGEST_PAUSE * (attempt - 1))

    async def _execute_at_once(
        self, pairs: Sequence[Command], idempotency: Idempotency | None, expected_version: int | None
    ) -> Done | None:
        """One query and one statement; None, with nothing written, where there are too many events for that."""
        async with self._lanes.take() as lane:
            unit = await self._load(lane, pairs)
            if expected_version is not None:
                unit.expect(self._first_stream(pairs), expected_version)
            facts = unit.decide(pairs)
            if len(facts) > _FEW:
                return None
            key = (idempotency.key, idempotency.fingerprint) if idempotency else None
            try:
                if facts:
                    changes = project(self, unit.appended).statements()
                    await lane.fetch(*append_statement(unit.appended, changes, key))
                elif key is not None:
                    await lane.fetch(*key_statement(key))
            except psycopg.Error as error:
                raise as_conflict(error) from error
        if facts:
            self._keep(unit)
            self.committed()
        return Done(tuple(facts), {stream: head.version for stream, head in unit.heads.items()})

    async def _load(self, lane: Lane, pairs: Sequence[Command]) -> UnitOfWork:
        unit = UnitOfWork(self.catalog, self.clock.now())
        missing = unit.missing_streams(pairs)
        if len(missing) == 1:
            stream, aggregate = missing[0]
            unit.heads[stream] = await load_head(on_lane(lane), self.catalog, self.cache, stream, aggregate)
        elif missing:
            unit.heads.update(await load_heads(on_lane(lane), self.catalog, self.cache, missing))
        return unit

    async def _execute_in_transaction(
        self,
        pairs: Sequence[Command],
        origin: Origin,
        idempotency: Idempotency | None,
        expected_version: int | None,
        jobs: Sequence[StartsJob],
    ) -> Done:
        async with self.transaction(origin) as tx:
            await tx.load(pairs)
            if expected_version is not None:
                tx.unit.expect(self._first_stream(pairs), expected_version)
            facts = tx.decide(pairs)
            await tx.write()
            for job in jobs:
                await tx.start_job(job.name, job.job_id, job.state)
            if idempotency is not None:
                await tx.remember(idempotency.key, idempotency.fingerprint)
        return Done(tuple(facts), {stream: head.version for stream, head in tx.unit.heads.items()})

    def _first_stream(self, pairs: Sequence[Command]) -> str:
        command = pairs[0][0]
        return self.catalog.aggregate_of(command).stream_of(command)

    @asynccontextmanager
    async def transaction(self, origin: Origin) -> AsyncIterator[Transaction]:
        """One transaction on a connection of the engine's pool. `origin` is for commands that come without their own."""
        async with self.engine.connect() as connection:
            driver = await _live_driver(connection)
            # Begun by hand: SQLAlchemy commits only what it knows of, and the hot statements go past it.
            async with connection.begin():
                tx = Transaction(self, connection, driver, origin)
                yield tx
        self._keep(tx.unit)
        self.committed(appended=bool(tx.unit.appended), scheduled=tx.scheduled, started=tx.started)

    def _keep(self, unit: UnitOfWork) -> None:
        """Remember the heads, but not those of streams that began among many: they would push out what is in use, and the one
        event that each has is soon read again.
        """
        APPENDED.labels(self.catalog.service).inc(len(unit.appended))
        many = len(unit.appended) > _FEW
        for stream in {one.row.stream for one in unit.appended}:
            head = unit.heads[stream]
            if head.version > 1 or not many:
                self.cache.put(stream, head)

    async def _replay(self, pairs: Sequence[Command], idempotency: Idempotency | None) -> Done | None:
        """What the first call with this key gave, None where there was none."""
        if idempotency is None:
            return None
        async with self.transaction(Origin("system:replay", "")) as tx:
            recorded = await tx.fetch("select fingerprint, positions from commands where key = %s", (idempotency.key,))
            if not recorded:
                return None
            ((fingerprint, positions),) = recorded
            if fingerprint != idempotency.fingerprint:
                raise IdempotencyMismatch(idempotency.key)
            rows = await tx.fetch(
                f"select {EVENT_COLUMNS} from events where position = any(%s) order by position", (positions,)
            )
        facts = tuple([self.catalog.codec.recorded(EventRow(*row)) for row in rows])
        async with self._lanes.take() as lane:
            unit = await self._load(lane, pairs)
        versions = {stream: head.version for stream, head in unit.heads.items()}
        versions.update({fact.stream: fact.version for fact in facts})
        return Done(facts, versions, replayed=True)


async def _live_driver(connection: AsyncConnection) -> DriverConnection:
    """The driver's connection; those that the server closed while they lay in the pool are replaced."""
    while True:
        driver = cast(DriverConnection, (await connection.get_raw_connection()).driver_connection)
        if not has_hung_up(driver):
            return driver
        await connection.invalidate()
