"""Onboardings, their kickoff and their handoff over HTTP."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from nexa_chassis.domain import NotFound
from nexa_chassis.history import AsOf, facts_of
from nexa_chassis.http.call import Call
from nexa_chassis.http.history import After, AsOfQuery, Change, Since, changes
from nexa_chassis.http.paging import Page
from nexa_chassis.http.problems import Problem
from nexa_chassis.rows_in_memory import rows_after
from nexa_contracts.sales import DealDetails
from nexa_contracts.success import Attendee, Role, TaskStatus
from nexa_contracts.values import Because, Money
from nexa_success.aggregates import onboarding
from nexa_success.api.access import Manager, Reader, Teammate
from nexa_success.api.bodies import Body, Cursor, Limit, Mine, Text, whose
from nexa_success.api.tasks import TaskView
from nexa_success.onboarding import reaching
from nexa_success.onboarding.commands import (
    AcceptHandoff,
    AssignOnboarding,
    CancelKickoff,
    DeclineHandoff,
    HoldKickoff,
    PlanKickoff,
    ReadNote,
)
from nexa_success.onboarding.state import CalledOff, Held, NoKickoff, Planned, Project
from nexa_success.read_models.csm_desk import csm_of_person
from nexa_success.read_models.onboarding_board import (
    Status,
    list_onboardings,
    onboarding_board,
    onboarding_row,
    time_to_live,
)
from nexa_success.read_models.onboarding_tasks import onboarding_tasks, tasks_of

routes = APIRouter(tags=["onboardings"])


class OnboardingView(BaseModel):
    """An onboarding with its progress. `at_risk_because` says why it needs a look, null where it does not."""

    project_id: UUID
    version: int
    account_id: UUID
    account_name: str
    deal_id: UUID
    name: str
    status: Status
    arr: Money
    csm_id: UUID | None
    csm_name: str | None
    specialist_id: UUID | None
    specialist_name: str | None
    specialist_because: Because | None = Field(description="Why this specialist and none of the others, or why nobody.")
    manager_id: UUID | None
    contact_id: UUID
    contact_name: str
    rep_id: UUID | None
    because: Because | None = Field(description="Why this CSM and none of the others.")
    template_version: int
    training_documents: list[str] = Field(description="Listed for the customer.")
    won_at: datetime
    due_on: date
    started_at: datetime
    completed_at: datetime | None
    days: int | None = Field(description="Time to live: days from the won deal until the customer was live.")
    on_time: bool | None
    kickoff_status: Literal["planned", "cancelled", "held"] | None
    kickoff_at: datetime | None
    kickoff_url: str | None
    handoff_status: Literal["offered", "accepted", "declined", "escalated"]
    note_read: bool
    accept_by: datetime
    paused_because: str | None
    cancelled_because: str | None
    tasks: int
    done: int
    overdue: int
    progress: float = Field(description="Share of tasks done, 0 to 1.")
    at_risk_because: str | None


class Column(BaseModel):
    """A column of the board."""

    status: TaskStatus
    tasks: list[TaskView]


class Board(BaseModel):
    onboarding: OnboardingView
    columns: list[Column]


class TimeToLive(BaseModel):
    """Completed onboardings of one CSM."""

    csm_id: UUID | None
    csm_name: str | None
    completed: int
    on_time: int
    median_days: float
    mean_days: Decimal


class KickoffView(BaseModel):
    meeting_id: UUID
    status: Literal["planned", "cancelled", "held"]
    sequence: int = Field(description="Of the calendar entry; rises with each change.")
    title: str
    agenda: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    attendees: list[Attendee]
    join_url: str


class HandoffNoteView(BaseModel):
    """What sales knows of the deal. Reading it was recorded."""

    project_id: UUID
    account_name: str
    deal_name: str
    amount: Money
    details: DealDetails
    rep_id: UUID | None
    note: str = Field(description="What changed, where sales handed it over again.")
    round: int
    readers: list[str] = Field(description="Who has read it.")


class AssignBody(Body):
    csm_id: UUID
    reason: Text = Field(examples=["Nora is on leave"])


class KickoffBody(Body):
    starts_at: AwareDatetime = Field(examples=["2025-11-28T09:00:00Z"])
    minutes: int = Field(default=60, ge=15, le=480)
    reason: Text = Field(description="Told to everybody who is invited.", examples=["Tom is travelling"])


class ReasonBody(Body):
    reason: Text = Field(examples=["No technical contact is named"])


@routes.get("/onboardings")
async def onboardings(
    call: Reader,
    status: Status | None = None,
    mine: Mine = False,
    csm_id: Annotated[UUID | None, Query(description="CSM or specialist.")] = None,
    account_id: UUID | None = None,
    at_risk: bool | None = None,
    unassigned: Annotated[bool, Query(description="Only those that wait for a CSM.")] = False,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[OnboardingView]:
    """Onboardings with their progress, the earliest due first."""
    async with call.query() as connection:
        page = await list_onboardings(
            connection,
            now=call.now,
            status=status,
            csm_id=await whose(connection, call, mine, csm_id),
            account_id=account_id,
            at_risk=at_risk,
            unassigned=unassigned,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[_view(row) for row in page.items], next=page.next)


@routes.get("/onboardings/time-to-live")
async def read_time_to_live(call: Reader, since: AwareDatetime | None = None) -> list[TimeToLive]:
    """How long it took until customers were live, per CSM; of those completed since a time."""
    async with call.query() as connection:
        return [TimeToLive.model_validate(row) for row in await time_to_live(connection, since)]


@routes.get("/onboardings/{project_id}")
async def read_onboarding(project_id: UUID, call: Reader, as_of: AsOfQuery, response: Response) -> OnboardingView:
    """One onboarding, now or as of a time; whether it is at risk is judged for now alone."""
    view = await (_read(call, project_id) if as_of.is_now else _read_as_of(call, project_id, as_of))
    call.etag(response, view.version)
    return view


@routes.get("/onboardings/{project_id}/changes")
async def read_changes(project_id: UUID, call: Reader, since: Since, after: After = 0) -> Page[Change]:
    """What changed about the onboarding, its tasks, kickoff and handoff since a time."""
    await _read(call, project_id)
    return await changes(call, onboarding, f"onboarding-{project_id}", since, after)


@routes.get("/onboardings/{project_id}/board")
async def read_board(project_id: UUID, call: Reader) -> Board:
    """The kanban board of one onboarding: its tasks by status, in the order of the template."""
    async with call.query() as connection:
        row = await onboarding_row(connection, project_id, call.now)
        tasks = [TaskView.model_validate(task) for task in await tasks_of(connection, project_id)]
    if row is None:
        raise _unknown(project_id)
    columns = [Column(status=status, tasks=[task for task in tasks if task.status is status]) for status in TaskStatus]
    return Board(onboarding=_view(row), columns=columns)


@routes.post("/onboardings/{project_id}/assign")
async def assign_onboarding(project_id: UUID, body: AssignBody, call: Manager, response: Response) -> OnboardingView:
    """Give it to another CSM. Their open tasks and the kickoff's invitation go along."""
    command = AssignOnboarding(project_id=project_id, csm_id=body.csm_id, reason=body.reason)
    return await _executed(call, response, project_id, command)


@routes.get("/onboardings/{project_id}/kickoff")
async def read_kickoff(project_id: UUID, call: Reader) -> KickoffView:
    """The kickoff as it is planned, or was."""
    project = await _project(call, project_id)
    match project.kickoff:
        case NoKickoff():
            raise NotFound("The onboarding has no kickoff yet: nobody is responsible for it.", rule="kickoff.none")
        case Planned(meeting=meeting):
            status = "planned"
        case CalledOff(meeting=meeting):
            status = "cancelled"
        case Held(meeting=meeting):
            status = "held"
    return KickoffView.model_validate({**meeting.model_dump(), "status": status})


@routes.post("/onboardings/{project_id}/kickoff/plan")
async def plan_kickoff(project_id: UUID, body: KickoffBody, call: Teammate, response: Response) -> OnboardingView:
    """Move the kickoff, or plan it anew after it was cancelled; everybody gets the calendar entry's update."""
    command = PlanKickoff(project_id=project_id, starts_at=body.starts_at, minutes=body.minutes, reason=body.reason)
    return await _executed(call, response, project_id, command)


@routes.post("/onboardings/{project_id}/kickoff/cancel")
async def cancel_kickoff(project_id: UUID, body: ReasonBody, call: Teammate, response: Response) -> OnboardingView:
    """Call the kickoff off; everybody's calendar entry is cancelled."""
    return await _executed(call, response, project_id, CancelKickoff(project_id=project_id, reason=body.reason))


@routes.post("/onboardings/{project_id}/kickoff/held")
async def hold_kickoff(project_id: UUID, call: Teammate, response: Response) -> OnboardingView:
    """The kickoff took place; the task that waits for it completes itself."""
    return await _executed(call, response, project_id, HoldKickoff(project_id=project_id))


@routes.get("/onboardings/{project_id}/handoff-note")
async def read_note(project_id: UUID, call: Reader) -> HandoffNoteView:
    """What sales handed over. For the CSM and the implementation team alone; that you read it is recorded."""
    project = await _project(call, project_id)
    reader = await _team_member(call, project)
    await call.execute(
        ReadNote(project_id=project_id, reader=reader), key=f"handoff-note-{project_id}-{project.handoff.round}"
    )
    project = await _project(call, project_id)
    note = project.note
    if note is None:
        raise NotFound("The onboarding has no handoff note.", rule="handoff.none")
    return HandoffNoteView(
        project_id=project_id,
        account_name=project.started.account_name,
        deal_name=note.deal_name,
        amount=note.amount,
        details=note.details,
        rep_id=note.rep_id,
        note=note.note,
        round=note.round,
        readers=sorted(project.handoff.readers),
    )


@routes.post("/onboardings/{project_id}/handoff/accept")
async def accept_handoff(project_id: UUID, call: Teammate, response: Response) -> OnboardingView:
    """Take the customer over."""
    await _responsible(call, project_id)
    return await _executed(call, response, project_id, AcceptHandoff(project_id=project_id, by=call.actor))


@routes.post("/onboardings/{project_id}/handoff/decline")
async def decline_handoff(project_id: UUID, body: ReasonBody, call: Teammate, response: Response) -> OnboardingView:
    """Send it back to sales, who hands it over again once what is missing is there."""
    await _responsible(call, project_id)
    command = DeclineHandoff(project_id=project_id, by=call.actor, reason=body.reason)
    return await _executed(call, response, project_id, command)


async def _team_member(call: Call, project: Project) -> str:
    """The caller's subject. Raises 403 unless they are the onboarding's CSM or of the implementation team."""
    async with call.query() as connection:
        person = await csm_of_person(connection, call.actor)
    if person is not None:
        is_csm = project.csm is not None and person["csm_id"] == project.csm.person_id
        if is_csm or person["role"] == Role.SPECIALIST.value:
            return call.actor
    raise _for_the_team("The handoff note is for the onboarding's CSM and the implementation team.")


async def _responsible(call: Call, project_id: UUID) -> None:
    """Raises 403 unless the caller is the onboarding's CSM or a manager of customer success."""
    if "success_manager" in call.roles or "admin" in call.roles:
        return
    project = await _project(call, project_id)
    async with call.query() as connection:
        person = await csm_of_person(connection, call.actor)
    if person is None or project.csm is None or person["csm_id"] != project.csm.person_id:
        raise _for_the_team("The handoff is for the onboarding's CSM to accept or decline.")


def _for_the_team(message: str) -> Problem:
    return Problem(403, message, kind="forbidden", title="Not allowed")


async def _project(call: Call, project_id: UUID) -> Project:
    loaded = await call.runtime.store.load(onboarding, project_id)
    return reaching.of(loaded.state, project_id)


async def _executed(call: Call, response: Response, project_id: UUID, command: object) -> OnboardingView:
    done = await call.execute(command)
    call.etag(response, done.version_of(f"onboarding-{project_id}"))
    return await _read(call, project_id)


async def _read(call: Call, project_id: UUID) -> OnboardingView:
    async with call.query() as connection:
        row = await onboarding_row(connection, project_id, call.now)
    if row is None:
        raise _unknown(project_id)
    return _view(row)


async def _read_as_of(call: Call, project_id: UUID, as_of: AsOf) -> OnboardingView:
    """The same rows, made of the events that count for that time."""
    facts = [fact for fact in await facts_of(call.runtime.store, f"onboarding-{project_id}") if as_of.covers(fact)]
    rows = rows_after(onboarding_board, facts)
    if not rows:
        raise NotFound(f"There was no onboarding {project_id} at that time.", rule="onboarding.unknown")
    at = as_of.happened or as_of.recorded or call.now
    tasks: list[Any] = rows_after(onboarding_tasks, facts)
    counts = {
        "tasks": len(tasks),
        "done": sum(task["done"] for task in tasks),
        "overdue": sum(not task["done"] and task["due_at"] < at for task in tasks),
    }
    return _view({**rows[0], **counts, "at_risk_because": None})


def _view(row: Any) -> OnboardingView:
    progress = round(row["done"] / row["tasks"], 4) if row["tasks"] else 0.0
    arr = {"amount": row["arr"], "currency": row["currency"]}
    return OnboardingView.model_validate({**row, "arr": arr, "progress": progress})


def _unknown(project_id: UUID) -> NotFound:
    return NotFound(
        f"There is no onboarding {project_id}; one begins within seconds after a deal is won.",
        rule="onboarding.unknown",
    )
