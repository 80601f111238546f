"""What became of each row of an import, and how far it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_marketing.lead_import.commands import Counts
from nexa_marketing.lead_import.csv_rows import Cursor
from nexa_marketing.lead_import.tables import import_other_keys, import_progress, import_rows

NUMBERS = ("created", "updated", "duplicate", "rejected", "blank")


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(slots=True)
class RowOutcome:
    """What became of the row in this line; `cells` are kept of rejected rows, for the reject file.

    Not frozen: one is made for every row, and its keys are put to it last.
    """

    line: int
    outcome: Outcome
    lead_id: UUID | None = None
    reason: str | None = None
    column: str | None = None
    cells: tuple[str, ...] | None = None
    key_digest: UUID | None = None
    other_digests: tuple[UUID, ...] = ()


_INSERT_ROWS = text(
    "insert into import_rows (import_id, dry, line, outcome, lead_id, key_digest, column_name, reason, cells)"
    ' select cast(:import_id as uuid), :dry, line, outcome, lead_id, key_digest, "column", reason, cells'
    " from json_to_recordset(cast(:rows as json)) as r(line integer, outcome text, lead_id uuid, key_digest uuid,"
    ' "column" text, reason text, cells json)'
)


# A look-up per key, as the owners of match keys are looked up. The import is asked for behind the key: of one that has just
# begun the planner expects a single row, and would go through all of its rows for each key.
LINES = text(
    "select k.* from (select cast(value as uuid) as digest from json_array_elements_text(cast(:digests as json))) as d"
    " cross join lateral (select key_digest, line"
    " from (select * from import_rows where key_digest = d.digest offset 0) as r where import_id = :import_id and dry = :dry"
    " union all select key_digest, line from import_other_keys"
    " where import_id = :import_id and dry = :dry and key_digest = d.digest offset 0) as k"
)


@dataclass(frozen=True)
class Place:
    """Where an import stands, and who brought it there: the dry run (0: the import itself) and the leg of it."""

    run: int
    leg: int
    cursor: Cursor


async def place(connection: AsyncConnection, import_id: UUID, *, dry: bool) -> Place | None:
    """Where the import stands; None before its first step. Steps of one import wait for each other here."""
    columns = import_progress.c
    query = (
        select(columns.run, columns.leg, columns.bytes_done, columns.line, columns.skipping)
        .where(columns.import_id == import_id, columns.dry == dry)
        .with_for_update()
    )
    row = (await connection.execute(query)).first()
    return Place(row.run, row.leg, Cursor(row.bytes_done, row.line, row.skipping)) if row else None


async def begin(connection: AsyncConnection, import_id: UUID, run: int, cursor: Cursor, *, dry: bool) -> Place:
    """Start counting; what an earlier dry run left is removed."""
    for table in (import_rows, import_other_keys, import_progress):
        await connection.execute(delete(table).where(table.c.import_id == import_id, table.c.dry == dry))
    now = func.clock_timestamp()
    started = {"started_at": now, "stepped_at": now, "bytes_done": cursor.offset, "line": cursor.line}
    row = {"import_id": import_id, "dry": dry, "run": run, **started}
    await connection.execute(insert(import_progress).values(row))
    return Place(run, 0, cursor)


async def begin_leg(connection: AsyncConnection, import_id: UUID, leg: int) -> None:
    """Go on after a stop; the time in between is not counted."""
    progress = import_progress.c
    query = import_progress.update().where(progress.import_id == import_id, progress.dry.is_(False))
    await connection.execute(query.values(leg=leg, stepped_at=func.clock_timestamp()))


async def counted(connection: AsyncConnection, import_id: UUID) -> Counts:
    """The rows of the import so far, none before its first step."""
    query = select(*(import_progress.c[name] for name in NUMBERS)).where(
        import_progress.c.import_id == import_id, import_progress.c.dry.is_(False)
    )
    row = (await connection.execute(query)).first()
    return Counts(**dict(zip(NUMBERS, row, strict=True))) if row else Counts()


async def lines_of(
    connection: AsyncConnection, import_id: UUID, digests: Iterable[UUID], *, dry: bool
) -> dict[UUID, int]:
    """The line in which each of these keys stood earlier in the file."""
    wanted = orjson.dumps(list(digests)).decode()
    found = await connection.execute(LINES, {"import_id": import_id, "dry": dry, "digests": wanted})
    return {row.key_digest: row.line for row in found}


async def write(
    connection: AsyncConnection,
    import_id: UUID,
    outcomes: Sequence[RowOutcome],
    blank: int,
    cursor: Cursor,
    *,
    dry: bool,
    finished: bool,
) -> Counts:
    """Write down these outcomes; the answer counts all rows of the import so far."""
    if outcomes:
        rows = orjson.dumps(outcomes).decode()
        await connection.execute(_INSERT_ROWS, {"import_id": str(import_id), "dry": dry, "rows": rows})
    others = [
        {"import_id": import_id, "dry": dry, "key_digest": key, "line": outcome.line}
        for outcome in outcomes
        for key in outcome.other_digests
    ]
    if others:
        await connection.execute(insert(import_other_keys), others)
    progress = import_progress.c
    more = {outcome.value: sum(row.outcome is outcome for row in outcomes) for outcome in Outcome} | {"blank": blank}
    changed = {name: progress[name] + more[name] for name in NUMBERS}
    query = (
        import_progress.update()
        .where(progress.import_id == import_id, progress.dry == dry)
        .values(
            **changed,
            bytes_done=cursor.offset,
            line=cursor.line,
            skipping=cursor.skipping,
            finished=finished,
            seconds=progress.seconds + func.extract("epoch", func.clock_timestamp() - progress.stepped_at),
            stepped_at=func.clock_timestamp(),
        )
        .returning(*(progress[name] for name in NUMBERS))
    )
    row = (await connection.execute(query)).one()
    return Counts(**dict(zip(NUMBERS, row, strict=True)))
