"""Tasks over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.sales import TaskKind, TaskPriority
from nexa_sales.api.bodies import Body, Cursor, Limit, Mine, Reader, Salesperson, Text, whose
from nexa_sales.assignment.commands import NoteContact
from nexa_sales.read_models.follow_ups_due import list_tasks, task_row
from nexa_sales.read_models.rep_desk import rep_row
from nexa_sales.read_models.where_leads_stand import standing_row
from nexa_sales.task.commands import CompleteTask, GiveTask

routes = APIRouter(tags=["tasks"])

TaskStatus = Literal["open", "done", "all"]


class TaskView(BaseModel):
    """Something to do. `overdue` was recorded when the due time passed while it was open."""

    task_id: UUID
    version: int
    kind: TaskKind
    title: str
    rep_id: UUID
    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None
    priority: TaskPriority
    created_at: datetime
    due_at: datetime
    overdue: bool
    completed_at: datetime | None
    outcome: str | None
    completed_by: str | None = Field(description="A person, or the id of the event that made it unnecessary.")
    found_interest: bool | None = Field(description="Null where nobody said.")
    first_name: str | None = Field(description="Of the lead.")
    last_name: str | None
    company: str | None


class CompleteBody(Body):
    outcome: Text = Field(description="What came of it.", examples=["interested, meets us on Tuesday"])
    found_interest: bool | None = Field(default=None, description="Whether there is interest, if you can tell.")


class NewTaskBody(Body):
    """Something a person wants done about a lead."""

    title: Text = Field(examples=["Send the price list"])
    due_at: AwareDatetime
    rep_id: UUID | None = Field(default=None, description="Who is to do it; the lead's rep unless given.")
    priority: TaskPriority = TaskPriority.NORMAL


@routes.post("/leads/{lead_id}/tasks", status_code=201)
async def create_task(lead_id: UUID, body: NewTaskBody, call: Salesperson, response: Response) -> TaskView:
    """Write down a task of your own. It falls due, and is told as overdue, like any other.

    It goes along when the lead is given to another rep, whoever it is for, and ends when the lead is closed. One for a rep who
    had the lead before goes to whoever has it now.
    """
    async with call.query() as connection:
        standing = await standing_row(connection, lead_id)
        rep_id = body.rep_id or (standing["rep_id"] if standing else None)
        rep = await rep_row(connection, rep_id) if rep_id else None
    if standing is None:
        raise NotFound(f"Sales does not know a lead {lead_id}.", rule="lead.unknown")
    if rep is None or rep["left_at"] is not None:
        raise Refused(
            "Nobody of the roster is named, and the lead has no rep; name one.", rule="task.rep", field="rep_id"
        )
    task_id = call.new_id("task")
    await call.execute(
        GiveTask(
            task_id=task_id,
            kind=TaskKind.OTHER,
            title=body.title,
            rep_id=rep["rep_id"],
            lead_id=lead_id,
            campaign_id=standing["campaign_id"],
            import_id=standing["import_id"],
            priority=body.priority,
            due_at=body.due_at,
        )
    )
    view = await _view(call, task_id)
    call.etag(response, view.version)
    return view


@routes.get("/tasks")
async def tasks(
    call: Reader,
    status: TaskStatus = "open",
    overdue: Annotated[
        bool | None, Query(description="Only those that are, or are not, open past their due time.")
    ] = None,
    mine: Mine = False,
    rep_id: UUID | None = None,
    lead_id: UUID | None = None,
    due_before: AwareDatetime | None = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[TaskView]:
    """What there is to do, the earliest due first."""
    async with call.query() as connection:
        page = await list_tasks(
            connection,
            rep_id=await whose(connection, call, mine, rep_id),
            lead_id=lead_id,
            status=status,
            overdue=overdue,
            due_before=due_before,
            now=call.now,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[TaskView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/tasks/{task_id}")
async def read_task(task_id: UUID, call: Reader, response: Response) -> TaskView:
    """One task."""
    view = await _view(call, task_id)
    call.etag(response, view.version)
    return view


@routes.post("/tasks/{task_id}/complete")
async def complete_task(task_id: UUID, body: CompleteBody, call: Salesperson, response: Response) -> TaskView:
    """The follow-up is done, with this outcome. From now on the lead stays with its rep, whatever its score does."""
    view = await _view(call, task_id)
    done = await call.execute(
        CompleteTask(
            task_id=task_id, outcome=body.outcome, completed_by=call.actor, found_interest=body.found_interest
        ),
        NoteContact(lead_id=view.lead_id),
    )
    call.etag(response, done.version_of(f"task-{task_id}"))
    return await _view(call, task_id)


async def _view(call: Call, task_id: UUID) -> TaskView:
    async with call.query() as connection:
        row = await task_row(connection, task_id)
    if row is None:
        raise NotFound(f"There is no task {task_id}.", rule="task.unknown")
    return TaskView.model_validate(row)
