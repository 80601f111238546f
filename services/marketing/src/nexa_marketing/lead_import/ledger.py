"""What became of each row of an import, and how far it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_marketing.lead_import.decisions import Counts
from nexa_marketing.lead_import.tables import import_progress, import_rows

NUMBERS = ("created", "updated", "duplicate", "rejected", "blank")


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True)
class RowOutcome:
    """What became of the row in this line; `cells` are kept of rejected rows, for the reject file."""

    line: int
    outcome: Outcome
    lead_id: UUID | None = None
    reason: str | None = None
    column: str | None = None
    cells: tuple[str, ...] | None = None
    key_digest: UUID | None = None


_INSERT_ROWS = text(
    "insert into import_rows (import_id, dry, line, outcome, lead_id, key_digest, column_name, reason, cells)"
    ' select cast(:import_id as uuid), :dry, line, outcome, lead_id, key_digest, "column", reason, cells'
    " from json_to_recordset(cast(:rows as json)) as r(line integer, outcome text, lead_id uuid, key_digest uuid,"
    ' "column" text, reason text, cells json)'
)


async def begin(connection: AsyncConnection, import_id: UUID, *, dry: bool) -> None:
    """Start counting; what an earlier dry run left is removed."""
    for table in (import_rows, import_progress):
        await connection.execute(delete(table).where(table.c.import_id == import_id, table.c.dry == dry))
    now = func.clock_timestamp()
    row = {"import_id": import_id, "dry": dry, "started_at": now, "stepped_at": now}
    await connection.execute(insert(import_progress).values(row))


async def lines_of(
    connection: AsyncConnection, import_id: UUID, digests: Iterable[UUID], *, dry: bool
) -> dict[UUID, int]:
    """The line in which each of these keys stood earlier in the file."""
    query = select(import_rows.c.key_digest, import_rows.c.line).where(
        import_rows.c.import_id == import_id, import_rows.c.dry == dry, import_rows.c.key_digest.in_(list(digests))
    )
    return {key: line for key, line in await connection.execute(query) if key is not None}


async def write(
    connection: AsyncConnection,
    import_id: UUID,
    outcomes: Sequence[RowOutcome],
    blank: int,
    bytes_done: int,
    *,
    dry: bool,
    finished: bool,
) -> Counts:
    """Write down these outcomes; the answer counts all rows of the import so far."""
    if outcomes:
        rows = orjson.dumps([vars(outcome) for outcome in outcomes]).decode()
        await connection.execute(_INSERT_ROWS, {"import_id": str(import_id), "dry": dry, "rows": rows})
    progress = import_progress.c
    more = {outcome.value: sum(row.outcome is outcome for row in outcomes) for outcome in Outcome} | {"blank": blank}
    changed = {name: progress[name] + more[name] for name in NUMBERS}
    query = (
        import_progress.update()
        .where(progress.import_id == import_id, progress.dry == dry)
        .values(**changed, bytes_done=bytes_done, finished=finished, stepped_at=func.clock_timestamp())
        .returning(*(progress[name] for name in NUMBERS))
    )
    row = (await connection.execute(query)).one()
    return Counts(**dict(zip(NUMBERS, row, strict=True)))
