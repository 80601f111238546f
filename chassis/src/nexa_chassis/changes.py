"""Changes to read-model rows: merged per row, then written in a few set-based statements.

Applying the merged changes gives the same rows as applying the changes one after another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import JSON, Column, Table
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from nexa_chassis.read_models import Add, Change, Put

_dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_preparer = _dialect.identifier_preparer


class _Row:
    """All that happens to one row. `reset`: whatever stood there before is gone; `there`: the row exists afterwards.

    `puts` holds the key's columns too, so that it is the row as it is sent.
    """

    __slots__ = ("adds", "key", "puts", "reset", "there")

    def __init__(self, key: Mapping[str, object]) -> None:
        self.key = key
        self.reset = False
        self.there = True
        self.puts: dict[str, Any] = dict(key)
        self.adds: dict[str, int | Decimal] = {}

    def put(self, values: Mapping[str, object]) -> None:
        self.there = True
        self.puts.update(values)
        if self.adds:
            for name in values:
                self.adds.pop(name, None)

    def add(self, amounts: Mapping[str, int | Decimal]) -> None:
        self.there = True
        for name, amount in amounts.items():
            if name in self.puts:
                known = self.puts[name]
                self.puts[name] = amount if known is None else known + amount
            else:
                self.adds[name] = self.adds.get(name, 0) + amount

    def remove(self) -> None:
        self.reset, self.there = True, False
        self.puts = dict(self.key)
        self.adds = {}


class _Rows:
    """The changed rows of one table, by key."""

    __slots__ = ("by_key", "only", "shape")

    def __init__(self, table: Table) -> None:
        self.shape = shape_of(table)
        self.by_key: dict[Any, _Row] = {}
        self.only = self.shape.key[0] if len(self.shape.key) == 1 else None

    def at(self, key: Mapping[str, object]) -> _Row:
        place: Any
        try:
            if self.only is not None:
                place = key[self.only]
                if type(place) is UUID:  # hashes and compares much faster as a number
                    place = place.int
            else:
                place = tuple([key[name] for name in self.shape.key])
            row = self.by_key.get(place)
        except KeyError:
            raise self._wrong(key) from None
        if row is None:
            if len(key) != len(self.shape.key):
                raise self._wrong(key)
            row = self.by_key[place] = _Row(key)
        return row

    def _wrong(self, key: Mapping[str, object]) -> ValueError:
        return ValueError(f"A change of {self.shape.table.name} needs the key {self.shape.key}, it has {tuple(key)}.")


@dataclass(frozen=True, slots=True)
class Statement:
    """One set-based statement and its only parameter, a JSON array of rows."""

    sql: str
    rows: str


class Changes:
    """Changes merged by table and key, in the order in which they are given."""

    def __init__(self, changes: Iterable[Change] = ()) -> None:
        self._tables: dict[Table, _Rows] = {}
        self.extend(changes)

    def __len__(self) -> int:
        return sum(len(rows.by_key) for rows in self._tables.values())

    def extend(self, changes: Iterable[Change]) -> None:
        tables = self._tables
        for change in changes:
            rows = tables.get(change.table)
            if rows is None:
                rows = tables[change.table] = _Rows(change.table)
            row = rows.at(change.key)
            if isinstance(change, Put):
                row.put(change.values)
            elif isinstance(change, Add):
                row.add(change.amounts)
            else:
                row.remove()

    def statements(self, tables: Mapping[Table, str] | None = None, *, lock: bool = False) -> list[Statement]:
        """What to execute, in an order that is the same in every transaction; `tables` writes elsewhere (a rebuild).

        `lock` is for batches: where one table takes several statements, its rows are locked first in the order of their
        keys, so that two batches wait for each other in line and not in a circle.
        """
        statements = []
        for table in sorted(self._tables, key=lambda table: table.name):
            name = tables[table] if tables else _preparer.format_table(table)
            statements += _statements(self._tables[table], name, lock)
        return statements


def _statements(changed: _Rows, name: str, lock: bool) -> list[Statement]:
    """One statement for each set of columns that is written, put or added to alike in all of its rows."""
    shape, groups = changed.shape, dict[tuple[Any, ...], list[dict[str, Any]]]()
    for row in changed.by_key.values():
        alike = (row.there, row.reset, tuple(row.puts), tuple(row.adds))
        group = groups.get(alike)
        if group is None:
            group = groups[alike] = []
        group.append({**row.puts, **row.adds} if row.adds else row.puts)
    statements = []
    if lock and len(groups) > 1:
        statements.append(Statement(shape.lock(name), shape.encode([dict(row.key) for row in changed.by_key.values()])))
    for alike in sorted(groups):
        there, reset, puts, adds = alike
        sql = shape.upsert(name, reset, puts, adds) if there else shape.delete(name)
        statements.append(Statement(sql, shape.encode(groups[alike])))
    return statements


class Shape:
    """A table as its statements need it: key, column types in SQL, and how values become JSON."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.key = tuple(column.name for column in table.primary_key.columns)
        if not self.key:
            raise ValueError(f"The read-model table {table.name} has no primary key.")
        self._sql: dict[tuple[Any, ...], str] = {}
        self._types = {column.name: column.type.compile(_dialect) for column in table.columns}
        self._processors = {
            column.name: processor for column in table.columns if (processor := _processor(column)) is not None
        }

    def encode(self, rows: list[dict[str, Any]]) -> str:
        if self._processors:
            rows = [self._processed(row) for row in rows]
        return orjson.dumps(rows, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()

    def _processed(self, row: dict[str, Any]) -> dict[str, Any]:
        done = {name: process(row[name]) for name, process in self._processors.items() if row.get(name) is not None}
        return {**row, **done}

    def upsert(self, name: str, reset: bool, puts: tuple[str, ...], adds: tuple[str, ...]) -> str:
        wanted = (name, reset, puts, adds)
        if wanted not in self._sql:
            self._sql[wanted] = self._upsert(name, reset, puts, adds)
        return self._sql[wanted]

    def _upsert(self, name: str, reset: bool, puts: tuple[str, ...], adds: tuple[str, ...]) -> str:
        for column in adds:
            self._check_addable(column)
        given = (*puts, *adds)
        sets = [f"{_quote(column)} = excluded.{_quote(column)}" for column in puts if column not in self.key]
        if reset:
            sets += [f"{_quote(column)} = excluded.{_quote(column)}" for column in adds]
            rest = [column.name for column in self.table.columns if column.name not in given and not column.computed]
            sets += [f"{_quote(column)} = default" for column in rest]
        else:
            sets += [f"{_quote(c)} = coalesce(old.{_quote(c)}, 0) + excluded.{_quote(c)}" for c in adds]
        columns = ", ".join(_quote(column) for column in given)
        keys = ", ".join(_quote(column) for column in self.key)
        action = f"do update set {', '.join(sets)}" if sets else "do nothing"
        return (
            f"insert into {name} as old ({columns}) select {columns} from json_to_recordset(%s::json)"
            f" as new({self._record(given)}) order by {keys} on conflict ({keys}) {action}"
        )

    def lock(self, name: str) -> str:
        return f"select {self._locked(name)}"

    def delete(self, name: str) -> str:
        gone = " and ".join(f"gone.{_quote(column)} = locked.{_quote(column)}" for column in self.key)
        return f"delete from {name} as gone using (select {self._locked(name)}) as locked where {gone}"

    def _locked(self, name: str) -> str:
        """The rows with the given keys, locked in the order of their keys."""
        keys = ", ".join(f"old.{_quote(column)}" for column in self.key)
        match = " and ".join(f"old.{_quote(column)} = new.{_quote(column)}" for column in self.key)
        return (
            f"{keys} from {name} as old join json_to_recordset(%s::json) as new({self._record(self.key)}) on {match}"
            f" order by {keys} for update of old"
        )

    def _record(self, columns: tuple[str, ...]) -> str:
        return ", ".join(f"{_quote(column)} {self._types[column]}" for column in columns)

    def _check_addable(self, name: str) -> None:
        default = self.table.columns[name].server_default
        text = str(getattr(default, "arg", "0")).strip("'")
        if text not in ("0", "0.0"):
            raise ValueError(
                f"{self.table.name}.{name} is added to, so its server default must be 0 or absent, not {text}."
            )


_shapes: dict[Table, Shape] = {}


def shape_of(table: Table) -> Shape:
    shape = _shapes.get(table)
    if shape is None:
        shape = _shapes[table] = Shape(table)
    return shape


def _processor(column: Column[Any]) -> Any:
    if isinstance(column.type, JSON):
        return None
    return column.type.dialect_impl(_dialect).bind_processor(_dialect)


def _quote(name: str) -> str:
    return _preparer.quote(name)


def _plain(value: object) -> object:
    """Values that JSON has no form for, as the text PostgreSQL reads back."""
    match value:
        case Decimal():
            return str(value)
        case timedelta():
            return f"{value.days} days {value.seconds}.{value.microseconds:06} seconds"
        case bytes() | bytearray() | memoryview():
            return f"\\x{bytes(value).hex()}"
        case Enum():
            return value.value
        case set() | frozenset():
            return sorted(value)
    raise TypeError(f"A read-model column cannot hold a {type(value).__name__}: {value!r}.")
