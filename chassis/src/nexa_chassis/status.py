"""Is this process well, is it busy, how far behind is it: the facts behind /livez, /readyz, /status and /metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from prometheus_client import Gauge
from pydantic import BaseModel
from sqlalchemy import RowMapping, text

from nexa_chassis.engines import connect_for
from nexa_chassis.logs import flush

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime

PROBE_SECONDS = 2.0
LAG_SECONDS = 3.0
STALLED_SECONDS = 5.0
COUNTED = ("published", "fired", "steps")
"""What a part may count besides records handled; each only ever grows."""

OUTBOX_ROWS = Gauge("nexa_outbox_rows", "Events that are not yet published", ["service"])
OUTBOX_AGE = Gauge("nexa_oldest_unpublished_age_seconds", "Age of the oldest event not yet published", ["service"])
UNHANDLED_AGE = Gauge(
    "nexa_oldest_unhandled_age_seconds", "Age of the oldest event not yet handled", ["service", "consumer"]
)
LAG = Gauge("nexa_consumer_lag_records", "Records published and not yet handled", ["service", "consumer"])
PARKED = Gauge("nexa_parked_records", "Records parked, by what becomes of them", ["service", "consumer", "status"])
JOBS = Gauge("nexa_jobs", "Jobs by status", ["service", "status"])
DEADLINES = Gauge("nexa_deadlines", "Deadlines: due ones, and those given up", ["service", "status"])

FIGURES = text("""
    select (select count(*) from outbox) as outbox_rows,
           (select min(position) from outbox) as outbox_oldest,
           (select extract(epoch from clock_timestamp() - recorded_at) from events
             where position = (select min(position) from outbox)) as outbox_age,
           (select coalesce(max(position), 0) from events) as events,
           (select count(*) from jobs where status = 'active') as jobs_active,
           (select count(*) from jobs where status = 'failed') as jobs_failed,
           (select count(*) from deadlines where status = 'waiting' and due_at <= :now) as deadlines_due,
           (select count(*) from deadlines where status = 'dead') as deadlines_dead,
           (select min(due_at) from deadlines where status = 'waiting') as next_due_at
""")
PARKED_BY_CONSUMER = text("select consumer, status, count(*) as records from parked group by consumer, status")


@dataclass(frozen=True)
class Health:
    """Whether a part can do its work; if not, `reason` says what is wrong and, where it can, what to do."""

    ready: bool
    reason: str = ""


class Part(Protocol):
    """Something that works in the background of a process. `run` returns soon after `stopping` is set."""

    @property
    def name(self) -> str: ...
    def health(self) -> Health: ...
    async def run(self, stopping: asyncio.Event) -> None: ...


@runtime_checkable
class Consuming(Protocol):
    """A part that reads topics: how many partitions it has, how many records it has handled since it started."""

    @property
    def assigned(self) -> int: ...
    @property
    def handled(self) -> int: ...
    @property
    def oldest_unhandled(self) -> datetime | None: ...
    async def lag(self) -> int: ...


class OutboxStatus(BaseModel):
    rows: int
    oldest_age_seconds: float


class ConsumerStatus(BaseModel):
    """`lag` is -1 where the broker did not say; it counts records published and not handled, over all partitions."""

    name: str
    ready: bool
    reason: str
    assigned: int
    lag: int
    handled: int
    parked: int
    dead: int


class JobsStatus(BaseModel):
    active: int
    failed: int


class DeadlinesStatus(BaseModel):
    due: int
    next_due_at: datetime | None
    dead: int


class ServiceStatus(BaseModel):
    """How busy a service is. `counters` only grow: if two looks see the same, nothing happened between them."""

    service: str
    ready: bool
    outbox: OutboxStatus
    consumers: list[ConsumerStatus]
    jobs: JobsStatus
    deadlines: DeadlinesStatus
    busy: dict[str, int]
    counters: dict[str, int]


class Since:
    """How long something has been the same, seen from here: the age of what has no time of its own on the wall clock."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[object, float]] = {}

    def age(self, name: str, value: object) -> float:
        """Seconds since `value` was first seen under this name; 0 for None."""
        if value is None:
            self._seen.pop(name, None)
            return 0.0
        known = self._seen.get(name)
        if known is None or known[0] != value:
            known = self._seen[name] = (value, time.monotonic())
        return time.monotonic() - known[1]


class Vitals:
    """Looks after one process: what runs in it, and what its database and broker say."""

    def __init__(self, runtime: Runtime, parts: Sequence[Part] = ()) -> None:
        self.runtime = runtime
        self.parts = parts
        self.down: dict[str, str] = {}
        self.restarts: dict[str, int] = {}
        self._heard = time.monotonic()
        self._since = Since()
        self._simulated = runtime.settings.clock_file is not None

    async def pulse(self, stopping: asyncio.Event) -> None:
        """Shows that the event loop turns; a loop that something blocks makes /livez late, or fail."""
        while not stopping.is_set():
            self._heard = time.monotonic()
            flush()
            try:
                async with asyncio.timeout(1):
                    await stopping.wait()
            except TimeoutError:
                continue

    def liveness(self) -> dict[str, str]:
        """What only a restart of the process heals; empty if nothing."""
        silent = time.monotonic() - self._heard
        return {"loop": f"blocked for {silent:.0f} s"} if silent > STALLED_SECONDS else {}

    async def readiness(self) -> dict[str, str]:
        """Why this process cannot do its work, by part; empty if it can."""
        reasons = dict(self.down)
        for part in self.parts:
            health = part.health()
            if not health.ready:
                reasons.setdefault(part.name, health.reason)
        database, broker = await asyncio.gather(self._database(), self._broker())
        return reasons | database | broker

    async def _database(self) -> dict[str, str]:
        try:
            figures = await self._figures()
        except Exception as error:  # whatever it is, it means not ready, and the name of it is the reason
            return {"database": f"does not answer: {type(error).__name__}"}
        age = self._outbox_age(figures)
        if age > self.runtime.settings.outbox_age_limit:
            return {"outbox": f"the oldest unpublished event is {age:.0f} s old, the limit is a matter of seconds"}
        return {}

    def _outbox_age(self, figures: RowMapping) -> float:
        """On a simulated clock an event's own times say nothing about waiting, so it counts from when it was first seen."""
        if self._simulated:
            return self._since.age("outbox", figures["outbox_oldest"])
        return float(figures["outbox_age"] or 0)

    async def _broker(self) -> dict[str, str]:
        """A poll of an absent broker just returns nothing, so it is asked for a connection."""
        if not self.parts:
            return {}
        address = self.runtime.settings.kafka_bootstrap
        for one in address.split(","):
            host, _, port = one.strip().rpartition(":")
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    _, writer = await asyncio.open_connection(host, int(port))
                writer.close()
                return {}
            except (OSError, TimeoutError):
                continue
        return {"broker": f"no connection to {address}"}

    async def status(self) -> ServiceStatus:
        """All figures, read now. Raises what the database raises when it is away."""
        figures, parked, busy, consumers = await asyncio.gather(
            self._figures(), self._parked(), self._busy(), self._consumers()
        )
        for consumer in consumers:
            consumer.parked = parked.get((consumer.name, "waiting"), 0)
            consumer.dead = parked.get((consumer.name, "dead"), 0)
        status = ServiceStatus(
            service=self.runtime.service.name,
            ready=not self.down and all(part.health().ready for part in self.parts),
            outbox=OutboxStatus(rows=figures["outbox_rows"], oldest_age_seconds=self._outbox_age(figures)),
            consumers=consumers,
            jobs=JobsStatus(active=figures["jobs_active"], failed=figures["jobs_failed"]),
            deadlines=DeadlinesStatus(
                due=figures["deadlines_due"], next_due_at=figures["next_due_at"], dead=figures["deadlines_dead"]
            ),
            busy=busy,
            counters=self._counters(figures["events"], consumers),
        )
        self._show(status, parked)
        return status

    async def _figures(self) -> RowMapping:
        async with connect_for(self.runtime.engine, PROBE_SECONDS) as connection:
            return (await connection.execute(FIGURES, {"now": self.runtime.clock.now()})).mappings().one()

    async def _parked(self) -> dict[tuple[str, str], int]:
        async with connect_for(self.runtime.engine, PROBE_SECONDS) as connection:
            rows = await connection.execute(PARKED_BY_CONSUMER)
            return {(row.consumer, row.status): row.records for row in rows}

    async def _busy(self) -> dict[str, int]:
        workers = self.runtime.service.workers
        if not workers:
            return {}
        async with connect_for(self.runtime.engine, PROBE_SECONDS) as connection:
            return {worker.name: await worker.busy(connection) for worker in workers}

    async def _consumers(self) -> list[ConsumerStatus]:
        consuming = [part for part in self.parts if isinstance(part, Consuming)]
        lags = await asyncio.gather(*(_lag(part) for part in consuming))
        return [
            ConsumerStatus(
                name=part.name,
                ready=part.name not in self.down and part.health().ready,
                reason=self.down.get(part.name) or part.health().reason,
                assigned=part.assigned,
                lag=lag,
                handled=part.handled,
                parked=0,
                dead=0,
            )
            for part, lag in zip(consuming, lags, strict=True)
        ]

    def _counters(self, events: int, consumers: Sequence[ConsumerStatus]) -> dict[str, int]:
        counters = {"events": events} | {f"handled.{consumer.name}": consumer.handled for consumer in consumers}
        for part in self.parts:
            counters |= {f"{part.name}.{name}": getattr(part, name) for name in COUNTED if hasattr(part, name)}
        return counters

    def _show(self, status: ServiceStatus, parked: Mapping[tuple[str, str], int]) -> None:
        """Set the gauges to these figures."""
        service = status.service
        OUTBOX_ROWS.labels(service).set(status.outbox.rows)
        OUTBOX_AGE.labels(service).set(status.outbox.oldest_age_seconds)
        JOBS.labels(service, "active").set(status.jobs.active)
        JOBS.labels(service, "failed").set(status.jobs.failed)
        DEADLINES.labels(service, "due").set(status.deadlines.due)
        DEADLINES.labels(service, "dead").set(status.deadlines.dead)
        for consumer in status.consumers:
            LAG.labels(service, consumer.name).set(consumer.lag)
            PARKED.labels(service, consumer.name, "waiting").set(parked.get((consumer.name, "waiting"), 0))
            PARKED.labels(service, consumer.name, "dead").set(parked.get((consumer.name, "dead"), 0))
        for part in self.parts:
            if isinstance(part, Consuming):
                UNHANDLED_AGE.labels(service, part.name).set(self._unhandled_age(part.name, part.oldest_unhandled))

    def _unhandled_age(self, consumer: str, oldest: datetime | None) -> float:
        if self._simulated:
            return self._since.age(consumer, oldest)
        return (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0


async def _lag(part: Consuming) -> int:
    try:
        async with asyncio.timeout(LAG_SECONDS):
            return await part.lag()
    except Exception:  # an unknown lag must not read as none
        return -1
