"""Imports over HTTP: open, send the file, look at the mapping, start, watch, take the rejected rows home."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.limits import body_limit
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.schema import jobs
from nexa_chassis.telemetry import current_traceparent
from nexa_contracts.marketing import LeadSourceKind
from nexa_marketing.api.bodies import Body
from nexa_marketing.api.campaigns import Marketer, load_campaign
from nexa_marketing.lead_import.csv_format import SEPARATORS, Intake, NotCsv
from nexa_marketing.lead_import.csv_rows import Cursor, Row, printable, read_window
from nexa_marketing.lead_import.decisions import (
    Completed,
    LeadImport,
    NoImport,
    Opened,
    OpenImport,
    Order,
    ReceiveFile,
    Running,
    StartImport,
    Uploaded,
    lead_import,
    plan_of,
)
from nexa_marketing.lead_import.importing import Task, job_id_of, job_of
from nexa_marketing.lead_import.ledger import Outcome
from nexa_marketing.lead_import.mapping import FIELDS, REJECT_COLUMNS, Choices, ColumnPlan
from nexa_marketing.lead_import.tables import import_progress, import_rows
from nexa_marketing.lead_import.uploads import remove_upload, store_upload
from nexa_marketing.lead_import.values import neutral
from nexa_marketing.read_models.import_list import imports
from nexa_marketing.settings import marketing_settings

routes = APIRouter(tags=["imports"])

SAMPLE_ROWS = 5


class MappingBody(Body):
    mapping: dict[str, str] = Field(
        default_factory=dict, max_length=2_000, description='Column to field; "-" leaves the column out.'
    )
    match_key: str | None = Field(default=None, max_length=300, description="The column that tells leads apart.")
    constants: dict[str, Annotated[str, Field(max_length=300)]] = Field(
        default_factory=dict, max_length=50, description="A field's value for rows that have none."
    )

    def choices(self) -> Choices:
        return Choices(self.mapping, self.match_key, self.constants)


class OpenBody(MappingBody):
    campaign_id: UUID
    filename: str = Field(min_length=1, max_length=300, examples=["registrants.csv"])
    source_label: str | None = Field(default=None, max_length=200, description="The campaign's label unless given.")
    source_kind: LeadSourceKind | None = Field(default=None, description="The campaign's type unless given.")
    encoding: str | None = Field(default=None, max_length=40, description="Found out unless given.")
    separator: str | None = Field(default=None, description="Found out unless given.", examples=[";"])


class StartBody(MappingBody):
    dry_run: bool = Field(default=False, description="Judge every row, write nothing.")


class Opening(BaseModel):
    import_id: UUID
    status: str
    upload: str


class ColumnView(BaseModel):
    column: str
    field: str | None = Field(description="null: kept as an attribute")
    how: str = Field(description="given, guessed, attribute or left out")
    samples: list[str]


class MappingView(BaseModel):
    columns: list[ColumnView]
    match_key: str | None
    constants: dict[str, str]
    fields: list[str]


class Received(BaseModel):
    import_id: UUID
    bytes: int
    sha256: str
    encoding: str
    separator: str
    columns: list[str]
    mapping: dict[str, str | None]
    match_key: str | None


class Progress(BaseModel):
    """rows = created + updated + duplicate + rejected; blank lines are no rows."""

    import_id: UUID
    campaign_id: UUID
    filename: str
    status: str = Field(description="open, uploaded, running, completed or failed")
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
    rows_per_second: float | None = None
    opened_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None


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


@routes.post("/imports", status_code=201)
async def open_import(body: OpenBody, call: Marketer) -> Opening:
    planned, _ = await load_campaign(call, body.campaign_id)
    if body.separator is not None and body.separator not in SEPARATORS:
        message = f"{body.separator!r} separates no columns; give one of {', '.join(map(repr, SEPARATORS))}."
        raise Refused(message, rule="import.separator", field="separator")
    import_id = call.new_id("import")
    order = Order(
        import_id=import_id,
        campaign_id=body.campaign_id,
        filename=body.filename,
        source_label=body.source_label or planned.plan.source_label or planned.plan.name,
        source_kind=body.source_kind or planned.plan.type,
        choices=body.choices(),
        encoding=body.encoding,
        separator=body.separator,
    )
    await call.execute(OpenImport(import_id, order))
    return Opening(import_id=import_id, status="open", upload=f"/imports/{import_id}/file")


@routes.put("/imports/{import_id}/file", dependencies=[Depends(body_limit(marketing_settings().import_max_bytes))])
async def receive_file(import_id: UUID, call: Marketer, request: Request) -> Received:
    """The file as the body, of any content type. Sent again before the start, it takes the place of the first."""
    state = await _load(call, import_id)
    if not isinstance(state, Opened | Uploaded):
        raise Refused("The import has been started; open another one for another file.", rule="import.started")
    upload_id = uuid4()
    try:
        intake = Intake(state.order.encoding, state.order.separator)
        received = await store_upload(call.runtime.engine, upload_id, request.stream(), intake)
    except NotCsv as problem:
        raise Refused(str(problem), rule="import.not_csv", field="file") from None
    form = received.format
    head = received.head[form.first_row :]
    whole = len(received.head) == received.stored
    reading = read_window(head, Cursor(form.first_row, form.first_line), form, last=whole, limit=SAMPLE_ROWS)
    first_rows = tuple(tuple(printable(row.cells)) for row in reading.rows if isinstance(row, Row))
    await call.execute(ReceiveFile(import_id, upload_id, received, first_rows), key=f"upload {upload_id}")
    if isinstance(state, Uploaded):
        async with call.runtime.engine.begin() as connection:
            await remove_upload(connection, state.file.upload_id)
    uploaded = await _load(call, import_id)
    assert isinstance(uploaded, Uploaded)
    plan = plan_of(uploaded, Choices({}, None, {}))
    return Received(
        import_id=import_id,
        bytes=received.size,
        sha256=received.sha256,
        encoding=form.encoding,
        separator=form.separator,
        columns=list(form.columns),
        mapping=plan.fields,
        match_key=plan.match_key,
    )


@routes.get("/imports/{import_id}/mapping")
async def read_mapping(import_id: UUID, call: Marketer) -> MappingView:
    state = await _load(call, import_id)
    match state:
        case Uploaded():
            plan: ColumnPlan = plan_of(state, Choices({}, None, {}))
        case Running(plan=settled) | Completed(plan=settled):
            plan = settled
        case _:
            raise Refused("The import has no file yet; send it first.", rule="import.no_file")
    return MappingView(
        columns=[ColumnView(column=m.column, field=m.field, how=m.how, samples=list(m.samples)) for m in plan.columns],
        match_key=plan.match_key,
        constants=dict(plan.constants),
        fields=list(FIELDS),
    )


@routes.post("/imports/{import_id}/start", status_code=202)
async def start_import(import_id: UUID, body: StartBody, call: Marketer) -> Opening:
    state = await _load(call, import_id)
    campaign_id = state.order.campaign_id
    planned, _ = await load_campaign(call, campaign_id)
    start = StartImport(import_id, planned.plan.name, body.choices(), body.dry_run)
    if isinstance(state, Uploaded):
        plan = plan_of(state, body.choices())
        form = state.file.format
        task = Task(
            import_id=import_id,
            upload_id=state.file.upload_id,
            dry_run=body.dry_run,
            fields=plan.fields,
            match_key=plan.match_key or "",
            constants=dict(plan.constants),
            actor=call.actor,
            traceparent=current_traceparent(),
            offset=form.first_row,
            line=form.first_line,
        )
        run = state.dry_runs + 1 if body.dry_run else 0
        await call.execute(start, jobs=[job_of(task, run)])
    else:
        await call.execute(start)
    return Opening(import_id=import_id, status="running", upload=f"/imports/{import_id}/file")


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
            raise _unknown(import_id)
        dry = row["started_at"] is None and row["dry_runs"] > 0
        stand = import_progress.c
        progress_of = select(import_progress).where(stand.import_id == import_id, stand.dry == dry)
        progress = (await connection.execute(progress_of)).mappings().first()
        job_id = job_id_of(import_id, row["dry_runs"] if dry else 0)
        job = (await connection.execute(select(jobs.c.status, jobs.c.error).where(jobs.c.id == job_id))).first()
    status, error = str(row["status"]), None
    if job is not None and job.status != "finished":
        status, error = ("failed" if job.status == "failed" else "running"), job.error
    shared = {name: row[name] for name in ("campaign_id", "filename", "opened_at", "started_at", "completed_at")}
    counted = _counted(dict(progress), row["size"]) if progress else {}
    return Progress(
        import_id=import_id, status=status, dry_run=dry, bytes=row["size"], error=error, **shared, **counted
    )


def _counted(progress: Mapping[str, object], size: int | None) -> dict[str, object]:
    numbers = {name: progress[name] for name in ("created", "updated", "duplicate", "rejected", "blank", "bytes_done")}
    rows = sum(int(str(progress[outcome.value])) for outcome in Outcome)
    began, stepped = progress["started_at"], progress["stepped_at"]
    assert isinstance(began, datetime)
    assert isinstance(stepped, datetime)
    seconds = (stepped - began).total_seconds()
    done = 1.0 if progress["finished"] else min(int(str(progress["bytes_done"])) / size, 0.999) if size else 0.0
    rate = round(rows / seconds, 1) if seconds > 0 and rows else None
    return {**numbers, "rows": rows, "progress": round(done, 3), "rows_per_second": rate}


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
    await _load(call, import_id)
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
    await _load(call, import_id)
    async with call.query() as connection:
        query = _rejects(import_id, dry_run)
        page = await paginate(connection, query, order=[import_rows.c.line], limit=limit, cursor=cursor)
    return Page(items=[RejectView(**row) for row in page.items], next=page.next)


@routes.get("/imports/{import_id}/rejects.csv", response_class=StreamingResponse)
async def reject_file(import_id: UUID, call: Marketer, dry_run: bool = False) -> StreamingResponse:
    """The rejected rows to fix and send again: their own columns, then the line and the reason."""
    state = await _load(call, import_id)
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


async def _load(call: Call, import_id: UUID) -> Opened | Uploaded | Running | Completed:
    state: LeadImport = (await call.runtime.store.load(lead_import, import_id)).state
    if isinstance(state, NoImport):
        raise _unknown(import_id)
    return state


def _unknown(import_id: UUID) -> NotFound:
    return NotFound(f"There is no import {import_id}.", rule="import.unknown")
