"""Changes to read-model rows: merged per row, then written in a few set-based statements.

Applying the merged changes gives the same rows as applying the changes one after another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import JSON, Column, Table
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from nexa_chassis.read_models import Add, Change, Put, Remove

_dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_preparer = _dialect.identifier_preparer


@dataclass(slots=True)
class _Row:
    """All that happens to one row. `reset`: whatever stood there before is gone; `there`: the row exists afterwards."""

    reset: bool = False
    there: bool = True
    puts: dict[str, Any] = field(default_factory=dict)
    adds: dict[str, int | Decimal] = field(default_factory=dict)

    def put(self, values: Mapping[str, object]) -> None:
        self.there = True
        for name, value in values.items():
            self.puts[name] = value
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
        self.puts.clear()
        self.adds.clear()


@dataclass(frozen=True, slots=True)
class Statement:
    """One set-based statement and its only parameter, a JSON array of rows."""

    sql: str
    rows: str


class Changes:
    """Changes merged by table and key, in the order in which they are given."""

    def __init__(self, changes: Iterable[Change] = ()) -> None:
        self._tables: dict[Table, dict[tuple[Any, ...], _Row]] = {}
        self.extend(changes)

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._tables.values())

    def extend(self, changes: Iterable[Change]) -> None:
        for change in changes:
            row = self._row(change.table, change.key)
            match change:
                case Put(values=values):
                    row.put(values)
                case Add(amounts=amounts):
                    row.add(amounts)
                case Remove():
                    row.remove()

    def _row(self, table: Table, key: Mapping[str, object]) -> _Row:
        rows = self._tables.setdefault(table, {})
        columns = shape_of(table).key
        if len(key) != len(columns):
            raise ValueError(f"A change of {table.name} needs the key {columns}, it has {tuple(key)}.")
        try:
            values = tuple([key[name] for name in columns])
        except KeyError:
            raise ValueError(f"A change of {table.name} needs the key {columns}, it has {tuple(key)}.") from None
        row = rows.get(values)
        if row is None:
            row = rows[values] = _Row()
        return row

    def statements(self, tables: Mapping[Table, str] | None = None, *, lock: bool = False) -> list[Statement]:
        """What to execute, in an order that is the same in every transaction; `tables` writes elsewhere (a rebuild).

        `lock` is for batches: where one table takes several statements, its rows are locked first in the order of their
        keys, so that two batches wait for each other in line and not in a circle.
        """
        statements = []
        for table in sorted(self._tables, key=lambda table: table.name):
            name = tables[table] if tables else _preparer.format_table(table)
            statements += _statements(shape_of(table), name, self._tables[table], lock)
        return statements


def _statements(shape: "Shape", name: str, rows: dict[tuple[Any, ...], _Row], lock: bool) -> list[Statement]:
    groups: dict[tuple[bool, bool, tuple[str, ...], tuple[str, ...]], list[dict[str, Any]]] = {}
    for key, row in rows.items():
        signature = (row.there, row.reset, tuple(sorted(row.puts)), tuple(sorted(row.adds)))
        groups.setdefault(signature, []).append({**dict(zip(shape.key, key, strict=True)), **row.puts, **row.adds})
    statements = []
    if lock and len(groups) > 1:
        keys = [dict(zip(shape.key, key, strict=True)) for key in rows]
        statements.append(Statement(shape.lock(name), shape.encode(keys)))
    for signature in sorted(groups):
        there, reset, puts, adds = signature
        sql = shape.upsert(name, reset, puts, adds) if there else shape.delete(name)
        statements.append(Statement(sql, shape.encode(groups[signature])))
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
        for name, processor in self._processors.items():
            for row in rows:
                if row.get(name) is not None:
                    row[name] = processor(row[name])
        return orjson.dumps(rows, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()

    def upsert(self, name: str, reset: bool, puts: tuple[str, ...], adds: tuple[str, ...]) -> str:
        wanted = (name, reset, puts, adds)
        if wanted not in self._sql:
            self._sql[wanted] = self._upsert(name, reset, puts, adds)
        return self._sql[wanted]

    def _upsert(self, name: str, reset: bool, puts: tuple[str, ...], adds: tuple[str, ...]) -> str:
        for column in adds:
            self._check_addable(column)
        given = (*self.key, *puts, *adds)
        sets = [f"{_quote(column)} = excluded.{_quote(column)}" for column in puts]
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
