"""The roster over HTTP."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.paging import Page
from nexa_contracts.sales import Absence, RepLevel
from nexa_sales.api.bodies import Body, Cursor, Limit, Manager, Reader, Text, Word, address
from nexa_sales.hand_over_leads import hand_over_of
from nexa_sales.read_models.follow_ups_due import open_tasks_of
from nexa_sales.read_models.pipeline_board import deals_to_work_on, how_many_to_work_on
from nexa_sales.read_models.rep_desk import is_on_the_roster, list_reps, rep_row, reports_of
from nexa_sales.rep.commands import LeaveRoster, PutRep, SetAbsences, SetAvailability

routes = APIRouter(tags=["roster"])

MOST_NAMED = 5
"""So many of the deals that nobody would take over are named in a refusal."""


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
    hand_over_to: UUID | None = Field(
        default=None,
        description="Who takes over their deals, and tasks whose lead is nobody's; their manager unless given.",
    )


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
    open_deals: int = Field(description="Deals to work on: open ones, and won ones that customer success returned.")
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

    Deals, and tasks whose lead is nobody's, go to `hand_over_to`, else to the manager; refused where neither is there and
    something would be left with somebody gone. Asked again of a person who left, it hands over what they still have.
    `open_leads` and `open_deals` tell how many are left.
    """
    async with call.query() as connection:
        await _check_reports(connection, rep_id)
        await _check_heir(connection, rep_id, body.hand_over_to)
    job = hand_over_of(call.new_id("hand over"), rep_id, body.hand_over_to)
    done = await call.execute(LeaveRoster(rep_id=rep_id, reason=body.reason), jobs=[job])
    call.etag(response, done.version_of(f"rep-{rep_id}"))
    return await _view(call, rep_id)


async def _check_reports(connection: AsyncConnection, rep_id: UUID) -> None:
    reports = await reports_of(connection, rep_id)
    if reports:
        raise Refused(
            f"{len(reports)} people report to them, {reports[0]} among them; give those another manager first.",
            rule="rep.reports",
        )


async def _check_heir(connection: AsyncConnection, rep_id: UUID, named: UUID | None) -> None:
    """Raises Refused where whoever is to take over is not there, and where nobody is and there is something to take over."""
    rep = await rep_row(connection, rep_id)
    heir_id = named or (rep["manager_id"] if rep else None)
    if heir_id is not None and heir_id != rep_id and await is_on_the_roster(connection, heir_id):
        return
    if named is not None:
        raise Refused(f"Nobody else with the id {named} is on the roster.", rule="rep.heir", field="hand_over_to")
    deals = await deals_to_work_on(connection, rep_id, MOST_NAMED + 1)
    tasks = await open_tasks_of(connection, rep_id)
    if deals or tasks:
        names = [*deals.values()][:MOST_NAMED] + (["and more"] if len(deals) > MOST_NAMED else [])
        raise Refused(
            f"Nobody would have their deals ({', '.join(names) or 'none'}) and open tasks ({tasks}), since no manager of theirs"
            f" is on the roster. Name who takes over; /deals?rep_id={rep_id} and /tasks?rep_id={rep_id} list what there is.",
            rule="rep.heir",
            field="hand_over_to",
        )


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
        deals = await how_many_to_work_on(connection, [row["rep_id"] for row in page.items])
    return Page(items=[_shown(row, deals) for row in page.items], next=page.next)


async def _view(call: Reader, rep_id: UUID) -> RepView:
    async with call.query() as connection:
        row = await rep_row(connection, rep_id)
        deals = await how_many_to_work_on(connection, [rep_id])
    if row is None:
        raise NotFound(f"There is nobody with the id {rep_id} on the roster.", rule="rep.unknown")
    return _shown(row, deals)


def _shown(row: Mapping[str, Any], deals: Mapping[UUID, int]) -> RepView:
    told = {"absences": row["absences"] or [], "away": bool(row["away"]), "open_deals": deals.get(row["rep_id"], 0)}
    return RepView.model_validate({**row, **told})
