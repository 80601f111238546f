"""The roster over HTTP."""

from typing import Annotated
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.sales import RepLevel
from nexa_sales.api.paged import Cursor, Limit, Manager, Reader
from nexa_sales.read_models.rep_desk import rep_desk
from nexa_sales.rep.decisions import PutRep

routes = APIRouter(tags=["roster"])


def _address(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None


Address = Annotated[str, AfterValidator(_address)]


class RepBody(BaseModel):
    """A person of the roster, as they are to be."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=200, examples=["Maria Lind"])
    email: Address = Field(description="Where notices go.", examples=["maria.lind@nexa.example"])
    level: RepLevel = Field(
        description="Senior reps get High leads, standard ones Medium; managers are told of overdue tasks."
    )
    territories: list[str] = Field(default=[], description="Territories or countries served; empty: all.")
    products: list[str] = Field(default=[], description="Products sold; empty: all.")
    capacity: int = Field(default=50, ge=0, le=100_000, description="Most open leads at a time.")
    available: bool = True
    manager_id: UUID | None = None


class RepView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    rep_id: UUID
    name: str
    email: str
    level: RepLevel
    territories: list[str]
    products: list[str]
    capacity: int
    available: bool
    manager_id: UUID | None
    open_leads: int = Field(description="Leads this person follows up now.")
    last_turn: int = Field(description="The desk's turn of their latest lead; the lowest is next.")
    version: int


@routes.put("/reps/{rep_id}")
async def put_rep(rep_id: UUID, body: RepBody, call: Manager, response: Response) -> RepView:
    """List a person, or change what is listed. Leads that wait are offered again when it matters."""
    await call.execute(
        PutRep(
            rep_id=rep_id,
            name=body.name,
            email=body.email,
            level=body.level,
            territories=tuple(body.territories),
            products=tuple(body.products),
            capacity=body.capacity,
            available=body.available,
            manager_id=body.manager_id,
        )
    )
    return await get_rep(rep_id, call, response)


@routes.get("/reps/{rep_id}")
async def get_rep(rep_id: UUID, call: Reader, response: Response) -> RepView:
    """One person of the roster."""
    async with call.query() as connection:
        query = select(rep_desk).where(rep_desk.c.rep_id == rep_id, rep_desk.c.level.is_not(None))
        row = (await connection.execute(query)).first()
    if row is None:
        raise NotFound(f"There is nobody {rep_id} on the roster.", rule="rep.unknown")
    call.etag(response, row.version)
    return RepView.model_validate(row)


@routes.get("/reps")
async def list_reps(
    call: Reader, level: RepLevel | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[RepView]:
    """The roster by name, with how much each has open."""
    query = select(rep_desk).where(rep_desk.c.level.is_not(None))
    if level is not None:
        query = query.where(rep_desk.c.level == level.value)
    async with call.query() as connection:
        page = await paginate(connection, query, order=[rep_desk.c.name, rep_desk.c.rep_id], limit=limit, cursor=cursor)
    return Page(items=[RepView.model_validate(row) for row in page.items], next=page.next)
