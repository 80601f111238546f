"""What a consumer does with its facts: a reaction or a process yields commands and deadlines, a read model changes rows.

A handler lives for one transaction: `begin` loads what all its facts need, `handle` is pure and may raise, `finish` writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any, Protocol, TypeAlias
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from nexa_chassis.changes import Changes
from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process, Reaction
from nexa_chassis.read_models import ReadModel
from nexa_chassis.transaction import Transaction
from nexa_contracts.envelope import Event
from nexa_contracts.topics import Topic, topic_of

Consumed: TypeAlias = "Reaction | Process[Any] | ReadModel"


class Handler(Protocol):
    """`spoiled`: a fact failed half way and left something behind, so the handler must not be finished."""

    spoiled: bool

    async def begin(self, tx: Transaction, facts: Iterable[Recorded]) -> None: ...
    def handle(self, fact: Recorded, now: datetime) -> Sequence[object]: ...
    def instance_of(self, fact: Recorded) -> UUID | None: ...
    async def finish(self, tx: Transaction) -> None: ...


def handler_for(consumer: str, consumed: Consumed) -> Handler:
    match consumed:
        case Reaction():
            return ReactionHandler(consumed)
        case Process():
            return ProcessHandler(consumer, consumed)
        case ReadModel():
            return ReadModelHandler(consumed)


class ReactionHandler:
    spoiled = False

    def __init__(self, reaction: Reaction) -> None:
        self._reaction = reaction

    async def begin(self, tx: Transaction, facts: Iterable[Recorded]) -> None:
        """Nothing to load: one fact is all it needs."""

    def handle(self, fact: Recorded, now: datetime) -> Sequence[object]:
        since = self._reaction.effective_from
        return () if since is not None and fact.recorded_at < since else tuple(self._reaction.react(fact, now))

    def instance_of(self, fact: Recorded) -> UUID | None:
        return None

    async def finish(self, tx: Transaction) -> None:
        """Nothing to write: the commands are."""


class ProcessHandler:
    """Keeps the state of each instance of a process in `process_states`.

    Its facts may come from partitions that several members of the group have: an instance that is there is locked until the
    transaction ends, and one that another member has begun meanwhile is a conflict, which has the batch handled again.
    """

    spoiled = False

    def __init__(self, consumer: str, process: Process[Any]) -> None:
        self._consumer = consumer
        self._process = process
        self._states: dict[UUID, Any] = {}
        self._begun: frozenset[UUID] = frozenset()
        self._changed: set[UUID] = set()

    async def begin(self, tx: Transaction, facts: Iterable[Recorded]) -> None:
        keys = set()
        for fact in facts:
            with suppress(Exception):  # a fact without a key fails by itself, when it is handled
                keys.add(self._process.key(fact.event))
        rows = await tx.fetch(
            "select key, state::text from process_states where consumer = %s and key = any(%s::uuid[])"
            " order by key for update",
            (self._consumer, f"{{{','.join(map(str, keys))}}}"),
        )
        self._states = {key: decode_state(self._process, state) for key, state in rows}
        self._begun = frozenset(self._states)

    def handle(self, fact: Recorded, now: datetime) -> Sequence[object]:
        key = self._process.key(fact.event)
        before = self._states.get(key, self._process.initial)
        state = self._process.evolve(before, fact)
        since = self._process.effective_from
        acts = since is None or fact.recorded_at >= since
        outputs = tuple(self._process.react(state, fact, now)) if acts else ()
        if state != before:
            self._states[key] = state
            self._changed.add(key)
        return outputs

    def instance_of(self, fact: Recorded) -> UUID | None:
        return self._process.key(fact.event)

    async def finish(self, tx: Transaction) -> None:
        for keys, on_conflict in (
            (self._changed & self._begun, "do update set state = excluded.state"),
            (self._changed - self._begun, "do nothing"),
        ):
            if keys and await self._write(tx, keys, on_conflict) != len(keys):
                raise ConcurrencyConflict(None)

    async def _write(self, tx: Transaction, keys: Iterable[UUID], on_conflict: str) -> int:
        # One text: the driver takes many times as long to write a list as an array.
        rows = [f'{{"key":"{key}","state":{encode_state(self._states[key])}}}' for key in sorted(keys)]
        return await tx.run(
            "insert into process_states (consumer, key, state)"
            " select %s, key, state from json_to_recordset(%s::json) as new(key uuid, state json)"
            f" on conflict (consumer, key) {on_conflict}",
            (self._consumer, f"[{','.join(rows)}]"),
        )


class ReadModelHandler:
    def __init__(self, model: ReadModel) -> None:
        self.spoiled = False
        self._model = model
        self._changes = Changes()

    async def begin(self, tx: Transaction, facts: Iterable[Recorded]) -> None:
        """Nothing to load: rows are changed where they are."""

    def handle(self, fact: Recorded, now: datetime) -> Sequence[object]:
        changes = tuple(self._model.project(fact))
        try:
            self._changes.extend(changes)
        except Exception:
            self.spoiled = True  # the first of its changes may be merged with those of other facts already
            raise
        return ()

    def instance_of(self, fact: Recorded) -> UUID | None:
        return None

    async def finish(self, tx: Transaction) -> None:
        for statement in self._changes.statements(lock=True):
            await tx.run(statement.sql, (statement.rows,))


def topics_of(consumed: Consumed) -> Sequence[Topic]:
    """The topics its facts travel on, each once."""
    return sorted({topic_of(model) for model in consumed.on}, key=lambda topic: topic.name)


def models_of(consumed: Consumed) -> Mapping[str, type[Event]]:
    """The event models it knows, by their type's name."""
    return {topic_of(model).type_of(model): model for model in consumed.on}


@cache
def _adapter(state: type) -> TypeAdapter[Any]:
    return TypeAdapter(state)


def encode_state(state: Any) -> str:
    """`{"stage": <class>, "state": {…}}`: the class tells the stages of a union apart."""
    stage: Any = type(state)
    body = _adapter(stage).dump_json(state)
    return f'{{"stage":"{stage.__name__}","state":{body.decode()}}}'


def decode_state(process: Process[Any], text: str) -> object:
    """Raises LookupError for a stage that the process does not list."""
    row = orjson.loads(text)
    for state in process.states:
        if state.__name__ == row["stage"]:
            return _adapter(state).validate_python(row["state"], strict=False)
    raise LookupError(f"{process.name} has a stored state {row['stage']!r} that is not among its states")
