"""Signals over HTTP: how an account did on a day, one at a time or as a CSV file."""

import asyncio
import hashlib
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call
from nexa_chassis.http.limits import body_limit
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.schema import jobs
from nexa_chassis.telemetry import current_traceparent
from nexa_contracts.success import EngagementLevel, PaymentStatus
from nexa_success.api import bodies
from nexa_success.api.access import Reader, Reporter, ReportReader
from nexa_success.api.bodies import Cursor, Limit
from nexa_success.read_models.account_directory import account_row
from nexa_success.read_models.signals_by_day import list_signals, signals_on
from nexa_success.signals.csv_file import read_signals
from nexa_success.signals.decisions import ReportSignals, happened_at
from nexa_success.signals.import_tables import signal_import_rejects as rejects
from nexa_success.signals.import_tables import signal_imports as imports
from nexa_success.signals.importing import Order, begin
from nexa_success.signals.state import Signals

routes = APIRouter(tags=["signals"])

LARGEST_FILE = 20_000_000
FIRST_REJECTS = 100


class SignalsBody(bodies.Body):
    """How the account did on a day. What is left out is not reported."""

    on: date = Field(description="The day it is about; at most 800 days ago.", examples=["2025-11-24"])
    usage: float | None = Field(default=None, description="Daily active users, percent.", examples=[85])
    adoption: float | None = Field(default=None, description="Features in use, percent.", examples=[70])
    support_tickets: int | None = Field(default=None, description="Tickets in the 30 days before.", examples=[2])
    payment: PaymentStatus | None = Field(default=None, description="How the account pays.")
    engagement: EngagementLevel | None = Field(default=None, description="How the account responds.")
    nps: int | None = Field(default=None, description="Net promoter answer, 0 to 10.", examples=[9])


class SignalsView(BaseModel):
    """What is known of a day; null where nothing was reported."""

    account_id: UUID
    on: date
    usage: float | None
    adoption: float | None
    support_tickets: int | None
    payment: PaymentStatus | None
    engagement: EngagementLevel | None
    nps: int | None
    reported_at: datetime = Field(description="The last time something was reported about the day.")
    reported_by: str


class RejectView(BaseModel):
    line: int = Field(description="Of the file; the header is in line 1.")
    column: str | None = Field(description="As the header spells it; null where the row as a whole is to blame.")
    reason: str


class ImportView(BaseModel):
    """rows = created + unchanged + rejected once the import is finished."""

    import_id: UUID
    status: str = Field(description="running, finished or failed")
    progress: float = Field(description="0 to 1, by rows.")
    rows: int
    created: int = Field(description="Rows that said something new about their day.")
    unchanged: int = Field(description="Rows of which everything was known.")
    rejected: int
    ignored_columns: list[str] = Field(description="Columns that mean nothing here.")
    rejects: list[RejectView] = Field(description="The first 100; all of them at /signals/imports/{id}/rejects.")
    started_at: datetime
    finished_at: datetime | None
    error: str | None = Field(description="Why it does not go on, where it does not.")


@routes.post("/accounts/{account_id}/signals")
async def report_signals(account_id: UUID, body: SignalsBody, call: Reporter, response: Response) -> SignalsView:
    """Report how the account did on a day. What is known already adds nothing; another value corrects the day."""
    async with call.query() as connection:
        account = await account_row(connection, account_id)
    if account is None:
        raise _no_account(account_id)
    signals = Signals(**body.model_dump(exclude={"on"}))
    command = ReportSignals(account_id=account_id, on=body.on, signals=signals)
    done = await call.execute(command, time=happened_at(body.on, call.now))
    call.etag(response, done.version_of(f"account_signals-{account_id}"))
    async with call.query() as connection:
        row = await signals_on(connection, account_id, body.on)
    return SignalsView.model_validate(row)


@routes.get("/accounts/{account_id}/signals")
async def read_signals_of(
    account_id: UUID,
    call: Reader,
    since: Annotated[date | None, Query(description="The first day.")] = None,
    until: Annotated[date | None, Query(description="The last day.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[SignalsView]:
    """The days of an account, the latest first."""
    async with call.query() as connection:
        page = await list_signals(connection, account_id, since=since, until=until, limit=limit, cursor=cursor)
        if not page.items and await account_row(connection, account_id) is None:
            raise _no_account(account_id)
    return Page(items=[SignalsView.model_validate(row) for row in page.items], next=page.next)


@routes.post("/signals/import", status_code=202, dependencies=[Depends(body_limit(LARGEST_FILE))])
async def import_file(body: Annotated[bytes, Body(media_type="text/csv")], call: Reporter) -> ImportView:
    """A CSV file in UTF-8, one row per account and day: `account_id` or `account` (its name), `on`, and any of usage, adoption,
    support_tickets, payment, engagement, nps, and `version`, the product version it ran. Bad rows are listed, the others are
    taken; the same file again adds nothing.
    """
    import_id = call.new_id("signal import")
    file, sha256 = await asyncio.to_thread(lambda: (read_signals(body, call.now), hashlib.sha256(body).hexdigest()))
    await begin(call.runtime, Order(import_id, sha256, call.actor, current_traceparent()), file)
    return await _import(call, import_id)


@routes.get("/signals/imports/{import_id}")
async def read_import(import_id: UUID, call: ReportReader) -> ImportView:
    """How far the import is, and what became of its rows."""
    return await _import(call, import_id)


@routes.get("/signals/imports/{import_id}/rejects")
async def list_rejects(
    import_id: UUID, call: ReportReader, limit: Limit = None, cursor: Cursor = None
) -> Page[RejectView]:
    """All rejected rows by line."""
    query = select(rejects.c.line, rejects.c.column_name.label("column"), rejects.c.reason)
    async with call.query() as connection:
        known = await connection.execute(select(imports.c.import_id).where(imports.c.import_id == import_id))
        if known.first() is None:
            raise _no_import(import_id)
        query = query.where(rejects.c.import_id == import_id)
        page = await paginate(connection, query, order=[rejects.c.line], limit=limit, cursor=cursor)
    return Page(items=[RejectView.model_validate(row) for row in page.items], next=page.next)


async def _import(call: Call, import_id: UUID) -> ImportView:
    query = select(imports, jobs.c.status.label("job_status"), jobs.c.error).outerjoin(
        jobs, jobs.c.id == imports.c.import_id
    )
    first = select(rejects.c.line, rejects.c.column_name.label("column"), rejects.c.reason)
    async with call.query() as connection:
        row = (await connection.execute(query.where(imports.c.import_id == import_id))).mappings().first()
        if row is None:
            raise _no_import(import_id)
        refused = await connection.execute(
            first.where(rejects.c.import_id == import_id).order_by(rejects.c.line).limit(FIRST_REJECTS)
        )
        told = [RejectView.model_validate(dict(each)) for each in refused.mappings()]
    finished = row["finished_at"] is not None
    settled = row["created"] + row["unchanged"] + row["rejected"]
    return ImportView.model_validate(
        {
            **row,
            "status": "finished" if finished else "failed" if row["job_status"] == "failed" else "running",
            "progress": 1.0 if finished else round(min(settled / row["rows"], 0.999), 3) if row["rows"] else 0.0,
            "rejects": told,
            "error": None if finished else row["error"],
        }
    )


def _no_account(account_id: UUID) -> NotFound:
    return NotFound(f"Success does not know an account {account_id}.", rule="account.unknown")


def _no_import(import_id: UUID) -> NotFound:
    return NotFound(f"There is no import {import_id} of signals.", rule="signals.import_unknown")
