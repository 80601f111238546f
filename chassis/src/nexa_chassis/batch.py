"""One batch of deliveries in one transaction: effects, watermarks, parked keys and handled offsets, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
import psycopg
from sqlalchemy.exc import DBAPIError

from nexa_chassis import telemetry
from nexa_chassis.decoding import Delivery, Place, decode_parts, fact_of
from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.handlers import Consumed, handler_for, models_of
from nexa_chassis.origin import Origin
from nexa_chassis.transaction import Transaction
from nexa_chassis.watermarks import Ledger, Parked, Verdict

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime

MOST_ATTEMPTS = 8
FIRST_RETRY_SECONDS = 1.0


class LostPartition(Exception):
    """Another member has handled these streams meanwhile: nothing of this transaction may stand."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery to be handled; `parked_id` if it comes out of the table of parked ones."""

    delivery: Delivery
    parked_id: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A delivery whose turn it is, with what its handling gave."""

    candidate: Candidate
    stream: str
    instance: object
    pairs: Sequence[tuple[object, Origin]]
    deadlines: Sequence[tuple[Deadline, Origin]]


@dataclass
class Outcome:
    """What one pass over a batch decided, before anything is written."""

    steps: list[Step] = field(default_factory=list)
    park: list[tuple[Delivery, str, str | None]] = field(default_factory=list)
    failed_again: list[tuple[int, str]] = field(default_factory=list)
    unpark: list[int] = field(default_factory=list)


class _Rerun(Exception):
    """Some decisions failed; the pass is made again, knowing them."""


class BatchHandler:
    """Handles batches for one consumer. `name` is the consumer's, `<service>.<reaction or read model>`."""

    def __init__(self, runtime: Runtime, name: str, consumed: Consumed) -> None:
        self._runtime = runtime
        self._name = name
        self._consumed = consumed
        self._models = models_of(consumed)
        self._actor = f"system:{name}"

    async def handle(
        self, candidates: Sequence[Candidate], offsets: Mapping[tuple[str, int], int], cluster: str
    ) -> None:
        """Handle the candidates in order; `offsets` is where each partition goes on, kept beside the effects.

        Raises `LostPartition`, `ConcurrencyConflict` and what an absent database raises: the whole batch is to be handled
        again. Everything else that goes wrong is the fault of a delivery, and parks it with its key.
        """
        await self._handle(candidates, offsets, cluster, {})

    async def _handle(
        self,
        candidates: Sequence[Candidate],
        offsets: Mapping[tuple[str, int], int],
        cluster: str,
        failing: dict[Place, str],
    ) -> None:
        while True:
            try:
                await self._attempt(candidates, offsets, cluster, failing)
                return
            except _Rerun:
                continue
            except (psycopg.Error, DBAPIError) as error:
                if not _blames_data(error):
                    raise
                if len(candidates) == 1:
                    failing[candidates[0].delivery.place] = describe(error)
                    continue
            half = len(candidates) // 2
            await self._handle(candidates[:half], {}, cluster, failing)
            await self._handle(candidates[half:], offsets, cluster, failing)
            return

    async def _attempt(
        self,
        candidates: Sequence[Candidate],
        offsets: Mapping[tuple[str, int], int],
        cluster: str,
        failing: dict[Place, str],
    ) -> None:
        origin = Origin(actor=self._actor, correlation_id="")
        with ExitStack() as spans:
            async with self._runtime.store.transaction(origin) as tx:
                ledger = await load_ledger(tx, self._name, candidates)
                outcome = await self._collect(tx, ledger, candidates, failing, spans)
                await self._decide(tx, outcome, failing)
                await tx.schedule([each for step in outcome.steps for each in step.deadlines])
                await tx.write()
                await self._handler.finish(tx)
                await move_watermarks(tx, self._name, ledger)
                await write_parked(tx, self._name, outcome)
                await write_offsets(tx, self._name, offsets, cluster)

    async def _collect(
        self,
        tx: Transaction,
        ledger: Ledger,
        candidates: Sequence[Candidate],
        failing: Mapping[Place, str],
        spans: ExitStack,
    ) -> Outcome:
        """First pass: what is whose turn, and what follows from it by the handler."""
        outcome = Outcome()
        facts, broken = self._facts([each.delivery for each in candidates] + ledger.waiting_deliveries())
        self._handler = handler_for(self._name, self._consumed)
        await self._handler.begin(tx, facts.values())
        traces = self._open_spans(facts.values(), spans)
        for candidate in candidates:
            if candidate.parked_id is not None and candidate.delivery.stream is not None:
                ledger.release(candidate.delivery.stream)
            self._take(candidate, ledger, outcome, facts, {**broken, **failing}, traces)
        return outcome

    def _take(
        self,
        candidate: Candidate,
        ledger: Ledger,
        outcome: Outcome,
        facts: Mapping[Place, Recorded],
        failing: Mapping[Place, str],
        traces: Mapping[str | None, str | None],
    ) -> None:
        turn: Candidate | None = candidate
        while turn is not None:
            delivery, stream = turn.delivery, turn.delivery.stream
            if stream is None:
                outcome.park.append((delivery, "poison", delivery.poison))
                return
            verdict = ledger.verdict(stream, delivery.version, delivery.previous)
            if verdict is Verdict.DUPLICATE:
                self._unpark(turn, outcome)
            elif verdict is not Verdict.APPLY:
                if turn.parked_id is None:
                    outcome.park.append((delivery, verdict.value, None))
                return
            elif not self._apply(turn, stream, ledger, outcome, facts, failing, traces):
                return
            waiting = ledger.next_waiting(stream)
            turn = Candidate(waiting.delivery, waiting.id) if waiting else None

    def _apply(
        self,
        turn: Candidate,
        stream: str,
        ledger: Ledger,
        outcome: Outcome,
        facts: Mapping[Place, Recorded],
        failing: Mapping[Place, str],
        traces: Mapping[str | None, str | None],
    ) -> bool:
        """Handle the delivery whose turn it is; False when it failed, and its key is blocked from here on."""
        delivery = turn.delivery
        error = failing.get(delivery.place)
        outputs: Sequence[object] = ()
        instance: object = None
        fact = facts.get(delivery.place)
        if error is None and fact is not None:
            try:
                outputs = self._handler.handle(fact, self._runtime.clock.now())
                instance = self._handler.instance_of(fact)
            except Exception as raised:  # whatever a reaction raises parks its fact
                error = describe(raised)
        if error is not None:
            ledger.block(stream)
            if turn.parked_id is None:
                outcome.park.append((delivery, "failure", error))
            else:
                outcome.failed_again.append((turn.parked_id, error))
            return False
        ledger.advance(stream, delivery.version)
        self._unpark(turn, outcome)
        if fact is not None and outputs:
            origin = Origin(
                actor=self._actor,
                correlation_id=fact.correlation_id,
                causation_id=fact.id,
                traceparent=traces.get(fact.traceparent),
            )
            deadlines = [(each, origin) for each in outputs if isinstance(each, Deadline)]
            pairs = [(each, origin) for each in outputs if not isinstance(each, Deadline)]
            outcome.steps.append(Step(turn, stream, instance, pairs, deadlines))
        return True

    async def _decide(self, tx: Transaction, outcome: Outcome, failing: dict[Place, str]) -> None:
        """Second pass: all target streams in one query, then each delivery's commands, told apart when one fails."""
        pairs = [pair for step in outcome.steps for pair in step.pairs]
        if not pairs:
            return
        await tx.load(pairs)
        failed_here = False
        spoiled: set[object] = set()
        for step in outcome.steps:
            if step.stream in spoiled or (step.instance is not None and step.instance in spoiled):
                continue
            try:
                tx.decide(step.pairs)
            except Exception as raised:  # whatever a decision raises parks the fact that led to it
                failing[step.candidate.delivery.place] = describe(raised)
                failed_here = True
                spoiled |= {step.stream, step.instance} - {None}
        if failed_here:
            raise _Rerun

    def _facts(self, deliveries: Sequence[Delivery]) -> tuple[dict[Place, Recorded], dict[Place, str]]:
        """The facts of the types this consumer knows, and why others of those types are none."""
        facts: dict[Place, Recorded] = {}
        broken: dict[Place, str] = {}
        for delivery in deliveries:
            model = self._models.get(delivery.type)
            if model is None:
                continue
            try:
                facts[delivery.place] = fact_of(delivery, model)
            except (ValueError, KeyError, TypeError) as error:
                broken[delivery.place] = describe(error)
        return facts, broken

    def _open_spans(self, facts: Any, spans: ExitStack) -> dict[str | None, str | None]:
        """One span per trace context in the batch; what a fact leads to carries its own, never the batch's."""
        traces: dict[str | None, str | None] = {}
        for traceparent in {fact.traceparent for fact in facts}:
            if not telemetry.sampled(traceparent):
                traces[traceparent] = traceparent
                continue
            opened = spans.enter_context(
                telemetry.span(f"handle {self._name}", traceparent=traceparent, kind="consumer")
            )
            traces[traceparent] = telemetry.traceparent_of(opened)
        return traces

    @staticmethod
    def _unpark(turn: Candidate, outcome: Outcome) -> None:
        if turn.parked_id is not None:
            outcome.unpark.append(turn.parked_id)


def describe(error: BaseException) -> str:
    """What to show an operator, without NUL, which PostgreSQL's text cannot hold."""
    return f"{type(error).__name__}: {error}".replace("\x00", "\\0")[:2_000]


def _blames_data(error: psycopg.Error | DBAPIError) -> bool:
    """Whether the server refused what was written, rather than being away or busy."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.DataError | psycopg.IntegrityError | psycopg.ProgrammingError)


async def load_ledger(tx: Transaction, consumer: str, candidates: Sequence[Candidate]) -> Ledger:
    streams = sorted({each.delivery.stream for each in candidates if each.delivery.stream is not None})
    marks = await tx.fetch(
        "select stream, version from watermarks where consumer = %s and stream = any(%s)", (consumer, streams)
    )
    rows = await tx.fetch(
        "select id, topic, partition, record_offset, key, value, headers::text, reason = 'failure' from parked"
        " where consumer = %s and stream = any(%s) order by version, id",
        (consumer, streams),
    )
    return Ledger(dict(marks), [parked_row(row) for row in rows])


def parked_row(row: tuple[Any, ...]) -> Parked:
    parked_id, topic, partition, offset, key, value, headers, failed = row
    pairs = [(name, bytes.fromhex(value)) for name, value in orjson.loads(headers)]
    return Parked(parked_id, decode_parts((topic, partition, offset), key, value, pairs), failed)


async def move_watermarks(tx: Transaction, consumer: str, ledger: Ledger) -> None:
    """Compare-and-set: a member that lost its partitions while it worked finds other watermarks than it read, and fails."""
    moves = ledger.moves()
    if not moves:
        return
    streams, found, reached = (list(column) for column in zip(*moves, strict=True))
    moved = await tx.run(
        "insert into watermarks as w (consumer, stream, version)"
        " select %(consumer)s, new.stream, new.reached"
        " from unnest(%(streams)s::text[], %(found)s::int[], %(reached)s::int[]) as new(stream, found, reached)"
        " where new.found = 0 on conflict do nothing",
        {"consumer": consumer, "streams": streams, "found": found, "reached": reached},
    )
    moved += await tx.run(
        "update watermarks w set version = new.reached"
        " from unnest(%(streams)s::text[], %(found)s::int[], %(reached)s::int[]) as new(stream, found, reached)"
        " where w.consumer = %(consumer)s and w.stream = new.stream and w.version = new.found and new.found > 0",
        {"consumer": consumer, "streams": streams, "found": found, "reached": reached},
    )
    if moved != len(moves):
        raise LostPartition(f"{consumer}: {len(moves) - moved} of {len(moves)} watermarks were moved by another member")


async def write_parked(tx: Transaction, consumer: str, outcome: Outcome) -> None:
    if outcome.unpark:
        await tx.run("delete from parked where id = any(%s)", (outcome.unpark,))
    for parked_id, error in outcome.failed_again:
        await tx.run(
            "update parked set attempts = attempts + 1, error = %s, reason = 'failure',"
            " status = case when attempts + 1 >= %s then 'dead' else 'waiting' end,"
            " next_attempt_at = now() + make_interval(secs => power(2, attempts)) where id = %s",
            (error, MOST_ATTEMPTS, parked_id),
        )
    for delivery, reason, why in outcome.park:
        topic, partition, offset = delivery.place
        await tx.run(
            "insert into parked (consumer, topic, partition, record_offset, stream, version, key, value, headers, reason,"
            " error, attempts, next_attempt_at, status)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s), %s)"
            " on conflict (consumer, topic, partition, record_offset) do nothing",
            (
                consumer,
                topic,
                partition,
                offset,
                delivery.stream,
                delivery.version if delivery.stream else None,
                delivery.key,
                delivery.value,
                orjson.dumps([(name, header.hex()) for name, header in delivery.headers]).decode(),
                reason,
                why,
                1 if reason == "failure" else 0,
                FIRST_RETRY_SECONDS,
                "dead" if reason == "poison" else "waiting",
            ),
        )


async def write_offsets(tx: Transaction, consumer: str, offsets: Mapping[tuple[str, int], int], cluster: str) -> None:
    if not offsets:
        return
    places = sorted(offsets)
    await tx.run(
        "insert into handled_offsets (consumer, topic, partition, next_offset, cluster_id)"
        " select %s, topic, partition, next_offset, %s"
        " from unnest(%s::text[], %s::int[], %s::bigint[]) as new(topic, partition, next_offset)"
        " on conflict (consumer, topic, partition)"
        " do update set next_offset = excluded.next_offset, cluster_id = excluded.cluster_id",
        (
            consumer,
            cluster,
            [topic for topic, _ in places],
            [partition for _, partition in places],
            [offsets[place] for place in places],
        ),
    )
