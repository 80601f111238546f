"""A read model's rows folded in memory, not in the database: for answers as of a time, and for tests."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Table

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Add, Put, ReadModel, Remove


class Rows(list[dict[str, object]]):
    """The rows of a read model's first table in the order they were made; `of(table)` gives another one's."""

    def __init__(self, tables: Mapping[str, list[dict[str, object]]], first: str) -> None:
        super().__init__(tables[first])
        self._tables = tables

    def of(self, table: Table) -> list[dict[str, object]]:
        return self._tables[table.name]


def rows_after(read_model: ReadModel, facts: Iterable[Recorded]) -> Rows:
    """What the read model shows after these facts, those passed over that do not feed it.

    Columns that nothing has written are None. Raises ValueError for a change of a table or column it does not have.
    """
    tables: dict[str, dict[tuple[object, ...], dict[str, object]]] = {table.name: {} for table in read_model.tables}
    for fact in facts:
        if type(fact.event) not in read_model.on:
            continue
        for change in read_model.project(fact):
            rows = tables.get(change.table.name)
            if rows is None:
                raise ValueError(f"{read_model.name} writes to {change.table.name}, which is not among its tables")
            _apply(rows, change)
    return Rows({name: list(rows.values()) for name, rows in tables.items()}, read_model.tables[0].name)


def _apply(rows: dict[tuple[object, ...], dict[str, object]], change: Put | Add | Remove) -> None:
    key = tuple(change.key[name] for name in sorted(change.key))
    if isinstance(change, Remove):
        rows.pop(key, None)
        return
    written = change.values if isinstance(change, Put) else change.amounts
    unknown = [name for name in (*change.key, *written) if name not in change.table.columns]
    if unknown:
        raise ValueError(f"{change.table.name} has no column {', '.join(unknown)}")
    blank: dict[str, object] = {column.name: None for column in change.table.columns}
    row = rows.setdefault(key, blank | dict(change.key))
    if isinstance(change, Put):
        row.update(change.values)
        return
    for name, amount in change.amounts.items():
        present: Any = row[name]
        row[name] = (present or 0) + amount
