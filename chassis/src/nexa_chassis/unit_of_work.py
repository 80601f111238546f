"""Decisions in memory: states in, events out, nothing read or written here. The store loads before and writes after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nexa_chassis.catalog import Catalog
from nexa_chassis.conflicts import VersionMismatch
from nexa_chassis.domain import AggregateInContext, AnyAggregate, AnyContext, Context, Recorded
from nexa_chassis.event_codec import EventRow
from nexa_chassis.origin import Origin
from nexa_chassis.state_cache import Head
from nexa_contracts.envelope import Event

Command = tuple[object, Origin]
LoadedRow = tuple[str, int, str, bool, str | bytes | None]
"""stream, version, type, published, data: what is loaded for folding; no data where the event is folded already."""


@dataclass(frozen=True, slots=True)
class Appended:
    """An event that has been decided and is not yet written. Its position is given when it is."""

    row: EventRow
    fact: Recorded


class UnitOfWork:
    """What one transaction knows: the heads of its streams, its contexts, the events decided so far.

    A later command sees the events of an earlier one. A sequence of commands that is decided together succeeds or fails
    together, and a failure leaves nothing behind.
    """

    def __init__(self, catalog: Catalog, now: datetime) -> None:
        self.catalog = catalog
        self.now = now
        self.heads: dict[str, Head] = {}
        self.appended: list[Appended] = []
        self._contexts: dict[int, Any] = {}

    def missing_streams(self, commands: Iterable[Command]) -> list[tuple[str, AnyAggregate]]:
        """The streams these commands are for that have not been loaded, each once."""
        missing: dict[str, AnyAggregate] = {}
        for command, _ in commands:
            aggregate = self.catalog.aggregate_of(command)
            stream = aggregate.stream_of(command)
            if stream not in self.heads:
                missing[stream] = aggregate
        return list(missing.items())

    def missing_contexts(self, commands: Iterable[Command]) -> list[tuple[AnyContext[Any], list[object]]]:
        """The contexts these commands need that have not been loaded for them, each once, with those it is needed for."""
        needed: dict[int, tuple[AnyContext[Any], list[object]]] = {}
        for command, _ in commands:
            context = self.catalog.context_of(command)
            if context is None or (isinstance(context, Context) and id(context) in self._contexts):
                continue
            needed.setdefault(id(context), (context, []))[1].append(command)
        return list(needed.values())

    def set_context(self, context: AnyContext[Any], value: object) -> None:
        self._contexts[id(context)] = (context, value)

    def expect(self, stream: str, version: int) -> None:
        """Raises `VersionMismatch` unless the stream is at this version."""
        actual = self.heads[stream].version
        if actual != version:
            raise VersionMismatch(stream, version, actual)

    def decide(self, commands: Sequence[Command]) -> list[Recorded]:
        """The facts that these commands add, in order. Raises what a decision raises (`Refused`), having added none."""
        mark = len(self.appended)
        heads: dict[str, Head] = {}
        contexts = dict(self._contexts) if self._contexts else None
        try:
            for command, origin in commands:
                self._decide(command, origin, heads)
        except BaseException:
            del self.appended[mark:]
            self.heads.update(heads)
            if contexts is not None:
                self._contexts = contexts
            raise
        return [appended.fact for appended in self.appended[mark:]]

    def _decide(self, command: object, origin: Origin, before: dict[str, Head]) -> None:
        aggregate = self.catalog.aggregate_of(command)
        stream = aggregate.stream_of(command)
        head = self.heads[stream]
        events = self._events_of(command, aggregate, head.state)
        if not events:
            return
        before.setdefault(stream, head)
        for event in events:
            head = self._append(aggregate, stream, head, event, origin)
        self.heads[stream] = head

    def _events_of(self, command: object, aggregate: AnyAggregate, state: Any) -> Sequence[Event]:
        if not isinstance(aggregate, AggregateInContext):
            return aggregate.decide(command, state, self.now)
        alone = aggregate.alone_for(command)
        if alone is not None:
            return alone.decide(command, state, self.now)
        _, context = self._contexts[id(aggregate.context)]
        return aggregate.decide(command, state, self.now, context)

    def _append(self, aggregate: AnyAggregate, stream: str, head: Head, event: Event, origin: Origin) -> Head:
        codec = self.catalog.codec
        if type(event) not in aggregate.events:
            raise TypeError(f"{aggregate.name} decided {type(event).__name__}, which is not among its events.")
        kind = codec.kind_of(type(event))
        version = head.version + 1
        previous = head.published if kind.published else None
        recorded_at = self.now.astimezone(UTC)
        meta = codec.meta(origin, self.now, previous)
        row = EventRow(0, stream, version, kind.type, kind.published, codec.encode(event), meta, recorded_at)
        codec.check_size(row)
        fact = Recorded(
            stream=stream,
            source=codec.source,
            version=version,
            previous=previous,
            type=kind.type,
            event=event,
            time=(origin.time or self.now).astimezone(UTC),
            recorded_at=recorded_at,
            actor=origin.actor,
            correlation_id=origin.correlation_id,
            causation_id=origin.causation_id,
            traceparent=origin.traceparent,
        )
        self.appended.append(Appended(row, fact))
        for key, (context, value) in self._contexts.items():
            self._contexts[key] = (context, context.evolve(value, event))
        return Head(aggregate.evolve(head.state, event), version, version if kind.published else head.published)


def fold(catalog: Catalog, aggregate: AnyAggregate, head: Head, rows: Iterable[LoadedRow]) -> Head:
    """The head after these rows, which follow it in order of version."""
    state, version, published = head.state, head.version, head.published
    decode, evolve = catalog.codec.decode, aggregate.evolve
    for _, version, type_name, is_published, data in rows:
        state = evolve(state, decode(type_name, data or ""))
        if is_published:
            published = version
    return Head(state, version, published)
