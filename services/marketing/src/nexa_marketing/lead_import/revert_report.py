"""What a revert did to each lead, or what it would do, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_marketing.lead_import.commands import RevertCounts
from nexa_marketing.lead_import.ledger import Outcome
from nexa_marketing.lead_import.tables import import_revert_rows, import_reverts, import_rows

COUNTED = ("withdrawn", "restored", "conflicts", "converted", "unchanged")


class RevertOutcome(StrEnum):
    """`conflict`: some of the lead's fields were left alone, others may have been restored."""

    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    CONFLICT = "conflict"
    CONVERTED = "converted"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class RevertedLead:
    """What became of the lead that the row in this line had made or changed."""

    line: int
    lead_id: UUID
    outcome: RevertOutcome
    reason: str | None = None
    restored: tuple[dict[str, object], ...] = ()
    conflicts: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True)
class ImportedRow:
    """A row that made or changed a lead."""

    line: int
    lead_id: UUID


_INSERT = text(
    "insert into import_revert_rows (import_id, dry, line, lead_id, outcome, reason, restored, conflicts)"
    " select cast(:import_id as uuid), :dry, line, lead_id, outcome, reason, restored, conflicts"
    " from json_to_recordset(cast(:rows as json)) as r(line integer, lead_id uuid, outcome text, reason text,"
    " restored json, conflicts json)"
)


async def place(connection: AsyncConnection, import_id: UUID, run: int, *, dry: bool) -> int:
    """The line up to which this run has come. Steps of one revert wait for each other here."""
    columns = import_reverts.c
    query = select(columns.run, columns.line).where(columns.import_id == import_id, columns.dry == dry)
    row = (await connection.execute(query.with_for_update())).first()
    if row is not None and row.run == run:
        return int(row.line)
    for table in (import_revert_rows, import_reverts):
        await connection.execute(delete(table).where(table.c.import_id == import_id, table.c.dry == dry))
    rows = import_rows.c
    total = (
        select(func.count())
        .where(rows.import_id == import_id, rows.dry.is_(False), rows.outcome.in_(_TOUCHED))
        .scalar_subquery()
    )
    now = func.clock_timestamp()
    started = {"run": run, "rows_total": total, "started_at": now, "stepped_at": now}
    await connection.execute(insert(import_reverts).values(import_id=import_id, dry=dry, **started))
    return 0


_TOUCHED = (Outcome.CREATED.value, Outcome.UPDATED.value)


async def next_rows(connection: AsyncConnection, import_id: UUID, after: int, limit: int) -> list[ImportedRow]:
    """The rows after this line that made or changed a lead."""
    rows = import_rows.c
    query = (
        select(rows.line, rows.lead_id)
        .where(rows.import_id == import_id, rows.dry.is_(False), rows.outcome.in_(_TOUCHED), rows.line > after)
        .order_by(rows.line)
        .limit(limit)
    )
    return [ImportedRow(line, lead_id) for line, lead_id in await connection.execute(query)]


async def write(
    connection: AsyncConnection, import_id: UUID, leads: Sequence[RevertedLead], *, dry: bool, finished: bool
) -> RevertCounts:
    """Write down what became of these leads; the answer counts all of the revert so far."""
    if leads:
        rows = orjson.dumps([vars(lead) for lead in leads]).decode()
        await connection.execute(_INSERT, {"import_id": str(import_id), "dry": dry, "rows": rows})
    columns = import_reverts.c
    more = _counted(leads)
    query = (
        import_reverts.update()
        .where(columns.import_id == import_id, columns.dry == dry)
        .values(
            **{name: columns[name] + getattr(more, name) for name in COUNTED},
            line=max((lead.line for lead in leads), default=columns.line),
            rows_done=columns.rows_done + len(leads),
            finished=finished,
            stepped_at=func.clock_timestamp(),
        )
        .returning(*(columns[name] for name in COUNTED))
    )
    row = (await connection.execute(query)).one()
    return RevertCounts(**dict(zip(COUNTED, row, strict=True)))


def _counted(leads: Sequence[RevertedLead]) -> RevertCounts:
    def of(outcome: RevertOutcome) -> int:
        return sum(lead.outcome is outcome for lead in leads)

    return RevertCounts(
        withdrawn=of(RevertOutcome.WITHDRAWN),
        restored=sum(bool(lead.restored) for lead in leads),
        conflicts=of(RevertOutcome.CONFLICT),
        converted=of(RevertOutcome.CONVERTED),
        unchanged=of(RevertOutcome.UNCHANGED),
    )
