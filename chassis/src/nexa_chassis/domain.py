"""The words a service's domain is written in: decisions over streams, refusals, deadlines, derived ids.

Nothing here touches a clock, a database or a network. A command is a frozen dataclass that carries the id of the stream
it is for in the field named by the aggregate's `key`; an event is a `nexa_contracts.envelope.Event`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_contracts.envelope import Event
from nexa_contracts.topics import Topic

C = TypeVar("C")
S = TypeVar("S")
X = TypeVar("X")

NAMESPACE = UUID("6e657861-0000-5000-8000-000000000001")


class Refused(Exception):
    """The caller should not have asked. `rule` is a stable name of the broken rule, `field` the input it is about.

    Over HTTP a refusal is a 409 (or 422 where `field` is given); inside a reaction it parks the event that led to it.
    """

    def __init__(self, message: str, *, rule: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.field = field


class NotFound(Refused):
    """There is nothing under that id; over HTTP a 404."""


def derive(*key: UUID | str | int) -> UUID:
    """The id of what is unique under this business key: `derive(deal_id, "onboarding")`. Never pass personal data."""
    return uuid5(NAMESPACE, "\x1f".join(str(part) for part in key))


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """At `at`, `command` is executed, whatever has happened since: the state says whether it still matters.

    `key` tells apart several deadlines of one event; event, consumer and key together identify a deadline.
    """

    at: datetime
    command: object
    key: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in a log: the fact, its place in its stream, and how it came about.

    `stream` is `<aggregate>-<uuid>`, `source` `/nexa/<service>`, `version` counts from 1 in the stream, `previous` is the
    version of the stream's last published event before this one (None on the first, and on private events).
    `time` is when it happened, `recorded_at` when it was written; the id is `<stream>@<version>`.
    """

    stream: str
    source: str
    version: int
    previous: int | None
    type: str
    event: Event
    time: datetime
    recorded_at: datetime
    actor: str
    correlation_id: str
    causation_id: str | None
    traceparent: str | None

    @property
    def id(self) -> str:
        return f"{self.stream}@{self.version}"


@dataclass(frozen=True, kw_only=True)
class Stream(Generic[S]):
    """What the store needs to know of a kind of stream: its name, its key and how its events fold into a state.

    `topic` names the events that are published; `private` those that stay in this service's store. A command of one of the
    types in `commands` goes to the stream whose id stands in its field `key`.
    """

    name: str
    key: str
    commands: tuple[type, ...]
    initial: S
    evolve: Callable[[S, Any], S]
    topic: Topic | None = None
    private: tuple[type[Event], ...] = ()

    @property
    def events(self) -> tuple[type[Event], ...]:
        return (*(self.topic.events if self.topic else ()), *self.private)

    def stream_of(self, command: object) -> str:
        return f"{self.name}-{getattr(command, self.key)}"


@dataclass(frozen=True, kw_only=True)
class Aggregate(Stream[S], Generic[C, S]):
    """A stream with its decisions: `decide(command, state, now)` gives the new events, none if nothing changes."""

    decide: Callable[[C, S, datetime], Sequence[Event]]


@dataclass(frozen=True, kw_only=True)
class Context(Generic[X]):
    """What a decision has to know beyond its own stream, e.g. the roster a lead is routed over.

    `load` runs once per transaction (lock the rows it reads where two batches must not decide at the same time); `evolve`
    sees every event that the transaction appends, of any stream, so that the tenth decision of a batch knows the first nine.
    """

    load: Callable[[AsyncConnection], Awaitable[X]]
    evolve: Callable[[X, Event], X]


@dataclass(frozen=True, kw_only=True)
class ContextOfCommands(Generic[X]):
    """A context that depends on what is about to be decided, e.g. the tickets that resemble the ones that came in.

    `load` is given all commands of the aggregate that are decided together, in order, and asks once for all of them; it runs
    again for commands that come later in the transaction. `evolve` is as in `Context`.
    """

    load: Callable[[AsyncConnection, Sequence[Any]], Awaitable[X]]
    evolve: Callable[[X, Event], X]


AnyContext: TypeAlias = Context[X] | ContextOfCommands[X]


@dataclass(frozen=True, kw_only=True)
class Alone(Generic[S]):
    """Those commands of an aggregate in context that are decided without it, so that it is not loaded for them."""

    commands: tuple[type, ...]
    decide: Callable[[Any, S, datetime], Sequence[Event]]


@dataclass(frozen=True, kw_only=True)
class AggregateInContext(Stream[S], Generic[C, S, X]):
    """An aggregate whose decisions also see a context: `decide(command, state, now, context)`.

    `commands` lists all of them, those of `alone` too.
    """

    decide: Callable[[C, S, datetime, X], Sequence[Event]]
    context: AnyContext[X]
    alone: Alone[S] | None = None

    def alone_for(self, command: object) -> Alone[S] | None:
        """Who decides the command without the context, if it is one of those."""
        return self.alone if self.alone is not None and type(command) in self.alone.commands else None


AnyAggregate: TypeAlias = Aggregate[Any, Any] | AggregateInContext[Any, Any, Any]
