"""The roster over HTTP."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.paging import Page
from nexa_contracts.sales import Absence, RepLevel
from nexa_sales.api.bodies import Body, Cursor, Limit, Manager, Reader, Text, Word, address
from nexa_sales.hand_over_leads import hand_over_of
from nexa_sales.read_models.rep_desk import list_reps, rep_row, reports_of
from nexa_sales.rep.commands import LeaveRoster, PutRep, SetAbsences, SetAvailability

routes = APIRouter(tags=["roster"])


class RepBody(Body):
    """A person of the roster, as they are to be."""

    name: Word = Field(examples=["Maria Lind"])
    email: Word = Field(examples=["maria.lind@nexa.example"])
    level: RepLevel = Field(description="senior reps take High leads, standard reps Medium ones, managers none.")
    territories: list[Word] = Field(default_factory=list, max_length=100, description="Empty: any.")
    products: list[Word] = Field(default_factory=list, max_length=100, description="Empty: any.")
    capacity: int = Field(default=50, ge=0, le=100_000, description="Most open leads at a time.")
    available: bool = Field(default=True, description="Whether they take leads now.")
    manager_id: UUID | None = Field(default=None, description="Who hears of their overdue tasks.")
    window_capacity: int | None = Field(
        default=None, ge=0, le=100_000, description="Most new leads in a window of days; null: no such limit."
    )
    window_days: int = Field(default=7, ge=1, le=366, description="How many days such a window has.")


class AvailabilityBody(Body):
    available: bool


class AbsenceBody(Body):
    """Days away, by the calendar of UTC."""

    first_day: date = Field(examples=["2025-12-22"])
    last_day: date = Field(examples=["2026-01-02"])


class AbsencesBody(Body):
    absences: list[AbsenceBody] = Field(max_length=100, description="All of them; those that are past are left out.")


class LeaveBody(Body):
    reason: Text = Field(examples=["Moved to marketing"])


class RepView(BaseModel):
    """A person of the roster with their load. `last_turn` counts assignments: the lowest is next."""

    rep_id: UUID
    version: int
    name: str
    email: str
    level: RepLevel
    territories: list[str]
    products: list[str]
    capacity: int
    available: bool
    manager_id: UUID | None
    open_leads: int
    last_turn: int
    window_capacity: int | None = Field(description="Most new leads in a window; null: no such limit.")
    window_days: int | None
    window_until: datetime | None = Field(description="When the next window begins.")
    given: int = Field(description="New leads in the present window; without a limit, since the roster knows them.")
    absences: list[Absence]
    away: bool = Field(description="One of the absences is now.")
    left_at: datetime | None = Field(description="When they left; what they had open is handed over then.")
    left_because: str | None


@routes.put("/reps/{rep_id}")
async def put_rep(rep_id: UUID, body: RepBody, call: Manager, response: Response) -> RepView:
    """List a person on the roster, or change what is listed. Leads that wait are offered to the desk at once."""
    email = address(body.email, "rep.email")
    done = await call.execute(
        PutRep(
            rep_id=rep_id,
            name=body.name,
            email=email,
            level=body.level,
            territories=tuple(body.territories),
            products=tuple(body.products),
            capacity=body.capacity,
            available=body.available,
            manager_id=body.manager_id,
            window_capacity=body.window_capacity,
            window_days=body.window_days,
        )
    )
    call.etag(response, done.version_of(f"rep-{rep_id}"))
    return await _view(call, rep_id)


@routes.post("/reps/{rep_id}/availability")
async def set_availability(rep_id: UUID, body: AvailabilityBody, call: Manager, response: Response) -> RepView:
    """Say whether a rep takes leads now: on leave, back again."""
    done = await call.execute(SetAvailability(rep_id=rep_id, available=body.available))
    call.etag(response, done.version_of(f"rep-{rep_id}"))
    return await _view(call, rep_id)


@routes.put("/reps/{rep_id}/absences")
async def set_absences(rep_id: UUID, body: AbsencesBody, call: Manager, response: Response) -> RepView:
    """A rep's days away. From the first to the last of them they take no leads; waiting leads are offered afterwards."""
    absences = tuple(Absence(first_day=each.first_day, last_day=each.last_day) for each in body.absences)
    done = await call.execute(SetAbsences(rep_id=rep_id, absences=absences))
    call.etag(response, done.version_of(f"rep-{rep_id}"))
    return await _view(call, rep_id)


@routes.post("/reps/{rep_id}/leave")
async def leave(rep_id: UUID, body: LeaveBody, call: Manager, response: Response) -> RepView:
    """The person leaves the roster. Their leads are given to others by the routing rules, or wait; tasks go along.

    A task whose lead is nobody's goes to their manager, and so do their deals. `open_leads` tells how many are left.
    """
    async with call.query() as connection:
        reports = await reports_of(connection, rep_id)
    if reports:
        raise Refused(
            f"{len(reports)} people report to them, {reports[0]} among them; give those another manager first.",
            rule="rep.reports",
        )
    job = hand_over_of(call.new_id("hand over"), rep_id)
    done = await call.execute(LeaveRoster(rep_id=rep_id, reason=body.reason), jobs=[job])
    call.etag(response, done.version_of(f"rep-{rep_id}"))
    return await _view(call, rep_id)


@routes.get("/reps/{rep_id}")
async def read_rep(rep_id: UUID, call: Reader, response: Response) -> RepView:
    """One person of the roster."""
    view = await _view(call, rep_id)
    call.etag(response, view.version)
    return view


@routes.get("/reps")
async def roster(
    call: Reader,
    level: RepLevel | None = None,
    left: Annotated[bool, Query(description="Those who left, instead of those who are there.")] = False,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[RepView]:
    """The roster by name, with each one's open leads."""
    async with call.query() as connection:
        page = await list_reps(connection, level, left, limit=limit, cursor=cursor)
    return Page(items=[_shown(row) for row in page.items], next=page.next)


async def _view(call: Reader, rep_id: UUID) -> RepView:
    async with call.query() as connection:
        row = await rep_row(connection, rep_id)
    if row is None:
        raise NotFound(f"There is nobody with the id {rep_id} on the roster.", rule="rep.unknown")
    return _shown(row)


def _shown(row: Mapping[str, Any]) -> RepView:
    return RepView.model_validate({**row, "absences": row["absences"] or [], "away": bool(row["away"])})
