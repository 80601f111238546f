"""Pages of a list by keyset: the next page starts after the last row's order values, whatever came meanwhile."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, and_, false, or_, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import Column
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import UnaryExpression

from nexa_chassis.http.problems import Problem

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
LONGEST_CURSOR = 4096


class Page(BaseModel, Generic[T]):
    """Some rows of a list; `next` asks for those after them, null on the last page."""

    items: list[T]
    next: str | None = Field(default=None, description="Send it as `cursor` to get the next page.")


@dataclass(frozen=True)
class _Order:
    """One column of the order. Nulls stand where PostgreSQL puts them: last ascending, first descending."""

    column: ColumnElement[Any]
    descending: bool

    @property
    def nullable(self) -> bool:
        return self.column.nullable is not False if isinstance(self.column, Column) else True

    def after(self, value: object) -> ColumnElement[bool]:
        if value is None:
            return self.column.is_not(None) if self.descending else false()
        if self.descending:
            return self.column < value
        return or_(self.column > value, self.column.is_(None)) if self.nullable else self.column > value

    def near(self, value: object) -> ColumnElement[bool]:
        """Rows of this value or behind it, up to where nulls begin or end: a range of an index."""
        if value is None:
            return self.column.is_(None)
        return self.column <= value if self.descending else self.column >= value

    def beyond(self, value: object) -> ColumnElement[bool] | None:
        """All rows behind those that are `near`; None where there are none."""
        if self.descending:
            return self.column.is_not(None) if value is None else None
        return self.column.is_(None) if self.nullable and value is not None else None

    def checked(self, value: object) -> object:
        """The value, if it is of the column's kind; raises ValueError if a cursor was tampered with."""
        try:
            kind = self.column.type.python_type
        except NotImplementedError:
            return value
        if value is not None and not isinstance(value, kind) and not issubclass(kind, Decimal | Enum | float):
            raise ValueError
        return value

    def equal(self, value: object) -> ColumnElement[bool]:
        return self.column.is_(None) if value is None else self.column == value


async def paginate(
    connection: AsyncConnection,
    select: Select[Any],
    *,
    order: Sequence[ColumnElement[Any]],
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[dict[str, Any]]:
    """One page of `select` in this order, at most 200 rows (50 if not said).

    The columns of the order must tell any two rows apart (end with the id); they need not be among the selected ones,
    and must not be aggregates. Raises the 400 problem for a cursor that is not one of this list's.
    """
    size = min(max(limit or DEFAULT_LIMIT, 1), MAX_LIMIT)
    by = [_read_order(element) for element in order]
    hidden = [f"_order_{place}" for place in range(len(by))]
    query = select.order_by(None).order_by(*order)
    query = query.add_columns(*(part.column.label(name) for part, name in zip(by, hidden, strict=True)))
    signature = _signature(by)
    parts = [query]
    if cursor is not None:
        parts = [query.where(after) for after in _after(by, _decode(cursor, signature, by))]
    rows: list[dict[str, Any]] = []
    for part in parts:
        if (missing := size + 1 - len(rows)) > 0:
            rows += map(dict, (await connection.execute(part.limit(missing))).mappings())
    last = rows[size - 1] if len(rows) > size else None
    following = _encode([last[name] for name in hidden], signature) if last else None
    for row in rows[:size]:
        for name in hidden:
            del row[name]
    return Page(items=rows[:size], next=following)


def _read_order(element: ColumnElement[Any]) -> _Order:
    descending = False
    while isinstance(element, UnaryExpression) and element.modifier in (operators.asc_op, operators.desc_op):
        descending = element.modifier is operators.desc_op
        element = element.element
    if isinstance(element, UnaryExpression) and element.modifier in (operators.nulls_first_op, operators.nulls_last_op):
        raise ValueError("A paged list keeps nulls where PostgreSQL puts them: last ascending, first descending.")
    return _Order(element, descending)


def _after(by: Sequence[_Order], values: Sequence[object]) -> list[ColumnElement[bool]]:
    """Rows behind these values, in one or two parts, one after the other, each of which an index of the order can find.

    `(a, b) > (x, y)` where all runs one way, else spelled out column by column.
    """
    descending = {part.descending for part in by}
    if len(descending) == 1 and not any(part.nullable for part in by) and None not in values:
        row = tuple_(*(part.column for part in by))
        return [row < tuple_(*values) if descending == {True} else row > tuple_(*values)]
    choices = []
    for place, part in enumerate(by):
        before = [other.equal(value) for other, value in zip(by[:place], values, strict=False)]
        choices.append(and_(*before, part.after(values[place])))
    beyond = by[0].beyond(values[0])
    return [and_(by[0].near(values[0]), or_(*choices)), *([] if beyond is None else [beyond])]


def _signature(by: Sequence[_Order]) -> str:
    """Tells lists apart, so that one list's cursor is refused by another."""
    named = ",".join(f"{part.column}{'-' if part.descending else '+'}" for part in by)
    return hashlib.sha256(named.encode()).hexdigest()[:8]


def _encode(values: Sequence[object], signature: str) -> str:
    packed = orjson.dumps([signature, *map(_pack, values)])
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _decode(cursor: str, signature: str, by: Sequence[_Order]) -> list[object]:
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError
        packed = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(packed, list) or packed[:1] != [signature] or len(packed) != len(by) + 1:
            raise ValueError
        return [part.checked(_unpack(value)) for part, value in zip(by, packed[1:], strict=True)]
    except (ValueError, TypeError, KeyError, OverflowError, InvalidOperation, binascii.Error):
        raise Problem(
            400,
            "The cursor is not one of this list; take `next` of the page before, or leave it out to start over.",
            kind="cursor",
            title="Unusable cursor",
        ) from None


def _pack(value: object) -> list[object]:
    match value:
        case None:
            return ["n", None]
        case Enum():
            return _pack(value.value)
        case bool():
            return ["b", value]
        case int():
            return ["i", str(value)]
        case str():
            return ["s", value]
        case UUID():
            return ["u", str(value)]
        case datetime():
            return ["t", value.isoformat()]
        case date():
            return ["d", value.isoformat()]
        case Decimal():
            return ["m", str(value)]
        case float():
            return ["f", value.hex()]
        case _:
            raise TypeError(f"A list cannot be paged by a value of type {type(value).__name__}.")


def _same(value: object) -> object:
    return value


_UNPACK: dict[str, tuple[type, Callable[[Any], object]]] = {
    "n": (type(None), _same),
    "b": (bool, _same),
    "i": (str, int),
    "s": (str, _same),
    "u": (str, UUID),
    "t": (str, datetime.fromisoformat),
    "d": (str, date.fromisoformat),
    "m": (str, Decimal),
    "f": (str, float.fromhex),
}


def _unpack(packed: Any) -> object:
    tag, value = packed
    kind, read = _UNPACK[tag]
    if not isinstance(value, kind) or "\x00" in str(value):
        raise ValueError
    return read(value)
