"""The roster over HTTP, and what each person has to do."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.success import Absence
from nexa_contracts.support import AgentLevel, Shift, SupportRole
from nexa_support.agent.decisions import PutAgent, SetAvailability
from nexa_support.agent.shifts import Hours
from nexa_support.api.access import Manager, Reader
from nexa_support.api.bodies import Body, Cursor, Limit, Word, address, who
from nexa_support.api.ticket_view import TicketView
from nexa_support.read_models.agent_desk import agent_row, list_agents
from nexa_support.read_models.finding_tickets import list_tickets

routes = APIRouter(tags=["roster"])

Language = Annotated[str, Field(pattern="^[a-z]{2}$")]


class AgentBody(Body):
    """A person of the roster, as they are to be."""

    name: Word = Field(examples=["Lea Brandt"])
    email: Word = Field(examples=["lea.brandt@nexa.example"])
    role: SupportRole = Field(default=SupportRole.AGENT, description="Tickets are given to agents alone.")
    level: AgentLevel = Field(default=AgentLevel.STANDARD, description="Bugs of high priority go to senior agents.")
    skills: list[Word] = Field(default_factory=list, max_length=100, description="Keys of features they know.")
    languages: list[Language] = Field(default=["en"], min_length=1, max_length=30, description="ISO 639-1.")
    capacity: int = Field(default=20, ge=0, le=100_000, description="Most open tickets at a time.")
    available: bool = Field(default=True, description="Whether they take new tickets now.")
    manager_id: UUID | None = Field(default=None, description="Who hears of what they do not get done.")
    time_zone: Word = Field(default="UTC", description="IANA name.", examples=["Europe/Berlin"])
    shifts: list[Shift] = Field(default_factory=list, max_length=50, description="Several a day; none: always.")
    absences: list[Absence] = Field(default_factory=list, max_length=200, description="First and last day away.")


class AvailabilityBody(Body):
    available: bool


class AgentView(BaseModel):
    """A person of the roster with their load. `last_turn` counts assignments: the lowest is next."""

    agent_id: UUID
    version: int
    name: str
    email: str
    role: SupportRole
    level: AgentLevel
    skills: list[str]
    languages: list[str]
    capacity: int
    available: bool
    manager_id: UUID | None
    time_zone: str
    shifts: list[Shift]
    absences: list[Absence]
    open_tickets: int
    last_turn: int


class DeskView(BaseModel):
    """What a person has on their desk."""

    agent: AgentView
    in_shift: bool = Field(description="Whether they work now.")
    next_shift_at: datetime | None = Field(description="When they begin to work next, within 60 days.")
    tickets: list[TicketView] = Field(description="Their open tickets, the newest first.")
    next: str | None = Field(description="Send it as `cursor` to get the next page.")


@routes.put("/agents/{agent_id}")
async def put_agent(agent_id: UUID, body: AgentBody, call: Manager, response: Response) -> AgentView:
    """List a person, or change what is listed."""
    command = PutAgent(
        agent_id=agent_id,
        name=body.name,
        email=address(body.email, "agent.email"),
        role=body.role,
        level=body.level,
        skills=tuple(sorted(set(body.skills))),
        languages=tuple(sorted(set(body.languages))),
        capacity=body.capacity,
        available=body.available,
        manager_id=body.manager_id,
        time_zone=body.time_zone,
        shifts=tuple(sorted(body.shifts, key=lambda shift: (shift.weekday, shift.begins))),
        absences=tuple(body.absences),
    )
    done = await call.execute(command)
    call.etag(response, done.version_of(f"agent-{agent_id}"))
    return await _view(call, agent_id)


@routes.post("/agents/{agent_id}/availability")
async def set_availability(agent_id: UUID, body: AvailabilityBody, call: Manager, response: Response) -> AgentView:
    """Whether the person takes new tickets now."""
    done = await call.execute(SetAvailability(agent_id=agent_id, available=body.available))
    call.etag(response, done.version_of(f"agent-{agent_id}"))
    return await _view(call, agent_id)


@routes.get("/agents")
async def agents(
    call: Reader,
    role: Annotated[SupportRole | None, Query(description="Only people of this role.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[AgentView]:
    """The roster by name, with loads."""
    async with call.query() as connection:
        page = await list_agents(connection, role, limit=limit, cursor=cursor)
    return Page(items=[AgentView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/agents/me/tickets")
async def my_tickets(call: Reader, limit: Limit = None, cursor: Cursor = None) -> DeskView:
    """The caller's own desk: the token's subject is the id or e-mail address of the roster."""
    person = await who(call)
    if person is None:
        raise Refused(
            f"{call.actor} is nobody of the roster; use a token whose subject is the id or e-mail address of one.",
            rule="agent.nobody",
        )
    return await _desk(call, person.agent_id, limit, cursor)


@routes.get("/agents/{agent_id}")
async def read_agent(agent_id: UUID, call: Reader, response: Response) -> AgentView:
    """One person of the roster."""
    view = await _view(call, agent_id)
    call.etag(response, view.version)
    return view


@routes.get("/agents/{agent_id}/desk")
async def read_desk(agent_id: UUID, call: Reader, limit: Limit = None, cursor: Cursor = None) -> DeskView:
    """What a person has to do, and when they work."""
    return await _desk(call, agent_id, limit, cursor)


async def _desk(call: Call, agent_id: UUID, limit: int | None, cursor: str | None) -> DeskView:
    person = await _view(call, agent_id)
    hours = Hours(person.time_zone, tuple(person.shifts), tuple(person.absences))
    async with call.query() as connection:
        page = await list_tickets(connection, agent_id=agent_id, unsettled=True, limit=limit, cursor=cursor)
    return DeskView(
        agent=person,
        in_shift=hours.is_in_shift(call.now) and not hours.is_away(call.now),
        next_shift_at=hours.next_begin(call.now),
        tickets=[TicketView.model_validate(row) for row in page.items],
        next=page.next,
    )


async def _view(call: Call, agent_id: UUID) -> AgentView:
    async with call.query() as connection:
        row = await agent_row(connection, agent_id)
    if row is None:
        raise NotFound(f"There is nobody with the id {agent_id} on the roster.", rule="agent.unknown")
    return AgentView.model_validate(row)
