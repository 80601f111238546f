"""Imports over HTTP: open, send the file, look at the mapping, start, pause, go on, cancel."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, StringConstraints

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.limits import body_limit
from nexa_chassis.jobs import StartJob
from nexa_chassis.telemetry import current_traceparent
from nexa_contracts.marketing import LeadSourceKind
from nexa_marketing.api.bodies import Body
from nexa_marketing.api.campaigns import Marketer, load_campaign
from nexa_marketing.lead_import.commands import (
    CancelImport,
    OpenImport,
    PauseImport,
    ReceiveFile,
    ResumeImport,
    StartImport,
)
from nexa_marketing.lead_import.csv_format import SEPARATORS, Intake
from nexa_marketing.lead_import.csv_rows import Cursor, Row, printable, read_window
from nexa_marketing.lead_import.date_order import DateOrder, orders_of
from nexa_marketing.lead_import.decisions import lead_import, plan_of
from nexa_marketing.lead_import.encodings import known_encoding
from nexa_marketing.lead_import.headers import FIELDS
from nexa_marketing.lead_import.importing import Task, job_of
from nexa_marketing.lead_import.mapping import JOINED_BY, Choices, ColumnPlan, ImportMode
from nexa_marketing.lead_import.not_csv import NotCsv
from nexa_marketing.lead_import.state import Begun, LeadImport, NoImport, Opened, Order, Paused, Running, Uploaded
from nexa_marketing.lead_import.uploads import remove_upload, store_upload
from nexa_marketing.settings import marketing_settings

routes = APIRouter(tags=["imports"])

SAMPLE_ROWS = 5
MOST_ROWS_OF_DATES = 500
RawText = Annotated[str, StringConstraints(max_length=10, strip_whitespace=False)]


class MappingBody(Body):
    mapping: dict[str, str] = Field(
        default_factory=dict,
        max_length=2_000,
        description='Column to field; "-" leaves the column out. Several columns of one field are joined.',
    )
    match_keys: list[Annotated[str, Field(max_length=300)]] = Field(
        default_factory=list,
        max_length=10,
        description="The columns that tell leads apart; the first known one decides.",
    )
    match_key: str | None = Field(default=None, max_length=300, description="A single one of them.")
    constants: dict[str, Annotated[str, Field(max_length=300)]] = Field(
        default_factory=dict, max_length=50, description="A field's value for rows that have none."
    )
    joins: dict[str, RawText] = Field(
        default_factory=dict, max_length=50, description="What stands between the parts of a field of several columns."
    )
    mode: ImportMode | None = Field(
        default=None, description="create: only new leads; update: only known ones; both unless given."
    )
    date_order: DateOrder | None = Field(
        default=None, description="What dates with slashes begin with; by the file's own dates unless given."
    )

    def choices(self) -> Choices:
        keys = self.match_keys or ([self.match_key] if self.match_key else [])
        return Choices(self.mapping, tuple(keys), self.constants, self.mode, self.joins, self.date_order)


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
    match_keys: list[str]
    match_key: str | None = Field(description="The first of them.")
    constants: dict[str, str]
    mode: ImportMode
    joins: dict[str, str]
    date_order: DateOrder = Field(description="What dates with slashes begin with.")
    date_order_how: str = Field(description="given, guessed from the first rows, or assumed where none of them tells.")
    fields: list[str] = Field(description="All fields that there are.")
    joined: dict[str, str] = Field(description="Fields that several columns can fill, and what joins their parts.")


class Received(BaseModel):
    import_id: UUID
    bytes: int
    sha256: str
    encoding: str
    separator: str
    columns: list[str]
    mapping: dict[str, str | None]
    match_keys: list[str]
    match_key: str | None
    date_order: DateOrder
    date_order_how: str


@routes.post("/imports", status_code=201)
async def open_import(body: OpenBody, call: Marketer) -> Opening:
    planned, _ = await load_campaign(call, body.campaign_id)
    if body.separator is not None and body.separator not in SEPARATORS:
        message = f"{body.separator!r} separates no columns; give one of {', '.join(map(repr, SEPARATORS))}."
        raise Refused(message, rule="import.separator", field="separator")
    try:
        known_encoding(body.encoding)
    except NotCsv as problem:
        raise Refused(str(problem), rule="import.encoding", field="encoding") from None
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
    state = await load_import(call, import_id)
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
    reading = read_window(head, Cursor(form.first_row, form.first_line), form, last=whole, limit=MOST_ROWS_OF_DATES)
    rows = [row.cells for row in reading.rows if isinstance(row, Row)]
    first_rows = tuple(tuple(printable(cells)) for cells in rows[:SAMPLE_ROWS])
    receive = ReceiveFile(import_id, upload_id, received, first_rows, orders_of(form.columns, rows))
    await call.execute(receive, key=f"upload {upload_id}")
    if isinstance(state, Uploaded):
        async with call.runtime.engine.begin() as connection:
            await remove_upload(connection, state.file.upload_id)
    uploaded = await load_import(call, import_id)
    assert isinstance(uploaded, Uploaded)
    plan = plan_of(uploaded, Choices())
    return Received(
        import_id=import_id,
        bytes=received.size,
        sha256=received.sha256,
        encoding=form.encoding,
        separator=form.separator,
        columns=list(form.columns),
        mapping=plan.fields,
        match_keys=list(plan.match_keys),
        match_key=next(iter(plan.match_keys), None),
        date_order=plan.date_order,
        date_order_how=plan.date_order_how,
    )


@routes.get("/imports/{import_id}/mapping")
async def read_mapping(import_id: UUID, call: Marketer) -> MappingView:
    state = await load_import(call, import_id)
    match state:
        case Uploaded():
            plan: ColumnPlan = plan_of(state, Choices())
        case Opened():
            raise Refused("The import has no file yet; send it first.", rule="import.no_file")
        case _:
            plan = state.plan
    return MappingView(
        columns=[ColumnView(column=m.column, field=m.field, how=m.how, samples=list(m.samples)) for m in plan.columns],
        match_keys=list(plan.match_keys),
        match_key=next(iter(plan.match_keys), None),
        constants=dict(plan.constants),
        mode=plan.mode,
        joins=dict(plan.joins),
        date_order=plan.date_order,
        date_order_how=plan.date_order_how,
        fields=list(FIELDS),
        joined=dict(JOINED_BY),
    )


@routes.post("/imports/{import_id}/start", status_code=202)
async def start_import(import_id: UUID, body: StartBody, call: Marketer) -> Opening:
    state = await load_import(call, import_id)
    campaign_id = state.order.campaign_id
    planned, _ = await load_campaign(call, campaign_id)
    start = StartImport(import_id, planned.plan.name, body.choices(), body.dry_run)
    if isinstance(state, Uploaded):
        run = state.dry_runs + 1 if body.dry_run else 0
        await call.execute(start, jobs=[_job(call, import_id, run=run)])
    else:
        await call.execute(start)
    return Opening(import_id=import_id, status="running", upload=f"/imports/{import_id}/file")


@routes.post("/imports/{import_id}/pause", status_code=202)
async def pause_import(import_id: UUID, call: Marketer) -> Opening:
    """Hold it after the step it is in; no row is lost and none imported twice."""
    await call.execute(PauseImport(import_id))
    return await _opening(call, import_id)


@routes.post("/imports/{import_id}/resume", status_code=202)
async def resume_import(import_id: UUID, call: Marketer) -> Opening:
    """Let a paused import go on where it stands."""
    state = await load_import(call, import_id)
    leg = state.leg + 1 if isinstance(state, Paused) else 0
    job = [_job(call, import_id, leg=leg)] if isinstance(state, Paused) else []
    await call.execute(ResumeImport(import_id, leg), jobs=job)
    return await _opening(call, import_id)


@routes.post("/imports/{import_id}/cancel", status_code=202)
async def cancel_import(import_id: UUID, call: Marketer) -> Opening:
    """Import no further row. What has been imported stays; a revert takes it back. A dry run stops where it is."""
    state = await load_import(call, import_id)
    leg = state.leg + 1 if isinstance(state, Running | Paused) else 0
    job = [_job(call, import_id, leg=leg)] if isinstance(state, Running | Paused) else []
    await call.execute(CancelImport(import_id, leg), jobs=job)
    return await _opening(call, import_id)


def _job(call: Call, import_id: UUID, *, run: int = 0, leg: int = 0) -> StartJob:
    return job_of(Task(import_id, run > 0, call.actor, current_traceparent(), run, leg))


async def _opening(call: Call, import_id: UUID) -> Opening:
    state = await load_import(call, import_id)
    return Opening(import_id=import_id, status=type(state).__name__.lower(), upload=f"/imports/{import_id}/file")


async def load_import(call: Call, import_id: UUID) -> Opened | Uploaded | Begun:
    """The import as it stands. Raises NotFound."""
    state: LeadImport = (await call.runtime.store.load(lead_import, import_id)).state
    if isinstance(state, NoImport):
        raise unknown(import_id)
    return state


def unknown(import_id: UUID) -> NotFound:
    return NotFound(f"There is no import {import_id}.", rule="import.unknown")
