"""The roster over HTTP."""

from typing import Annotated
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.success import Absence, Role
from nexa_success.api.access import Manager, Reader
from nexa_success.api.bodies import Body, Cursor, Limit
from nexa_success.csm.decisions import PutCsm, SetAvailability
from nexa_success.read_models.csm_desk import csm_row, list_csms

routes = APIRouter(tags=["roster"])

Word = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Weekday = Annotated[int, Field(ge=0, le=6)]


class CsmBody(Body):
    """A person of the roster, as they are to be."""

    name: Word = Field(examples=["Nora Vance"])
    email: Word = Field(examples=["nora.vance@nexa.example"])
    role: Role = Field(default=Role.CSM, description="Managers hear of what nobody took up.")
    capacity: int = Field(default=15, ge=0, le=100_000, description="Most open onboardings at a time.")
    available: bool = Field(default=True, description="Whether they take new customers now.")
    manager_id: UUID | None = Field(default=None, description="Who hears of what they do not take up.")
    time_zone: Word = Field(default="UTC", description="IANA name.", examples=["Europe/Berlin"])
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$", description="For public holidays; without: none.")
    working_days: list[Weekday] = Field(
        default=[0, 1, 2, 3, 4], min_length=1, max_length=7, description="Monday is 0, Sunday 6."
    )
    absences: list[Absence] = Field(default_factory=list, max_length=200, description="First and last day away.")


class AvailabilityBody(Body):
    available: bool


class CsmView(BaseModel):
    """A person of the roster with their load. `last_turn` counts assignments: the lowest is next."""

    csm_id: UUID
    version: int
    name: str
    email: str
    role: Role
    capacity: int
    available: bool
    manager_id: UUID | None
    time_zone: str
    country: str | None
    working_days: list[int]
    absences: list[Absence]
    open_onboardings: int
    last_turn: int


@routes.put("/csms/{csm_id}")
async def put_csm(csm_id: UUID, body: CsmBody, call: Manager, response: Response) -> CsmView:
    """List a person, or change what is listed."""
    try:
        email = validate_email(body.email, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise Refused(f"{body.email!r} is no e-mail address: {error}", rule="csm.email", field="email") from None
    command = PutCsm(
        csm_id=csm_id,
        name=body.name,
        email=email,
        role=body.role,
        capacity=body.capacity,
        available=body.available,
        manager_id=body.manager_id,
        time_zone=body.time_zone,
        country=body.country,
        working_days=tuple(sorted(set(body.working_days))),
        absences=tuple(body.absences),
    )
    done = await call.execute(command)
    call.etag(response, done.version_of(f"csm-{csm_id}"))
    return await _view(call, csm_id)


@routes.post("/csms/{csm_id}/availability")
async def set_availability(csm_id: UUID, body: AvailabilityBody, call: Manager, response: Response) -> CsmView:
    """Whether the person takes new customers now."""
    done = await call.execute(SetAvailability(csm_id=csm_id, available=body.available))
    call.etag(response, done.version_of(f"csm-{csm_id}"))
    return await _view(call, csm_id)


@routes.get("/csms")
async def csms(call: Reader, role: Role | None = None, limit: Limit = None, cursor: Cursor = None) -> Page[CsmView]:
    """The roster by name, with loads."""
    async with call.query() as connection:
        page = await list_csms(connection, role, limit=limit, cursor=cursor)
    return Page(items=[CsmView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/csms/{csm_id}")
async def read_csm(csm_id: UUID, call: Reader, response: Response) -> CsmView:
    """One person of the roster."""
    view = await _view(call, csm_id)
    call.etag(response, view.version)
    return view


async def _view(call: Call, csm_id: UUID) -> CsmView:
    async with call.query() as connection:
        row = await csm_row(connection, csm_id)
    if row is None:
        raise NotFound(f"There is nobody with the id {csm_id} on the roster.", rule="csm.unknown")
    return CsmView.model_validate(row)
