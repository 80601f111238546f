"""A question's table and how events change it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from sqlalchemy import Table

from nexa_chassis.domain import Recorded
from nexa_contracts.envelope import Event


@dataclass(frozen=True)
class Put:
    """Write these columns of the row with this key; the row is made if it is not there, other columns stay.

    Columns besides the key are therefore nullable or have a server default.
    """

    table: Table
    key: Mapping[str, object]
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Add:
    """Add to these numeric columns (null and a missing row count as 0)."""

    table: Table
    key: Mapping[str, object]
    amounts: Mapping[str, int | Decimal]


@dataclass(frozen=True)
class Remove:
    """Delete the row with this key, if it is there."""

    table: Table
    key: Mapping[str, object]


Change: TypeAlias = Put | Add | Remove


@dataclass(frozen=True, kw_only=True)
class ReadModel:
    """A question: its tables, the events it is answered from, and `project(fact)`, which yields the changes.

    Fed by this service's own events, in the transaction that appends them, so a writer reads its own writes; with
    `from_topics` by published events (of any service), as a consumer of its own. Never both.
    """

    name: str
    tables: tuple[Table, ...]
    on: tuple[type[Event], ...]
    project: Callable[[Recorded], Iterable[Change]]
    from_topics: bool = False
