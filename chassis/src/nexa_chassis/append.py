"""The one statement that appends: events, their outbox rows, the idempotency row and read-model rows, all or none."""

from collections.abc import Sequence
from typing import Any, LiteralString

from nexa_chassis.changes import Statement
from nexa_chassis.unit_of_work import Appended

_EVENTS = "insert into events (stream, version, type, published, data, meta, recorded_at) values "
_EVENT = "(%s, %s, %s, %s, %s, %s, %s)"
_KEY = "insert into commands (key, fingerprint, positions) select %s, %s, "
_statements: dict[tuple[Any, ...], str] = {}


def append_statement(
    appended: Sequence[Appended], changes: Sequence[Statement] = (), key: tuple[str, str] | None = None
) -> tuple[Any, tuple[Any, ...]]:
    """SQL and parameters. `key` is an idempotency key with the fingerprint of its request.

    VALUES are inserted in their order, so positions follow versions.
    """
    shape = (len(appended), key is not None, *(change.sql for change in changes))
    sql = _statements.get(shape)
    if sql is None:
        sql = _statements[shape] = _build(len(appended), key is not None, [change.sql for change in changes])
    parameters: list[Any] = []
    for one in appended:
        row = one.row
        parameters += (row.stream, row.version, row.type, row.published, row.data, row.meta, row.recorded_at)
    if key is not None:
        parameters += key
    parameters += [change.rows for change in changes]
    return sql, tuple(parameters)


def key_statement(key: tuple[str, str]) -> tuple[LiteralString, tuple[str, str]]:
    """SQL and parameters that record a request which changed nothing."""
    return "insert into commands (key, fingerprint, positions) values (%s, %s, '{}')", key


def _build(events: int, with_key: bool, changes: Sequence[str]) -> str:
    parts = [f"e as ({_EVENTS}{', '.join([_EVENT] * events)} returning position, published)"]
    if with_key:
        parts.append(f"k as ({_KEY}array(select position from e order by position))")
    parts += [f"c{number} as ({sql})" for number, sql in enumerate(changes)]
    return f"with {', '.join(parts)} insert into outbox (position) select position from e where published order by position"
