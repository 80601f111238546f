"""The roster over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from nexa_chassis.domain import NotFound
from nexa_chassis.http.paging import Page
from nexa_contracts.sales import RepLevel
from nexa_sales.api.bodies import Body, Cursor, Limit, Manager, Reader, address
from nexa_sales.read_models.rep_desk import list_reps, rep_row
from nexa_sales.rep.decisions import PutRep, SetAvailability

routes = APIRouter(tags=["roster"])

Word = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


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


class AvailabilityBody(Body):
    available: bool


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


@routes.get("/reps/{rep_id}")
async def read_rep(rep_id: UUID, call: Reader, response: Response) -> RepView:
    """One person of the roster."""
    view = await _view(call, rep_id)
    call.etag(response, view.version)
    return view


@routes.get("/reps")
async def roster(
    call: Reader, level: RepLevel | None = None, limit: Limit = None, cursor: Cursor = None
) -> Page[RepView]:
    """The roster by name, with each one's open leads."""
    async with call.query() as connection:
        page = await list_reps(connection, level, limit=limit, cursor=cursor)
    return Page(items=[RepView.model_validate(row) for row in page.items], next=page.next)


async def _view(call: Reader, rep_id: UUID) -> RepView:
    async with call.query() as connection:
        row = await rep_row(connection, rep_id)
    if row is None:
        raise NotFound(f"There is nobody with the id {rep_id} on the roster.", rule="rep.unknown")
    return RepView.model_validate(row)
