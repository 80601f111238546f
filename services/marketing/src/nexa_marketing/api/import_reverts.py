"""Taking an import back over HTTP: look at what it would do, do it, and read what it did to each lead."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.schema import jobs
from nexa_chassis.telemetry import current_traceparent
from nexa_marketing.api.bodies import Body
from nexa_marketing.api.campaigns import Marketer
from nexa_marketing.api.imports import load_import
from nexa_marketing.lead_import.commands import RevertImport
from nexa_marketing.lead_import.revert_report import COUNTED, RevertOutcome
from nexa_marketing.lead_import.reverting import Task, job_id_of, job_of
from nexa_marketing.lead_import.state import Completed
from nexa_marketing.lead_import.tables import import_revert_rows, import_reverts

routes = APIRouter(tags=["imports"])


class RevertBody(Body):
    preview: bool = Field(default=False, description="Only find out what a revert would do; nothing is changed.")


class RevertAsked(BaseModel):
    import_id: UUID
    preview: bool
    report: str = Field(description="Where to read how far it is and what it does.")


class RevertReport(BaseModel):
    """Leads by what became of them. One with conflicts may have been restored in its other fields: it counts in both."""

    import_id: UUID
    preview: bool
    status: str = Field(description="running, finished or failed")
    withdrawn: int = Field(description="Leads the import had made.")
    restored: int = Field(description="Leads it had changed, with fields that are again what they were before.")
    conflicts: int = Field(description="Leads with fields left alone, because a later edit had touched them.")
    converted: int = Field(description="Leads that stay as they are, because they were converted.")
    unchanged: int = Field(description="Leads with nothing left to undo.")
    rows: int = Field(description="Rows of the import that had made or changed a lead.")
    rows_done: int
    progress: float = Field(description="0 to 1.")
    started_at: datetime
    error: str | None


class Restored(BaseModel):
    field: str = Field(description="engagement.… and attributes.… are named part by part.")
    was: object = Field(alias="from", serialization_alias="from")
    to: object


class ConflictView(BaseModel):
    field: str
    before: object = Field(description="Before the import.")
    imported: object
    now: object = Field(description="What it is and stays.")
    changed_by: str
    changed_at: datetime


class RevertedLeadView(BaseModel):
    line: int
    lead_id: UUID
    outcome: RevertOutcome
    reason: str | None
    restored: list[Restored]
    conflicts: list[ConflictView]


@routes.post("/imports/{import_id}/revert", status_code=202)
async def revert(import_id: UUID, call: Marketer, body: RevertBody | None = None) -> RevertAsked:
    """Withdraw the leads the import made and give those it changed their fields back.

    What a later edit touched is left alone and listed as a conflict, and so is a lead that was converted.
    """
    preview = body is not None and body.preview
    state = await load_import(call, import_id)
    jobs_to_start = []
    if isinstance(state, Completed):
        run = state.previews + 1 if preview else 0
        jobs_to_start = [job_of(Task(import_id, run, call.actor, current_traceparent()))]
    await call.execute(RevertImport(import_id, preview), jobs=jobs_to_start)
    query = "?preview=true" if preview else ""
    return RevertAsked(import_id=import_id, preview=preview, report=f"/imports/{import_id}/revert{query}")


@routes.get("/imports/{import_id}/revert")
async def read_revert(import_id: UUID, call: Marketer, preview: bool = False) -> RevertReport:
    """How far it is, and the counts so far."""
    state = await load_import(call, import_id)
    columns = import_reverts.c
    run = columns.run if not preview else state.previews if isinstance(state, Completed) else columns.run
    async with call.query() as connection:
        query = select(import_reverts).where(columns.import_id == import_id, columns.dry == preview, columns.run == run)
        row = (await connection.execute(query)).mappings().first()
        if row is None:
            what = "preview of a revert" if preview else "revert"
            raise NotFound(f"There is no {what} of import {import_id} yet.", rule="import.not_reverted")
        job = select(jobs.c.status, jobs.c.error).where(jobs.c.id == job_id_of(import_id, row["run"]))
        failed = (await connection.execute(job.where(jobs.c.status == "failed"))).first()
    done = 1.0 if row["finished"] else min(row["rows_done"] / max(row["rows_total"], 1), 0.999)
    return RevertReport(
        import_id=import_id,
        preview=preview,
        status="failed" if failed else "finished" if row["finished"] else "running",
        rows=row["rows_total"],
        rows_done=row["rows_done"],
        progress=round(done, 3),
        started_at=row["started_at"],
        error=failed.error if failed else None,
        **{name: row[name] for name in COUNTED},
    )


@routes.get("/imports/{import_id}/revert/leads")
async def list_reverted(
    import_id: UUID,
    call: Marketer,
    preview: bool = False,
    outcome: RevertOutcome | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[RevertedLeadView]:
    """What becomes of each lead, by the line that brought it."""
    await load_import(call, import_id)
    columns = import_revert_rows.c
    query = select(*(columns[name] for name in RevertedLeadView.model_fields)).where(
        columns.import_id == import_id, columns.dry == preview
    )
    if outcome is not None:
        query = query.where(columns.outcome == outcome.value)
    async with call.query() as connection:
        page = await paginate(connection, query, order=[columns.line], limit=limit, cursor=cursor)
    return Page(items=[RevertedLeadView.model_validate(row) for row in page.items], next=page.next)
