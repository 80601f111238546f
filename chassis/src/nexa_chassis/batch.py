"""One batch of deliveries in one transaction: effects, watermarks, parked keys and handled offsets, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import psycopg
from opentelemetry.trace import Span, SpanKind
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from nexa_chassis import telemetry
from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.consuming_rows import (
    LostPartition,
    ToPark,
    go_on,
    load_ledger,
    note_failures,
    park,
    unpark,
)
from nexa_chassis.decoding import Delivery, Place, fact_of
from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.handlers import Consumed, Handler, handler_for, models_of
from nexa_chassis.origin import Origin
from nexa_chassis.transaction import Transaction
from nexa_chassis.watermarks import Candidate, Ledger, Verdict
from nexa_contracts.envelope import Event

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime

PARKED = Counter("nexa_consumer_parked", "Records put aside, by why", ["service", "consumer", "reason"])


@dataclass(slots=True)
class Step:
    """A fact whose turn it was, with the commands that its handling gave. `instance`: of a process, which one it is for."""

    place: Place
    stream: str
    instance: object
    commands: Sequence[tuple[object, Origin]]


@dataclass(slots=True)
class Work:
    """A batch on its way, with what stays known however often it is attempted. `failing`: why a place cannot be handled."""

    candidates: Sequence[Candidate]
    offsets: Mapping[tuple[str, int], int]
    cluster: str
    facts: dict[Place, Recorded] = field(default_factory=dict)
    failing: dict[Place, str] = field(default_factory=dict)

    def part(self, candidates: Sequence[Candidate], offsets: Mapping[tuple[str, int], int]) -> Work:
        return Work(candidates, offsets, self.cluster, self.facts, self.failing)


class _Rerun(Exception):
    """Some facts failed and left traces in memory; the pass is made again, knowing them."""


class BatchHandler:
    """Handles batches for one consumer. `name` is the consumer's, `<service>.<reaction or read model>`.

    `parked` counts the deliveries it has put aside.
    """

    def __init__(self, runtime: Runtime, name: str, consumed: Consumed) -> None:
        self._runtime = runtime
        self._name = name
        self._consumed = consumed
        self._models = models_of(consumed)
        self.parked = 0

    async def handle(
        self, candidates: Sequence[Candidate], offsets: Mapping[tuple[str, int], int], cluster: str
    ) -> None:
        """Handle the candidates in order; `offsets` is where each partition goes on, kept beside the effects.

        Raises `LostPartition`, `ConcurrencyConflict` and what an absent database raises: the whole batch is to be handled
        again. Everything else that goes wrong is the fault of a delivery, and parks it with its key.
        """
        await self._isolate(Work(candidates, offsets, cluster))

    async def _isolate(self, work: Work) -> None:
        """Attempt the work as a whole; halve it to find the one that cannot be written.

        The last one is tried once more without what it would let go on behind it: that may be to blame, and gets its turn.
        """
        drain = True
        while True:
            try:
                await self._attempt(work, drain=drain)
                return
            except _Rerun:
                continue
            except (ConcurrencyConflict, LostPartition):
                raise
            except Exception as error:
                if is_outage(error):
                    raise
                if len(work.candidates) > 1:
                    break
                place = work.candidates[0].delivery.place
                if drain:
                    drain = False
                elif place in work.failing:
                    raise
                else:
                    work.failing[place] = describe(error)
        half = len(work.candidates) // 2
        await self._isolate(work.part(work.candidates[:half], {}))
        await self._isolate(work.part(work.candidates[half:], work.offsets))

    async def _attempt(self, work: Work, *, drain: bool) -> None:
        async with self._runtime.store.transaction(Origin(actor=f"system:{self._name}", correlation_id="")) as tx:
            ledger = await load_ledger(tx, self._name, work.candidates, drain=drain)
            handler = handler_for(self._name, self._consumed)
            attempt = _Pass(self._name, work, ledger, handler, tx, self._runtime.clock.now())
            await handler.begin(tx, attempt.build_facts(self._models))
            attempt.take_turns()
            await attempt.decide()
            await tx.schedule(attempt.deadlines)
            await tx.write()
            await handler.finish(tx)
            await attempt.keep_books()
        for span in attempt.spans:
            span.end()
        self.parked += len(attempt.parked)
        for parked in attempt.parked.values():
            PARKED.labels(self._runtime.service.name, self._name, parked.reason).inc()


class _Pass:
    """One attempt at a batch: whose turn it is, what follows from it, what is put aside."""

    def __init__(self, name: str, work: Work, ledger: Ledger, handler: Handler, tx: Transaction, now: datetime) -> None:
        self.deadlines: list[tuple[Deadline, Origin]] = []
        self.parked: dict[Place, ToPark] = {}
        self.spans: list[Span] = []
        self._name = name
        self._actor = f"system:{name}"
        self._work = work
        self._ledger = ledger
        self._handler = handler
        self._tx = tx
        self._now = now
        self._steps: list[Step] = []
        self._failed_again: list[tuple[int, str]] = []
        self._done: list[int] = []
        self._traces: dict[str | None, str | None] = {}
        self._spoiled = False

    def build_facts(self, models: Mapping[str, type[Event]]) -> list[Recorded]:
        """The facts of the types this consumer knows and has not handled; what is none though of these types is failing."""
        facts, failing, handled = self._work.facts, self._work.failing, self._ledger.handled
        found = []
        waiting = self._ledger.waiting_deliveries()
        for delivery in [each.delivery for each in self._work.candidates] + waiting:
            place = delivery.place
            model = models.get(delivery.type)
            if model is None or place in failing or handled(delivery):
                continue
            try:
                if place not in facts:
                    facts[place] = fact_of(delivery, model)
                found.append(facts[place])
            except (ValueError, KeyError, TypeError) as error:
                failing[place] = describe(error)
        return found

    def take_turns(self) -> None:
        """Go through the candidates in order, and through what each of them lets go on."""
        for candidate in self._work.candidates:
            stream = candidate.delivery.stream
            if stream is None:
                self._put_aside(candidate.delivery, "poison", candidate.delivery.poison)
                continue
            if candidate.parked_id is not None:
                self._ledger.release(stream)
            turn: Candidate | None = candidate
            while turn is not None and self._take(turn, stream):
                turn = self._ledger.next_waiting(stream)
        if self._spoiled or self._handler.spoiled:
            raise _Rerun

    def _take(self, turn: Candidate, stream: str) -> bool:
        """Whether it is behind us, so that what waits for it can be looked at."""
        match self._ledger.verdict(turn.delivery):
            case Verdict.APPLY:
                return self._apply(turn, stream)
            case Verdict.DUPLICATE:
                self._settle(turn)
                return True
            case Verdict.GAP if turn.parked_id is None:
                self._put_aside(turn.delivery, "gap", None)
                self._ledger.wait(turn)
            case Verdict.BEHIND if turn.parked_id is None:
                self._put_aside(turn.delivery, "behind", None)
        return False

    def _apply(self, turn: Candidate, stream: str) -> bool:
        """Handle the delivery whose turn it is; False when it failed, and its key is blocked from here on."""
        place = turn.delivery.place
        error = self._work.failing.get(place)
        fact = self._work.facts.get(place)
        if error is None and fact is not None:
            try:
                self._follow(fact, place, stream)
            except Exception as raised:  # whatever a reaction raises parks its fact
                error = self._work.failing[place] = describe(raised)
        if error is not None:
            self._ledger.block(stream)
            if turn.parked_id is None:
                self._put_aside(turn.delivery, "failure", error)
            else:
                self._failed_again.append((turn.parked_id, error))
            return False
        self._ledger.advance(stream, turn.delivery.version)
        self._settle(turn)
        return True

    def _follow(self, fact: Recorded, place: Place, stream: str) -> None:
        """What follows from the fact, under its own cause and trace."""
        outputs = self._handler.handle(fact, self._now)
        trace = self._traces.get(fact.traceparent) or self._trace_of(fact.traceparent)
        if not outputs:
            return
        origin = Origin(self._actor, fact.correlation_id, fact.id, trace)
        commands = [(each, origin) for each in outputs if not isinstance(each, Deadline)]
        self._check(commands)
        self.deadlines += [(each, origin) for each in outputs if isinstance(each, Deadline)]
        if commands:
            self._steps.append(Step(place, stream, self._handler.instance_of(fact), commands))

    def _check(self, commands: Sequence[tuple[object, Origin]]) -> None:
        """Raises for a command that no aggregate takes, while it is known whose it is. A process has moved on by then."""
        catalog = self._tx.unit.catalog
        try:
            for command, _ in commands:
                catalog.aggregate_of(command)
        except Exception:
            self._spoiled = True
            raise

    async def decide(self) -> None:
        """All target streams in one query, then the commands of each fact, which are told apart when some fail."""
        if not self._steps:
            return
        await self._tx.load([pair for step in self._steps for pair in step.commands])
        spoiled: set[object] = set()
        for step in self._steps:
            if step.stream in spoiled or (step.instance is not None and step.instance in spoiled):
                continue
            try:
                self._tx.decide(step.commands)
            except Exception as raised:  # whatever a decision raises parks the fact that led to it
                self._work.failing[step.place] = describe(raised)
                spoiled |= {step.stream, step.instance} - {None}
        if spoiled:
            raise _Rerun

    async def keep_books(self) -> None:
        """Watermarks, parked deliveries and offsets, in the transaction of the effects."""
        work = self._work
        await go_on(self._tx, self._name, self._ledger.moves(), work.offsets, work.cluster)
        await unpark(self._tx, self._name, self._done, self._ledger.moved_with_parked())
        await note_failures(self._tx, self._failed_again)
        await park(self._tx, self._name, self.parked.values())

    def _put_aside(self, delivery: Delivery, reason: str, why: str | None) -> None:
        self.parked[delivery.place] = ToPark(delivery, reason, why)

    def _settle(self, turn: Candidate) -> None:
        """It is done: nothing of it stays parked, neither from before nor from this batch."""
        if turn.parked_id is not None:
            self._done.append(turn.parked_id)
        elif self.parked:
            self.parked.pop(turn.delivery.place, None)

    def _trace_of(self, traceparent: str | None) -> str | None:
        """One span for each trace context in the batch; what a fact leads to carries its own, never the batch's."""
        if traceparent not in self._traces:
            self._traces[traceparent] = traceparent
            if telemetry.sampled(traceparent):
                span = telemetry.open_span(f"handle {self._name}", traceparent, SpanKind.CONSUMER)
                self.spans.append(span)
                self._traces[traceparent] = telemetry.traceparent_of(span)
        return self._traces[traceparent]


def describe(error: BaseException) -> str:
    """What to show an operator, without NUL, which PostgreSQL's text cannot hold."""
    return f"{type(error).__name__}: {error}".replace("\x00", "\\0")[:2_000]


def is_outage(error: Exception) -> bool:
    """Whether the database is away, busy or not as it should be, rather than refusing what one delivery led to."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.DataError | psycopg.IntegrityError):
        return False
    if isinstance(cause, psycopg.Error):
        state = cause.sqlstate or ""
        too_big = state.startswith("54")  # a program limit: a value too long for its index
        not_adaptable = isinstance(cause, psycopg.ProgrammingError) and not state
        return not (too_big or not_adaptable)
    return isinstance(cause, OSError | SQLAlchemyError)
