"""Steps of a choreography: an event comes in, commands and deadlines go out. Pure; the consumer does the rest."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_contracts.envelope import Event

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """What follows from one event alone. `react(fact, now)` yields commands and `Deadline`s.

    `effective_from`: facts recorded before it are passed over; a reaction added later to a running system sets it.
    """

    name: str
    on: tuple[type[Event], ...]
    react: Callable[[Recorded, datetime], Iterable[object]]
    effective_from: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Process(Generic[S]):
    """What follows from several events of one business process, arriving from several topics in any order.

    `key(event)` names the instance of the process, `evolve(state, fact)` keeps what came, `react(state, fact, now)` is called
    with the state after the fact. Commands carry derived ids, so yielding one a second time changes nothing.
    `states` lists the dataclasses a state can be.
    """

    name: str
    on: tuple[type[Event], ...]
    key: Callable[[Any], UUID]
    initial: S
    states: tuple[type, ...]
    evolve: Callable[[S, Recorded], S]
    react: Callable[[S, Recorded, datetime], Iterable[object]]
    effective_from: datetime | None = None


AnyReaction: TypeAlias = Reaction | Process[Any]
