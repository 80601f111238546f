"""Given / when / then for decisions, reactions, processes and read models: pure, in memory, no clock, no database.

given(order, OrderPlaced(...)).when(Ship(...)).then(OrderShipped(...))
given(order).when(Ship(...)).then_refused(rule="order.unknown")
given(bill_shipped_order).when(OrderShipped(...)).then(SendBill(...), Deadline(at=..., command=...))
assert project(open_orders, OrderPlaced(...)) == [{"order_id": ..., "total": 3}]
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from difflib import ndiff
from typing import Any, TypeVar, overload
from uuid import UUID

from nexa_chassis.domain import Aggregate, AggregateInContext, AnyAggregate, Recorded, Refused
from nexa_chassis.reactions import AnyReaction, Process, Reaction
from nexa_chassis.read_models import ReadModel
from nexa_chassis.rows_in_memory import Rows, rows_after
from nexa_chassis.running import RunningService, Signer, eventually, running
from nexa_contracts.envelope import Event, event_name

__all__ = [
    "NOW",
    "Outcome",
    "Rows",
    "RunningService",
    "Signer",
    "eventually",
    "given",
    "project",
    "recorded",
    "running",
]

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""A Monday morning: the time of a test that names none."""

NOWHERE = UUID(int=0)

A = TypeVar("A", bound=AnyAggregate)


def recorded(
    event: Event,
    *,
    stream: str | None = None,
    version: int = 1,
    previous: int | None = None,
    source: str = "/nexa/test",
    time: datetime = NOW,
    recorded_at: datetime | None = None,
    actor: str = "test",
    correlation_id: str = "test",
    causation_id: str | None = None,
    traceparent: str | None = None,
) -> Recorded:
    """The event as a fact that a reaction or read model is given.

    Its stream is named by the first field that ends in `_id` unless given; `previous` counts as if every version
    was published.
    """
    name = event_name(type(event))
    return Recorded(
        stream=stream or _stream_of(event),
        source=source,
        version=version,
        previous=previous if previous is not None else (version - 1 or None),
        type=f"nexa.{source.removeprefix('/nexa/')}.{name}.v{event.schema_version}",
        event=event,
        time=time,
        recorded_at=recorded_at or time,
        actor=actor,
        correlation_id=correlation_id,
        causation_id=causation_id,
        traceparent=traceparent,
    )


def _stream_of(event: Event) -> str:
    for field in type(event).model_fields:
        if field.endswith("_id") and isinstance(value := getattr(event, field), UUID):
            return f"{field.removesuffix('_id')}-{value}"
    return f"test-{NOWHERE}"


class Outcome:
    """What came of `when`: ask it one of the `then` questions. A failing answer shows the difference line by line."""

    def __init__(self, produced: Sequence[object], refused: Refused | None, case: str) -> None:
        self.produced = tuple(produced)
        self.refused = refused
        self._case = case

    def then(self, *expected: object) -> None:
        """Exactly these came out, in this order; with no arguments: nothing did."""
        if self.refused is not None:
            raise AssertionError(f"{self._case}: refused by rule {self.refused.rule!r}: {self.refused.message}")
        if self.produced != expected:
            raise AssertionError(f"{self._case}\n{_difference(expected, self.produced)}")

    def then_refused(self, *, rule: str) -> None:
        """It was refused by the rule of this name."""
        if self.refused is None:
            came = _lines(self.produced) or ["nothing"]
            raise AssertionError(f"{self._case}: not refused by {rule!r}; what came out:\n" + "\n".join(came))
        if self.refused.rule != rule:
            raise AssertionError(
                f"{self._case}: refused by rule {self.refused.rule!r} instead of {rule!r}: {self.refused.message}"
            )


@dataclass(frozen=True)
class GivenAggregate:
    """A stream with its history."""

    aggregate: AnyAggregate
    state: Any
    context: Any

    def when(self, command: object, *, now: datetime = NOW) -> Outcome:
        case = f"{self.aggregate.name}: {type(command).__name__} on {type(self.state).__name__}"
        try:
            return Outcome(list(self._decided(command, now)), None, case)
        except Refused as refused:
            return Outcome((), refused, case)

    def _decided(self, command: object, now: datetime) -> Sequence[Event]:
        if isinstance(self.aggregate, Aggregate):
            return self.aggregate.decide(command, self.state, now)
        alone = self.aggregate.alone_for(command)
        if alone is not None:
            return alone.decide(command, self.state, now)
        return self.aggregate.decide(command, self.state, now, self.context)


@dataclass(frozen=True)
class GivenReaction:
    """A reaction or process with the facts it has already seen."""

    reaction: AnyReaction
    state: Any

    def when(self, fact: Recorded | Event, *, now: datetime = NOW) -> Outcome:
        seen = fact if isinstance(fact, Recorded) else recorded(fact)
        case = f"{self.reaction.name}: {type(seen.event).__name__}"
        if type(seen.event) not in self.reaction.on:
            raise AssertionError(f"{self.reaction.name} does not subscribe to {type(seen.event).__name__}")
        try:
            return Outcome(list(self._react(seen, now)), None, case)
        except Refused as refused:
            return Outcome((), refused, case)

    def _react(self, fact: Recorded, now: datetime) -> Iterable[object]:
        if isinstance(self.reaction, Reaction):
            return self.reaction.react(fact, now)
        return self.reaction.react(self.reaction.evolve(self.state, fact), fact, now)


@overload
def given(subject: AnyReaction, *history: Recorded | Event) -> GivenReaction: ...
@overload
def given(subject: AnyAggregate, *history: Event, context: object = None) -> GivenAggregate: ...


def given(
    subject: AnyAggregate | AnyReaction, *history: Recorded | Event, context: object = None
) -> GivenAggregate | GivenReaction:
    """The subject after this history: events of an aggregate's stream, or facts that a process has seen."""
    if isinstance(subject, Aggregate | AggregateInContext):
        state = subject.initial
        for event in history:
            state = subject.evolve(state, event.event if isinstance(event, Recorded) else event)
        return GivenAggregate(subject, state, context)
    if isinstance(subject, Process):
        state = subject.initial
        for fact in _facts(history):
            state = subject.evolve(state, fact)
        return GivenReaction(subject, state)
    return GivenReaction(subject, None)


def _facts(history: Iterable[Recorded | Event]) -> Iterator[Recorded]:
    """Facts as they are; bare events get the next version of their stream."""
    versions: dict[str, int] = {}
    for item in history:
        if isinstance(item, Recorded):
            fact = item
        else:
            stream = _stream_of(item)
            fact = recorded(item, stream=stream, version=versions.get(stream, 0) + 1)
        versions[fact.stream] = fact.version
        yield fact


def project(read_model: ReadModel, *facts: Recorded | Event) -> Rows:
    """What the read model shows after these facts. Columns that nothing has written are None."""
    seen = list(_facts(facts))
    for fact in seen:
        if type(fact.event) not in read_model.on:
            raise AssertionError(f"{read_model.name} is not fed by {type(fact.event).__name__}")
    try:
        return rows_after(read_model, seen)
    except ValueError as wrong:
        raise AssertionError(str(wrong)) from wrong


def _difference(expected: Sequence[object], produced: Sequence[object]) -> str:
    lines = ndiff(_lines(expected) or ["nothing"], _lines(produced) or ["nothing"])
    return "- expected, + what came out:\n" + "\n".join(line for line in lines if not line.startswith("?"))


def _lines(items: Iterable[object]) -> list[str]:
    return [line for item in items for line in _spelled_out(item)]


def _spelled_out(item: object) -> Iterator[str]:
    """One line per field, so that a difference shows the field it is in."""
    if isinstance(item, Event):
        pairs = [(name, getattr(item, name)) for name in type(item).model_fields]
    elif is_dataclass(item) and not isinstance(item, type):
        pairs = [(field.name, getattr(item, field.name)) for field in fields(item)]
    else:
        yield repr(item)
        return
    yield f"{type(item).__name__}("
    yield from (f"    {name}={value!r}" for name, value in pairs)
    yield ")"
