"""Imports there are, over HTTP: how far each is, the outcome of its rows, the rejected ones to mend and send again."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.schema import jobs
from nexa_marketing.api.campaigns import Marketer
from nexa_marketing.api.imports import load_import, unknown
from nexa_marketing.lead_import.importing import job_id_of
from nexa_marketing.lead_import.ledger import Outcome
from nexa_marketing.lead_import.mapping import REJECT_COLUMNS
from nexa_marketing.lead_import.state import Opened
from nexa_marketing.lead_import.tables import import_progress, import_rows
from nexa_marketing.lead_import.values import neutral
from nexa_marketing.read_models.import_list import imports

routes = APIRouter(tags=["imports"])

FIRST_REASONS = 5
ENDED = frozenset({"paused", "cancelled", "completed", "reverting", "reverted"})


class ReasonView(BaseModel):
    line: int
    outcome: Outcome
    column: str | None
    reason: str


class Progress(BaseModel):
    """rows = created + updated + duplicate + rejected; blank lines are no rows."""

    import_id: UUID
    campaign_id: UUID
    filename: str
    status: str = Field(
        description="open, uploaded, running, paused, cancelling, cancelled, completed, failed, reverting or reverted"
    )
    dry_run: bool = Field(description="The counts are those of a dry run.")
    rows: int = 0
    created: int = 0
    updated: int = 0
    duplicate: int = 0
    rejected: int = 0
    blank: int = 0
    bytes: int | None = None
    bytes_done: int = 0
    progress: float = Field(default=0, description="0 to 1, by bytes.")
    rows_per_second: float | None = Field(default=None, description="Rows by the time it was running.")
    seconds_left: float | None = Field(default=None, description="How long it will take at this pace; while it runs.")
    opened_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    first_reasons: list[ReasonView] = Field(
        default_factory=list, description="Of the first duplicate and the first rejected rows, by line."
    )


class ImportRow(BaseModel):
    import_id: UUID
    campaign_id: UUID
    filename: str
    status: str
    opened_at: datetime


class RowView(BaseModel):
    line: int
    outcome: Outcome
    lead_id: UUID | None
    reason: str | None


class RejectView(BaseModel):
    line: int
    column: str | None
    reason: str
    cells: list[str]


@routes.get("/imports")
async def list_imports(
    call: Marketer, campaign_id: UUID | None = None, limit: int | None = None, cursor: str | None = None
) -> Page[ImportRow]:
    query = select(*(imports.c[name] for name in ImportRow.model_fields))
    if campaign_id is not None:
        query = query.where(imports.c.campaign_id == campaign_id)
    async with call.query() as connection:
        order = [imports.c.opened_at.desc(), imports.c.import_id]
        page = await paginate(connection, query, order=order, limit=limit, cursor=cursor)
    return Page(items=[ImportRow(**row) for row in page.items], next=page.next)


@routes.get("/imports/{import_id}")
async def read_import(import_id: UUID, call: Marketer) -> Progress:
    async with call.query() as connection:
        row = (await connection.execute(select(imports).where(imports.c.import_id == import_id))).mappings().first()
        if row is None:
            raise unknown(import_id)
        dry = row["started_at"] is None and row["dry_runs"] > 0
        job_id = job_id_of(import_id, row["dry_runs"] if dry else 0, 0 if dry else row["legs"] or 0)
        job = (await connection.execute(select(jobs.c.status, jobs.c.error).where(jobs.c.id == job_id))).first()
        stand = import_progress.c  # after the job: what a finished one has counted is there to be seen
        progress_of = select(import_progress).where(
            stand.import_id == import_id, stand.dry == dry, stand.run == (row["dry_runs"] if dry else 0)
        )
        progress = (await connection.execute(progress_of)).mappings().first()
        reasons = await _first_reasons(connection, import_id, dry=dry)
    status, error = str(row["status"]), None
    if job is not None and job.status == "failed" and status not in ENDED:
        status, error = "failed", job.error
    elif job is not None and job.status == "active" and dry:
        status, error = "running", job.error
    shared = {name: row[name] for name in ("campaign_id", "filename", "opened_at", "started_at", "completed_at")}
    counted = _counted(dict(progress), row["size"], running=status == "running") if progress else {}
    return Progress(
        import_id=import_id,
        status=status,
        dry_run=dry,
        bytes=row["size"],
        error=error,
        first_reasons=reasons,
        **shared,
        **counted,
    )


async def _first_reasons(connection: AsyncConnection, import_id: UUID, *, dry: bool) -> list[ReasonView]:
    rows = import_rows.c
    found: list[ReasonView] = []
    for outcome in (Outcome.DUPLICATE, Outcome.REJECTED):
        query = (
            select(rows.line, rows.outcome, rows.column_name.label("column"), rows.reason)
            .where(rows.import_id == import_id, rows.dry == dry, rows.outcome == outcome.value)
            .order_by(rows.line)
            .limit(FIRST_REASONS)
        )
        found += [ReasonView(**row) for row in (await connection.execute(query)).mappings()]
    return sorted(found, key=lambda reason: reason.line)


def _counted(progress: Mapping[str, object], size: int | None, *, running: bool) -> dict[str, object]:
    numbers = {name: progress[name] for name in ("created", "updated", "duplicate", "rejected", "blank", "bytes_done")}
    rows = sum(int(str(progress[outcome.value])) for outcome in Outcome)
    seconds = float(str(progress["seconds"]))
    done = 1.0 if progress["finished"] else min(int(str(progress["bytes_done"])) / size, 0.999) if size else 0.0
    rate = round(rows / seconds, 1) if seconds > 0 and rows else None
    left = round(seconds * (1 - done) / done, 1) if rate and running else None
    return {**numbers, "rows": rows, "progress": round(done, 3), "rows_per_second": rate, "seconds_left": left}


@routes.get("/imports/{import_id}/rows")
async def list_rows(
    import_id: UUID,
    call: Marketer,
    outcome: Outcome | None = None,
    dry_run: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[RowView]:
    """What became of each row, by line."""
    await load_import(call, import_id)
    query = select(*(import_rows.c[name] for name in RowView.model_fields)).where(
        import_rows.c.import_id == import_id, import_rows.c.dry == dry_run
    )
    if outcome is not None:
        query = query.where(import_rows.c.outcome == outcome.value)
    async with call.query() as connection:
        page = await paginate(connection, query, order=[import_rows.c.line], limit=limit, cursor=cursor)
    return Page(items=[RowView(**row) for row in page.items], next=page.next)


def _rejects(import_id: UUID, dry_run: bool) -> Select[Any]:
    rows = import_rows.c
    columns = (rows.line, rows.column_name.label("column"), rows.reason, rows.cells)
    return select(*columns).where(
        rows.import_id == import_id, rows.dry == dry_run, rows.outcome == Outcome.REJECTED.value
    )


@routes.get("/imports/{import_id}/rejects")
async def list_rejects(
    import_id: UUID, call: Marketer, dry_run: bool = False, limit: int | None = None, cursor: str | None = None
) -> Page[RejectView]:
    await load_import(call, import_id)
    async with call.query() as connection:
        query = _rejects(import_id, dry_run)
        page = await paginate(connection, query, order=[import_rows.c.line], limit=limit, cursor=cursor)
    return Page(items=[RejectView(**row) for row in page.items], next=page.next)


@routes.get("/imports/{import_id}/rejects.csv", response_class=StreamingResponse)
async def reject_file(import_id: UUID, call: Marketer, dry_run: bool = False) -> StreamingResponse:
    """The rejected rows to fix and send again: their own columns, then the line and the reason."""
    state = await load_import(call, import_id)
    if isinstance(state, Opened):
        raise Refused("The import has no file yet; send it first.", rule="import.no_file")
    columns = state.file.format.columns
    headers = {"content-disposition": f'attachment; filename="rejected-{import_id}.csv"'}
    return StreamingResponse(
        _reject_lines(call, import_id, columns, dry_run), media_type="text/csv; charset=utf-8", headers=headers
    )


async def _reject_lines(call: Call, import_id: UUID, columns: tuple[str, ...], dry_run: bool) -> AsyncIterator[str]:
    kept = [place for place, column in enumerate(columns) if column not in REJECT_COLUMNS]
    yield csv_line([*(columns[place] for place in kept), *REJECT_COLUMNS])
    after = 0
    while True:
        async with call.query() as connection:
            rows = await _rejects_after(connection, import_id, dry_run, after)
        for line, column, reason, cells in rows:
            own = [cells[place] if place < len(cells) else "" for place in kept]
            yield csv_line([*own, str(line), f"{column}: {reason}" if column else reason])
            after = line
        if not rows:
            return


async def _rejects_after(
    connection: AsyncConnection, import_id: UUID, dry_run: bool, after: int
) -> list[tuple[int, str | None, str, list[str]]]:
    query = _rejects(import_id, dry_run).where(import_rows.c.line > after).order_by(import_rows.c.line).limit(500)
    return [(row.line, row.column, row.reason, row.cells) for row in await connection.execute(query)]


def csv_line(cells: list[str]) -> str:
    """A line of CSV in which no cell starts a formula: such a one gets an apostrophe, as spreadsheets write it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([neutral(cell) for cell in cells])
    return text.getvalue()
