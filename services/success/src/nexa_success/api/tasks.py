"""The tasks of onboardings over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.success import Priority, TaskStatus
from nexa_success.api.access import Reader, Teammate
from nexa_success.api.bodies import Body, Cursor, Limit, Mine, Text, whose
from nexa_success.onboarding.commands import AddTask, CommentTask, MoveTask, ReassignTask, RescheduleTask
from nexa_success.read_models.onboarding_tasks import comments_on, list_tasks, task_row

routes = APIRouter(tags=["onboarding tasks"])

Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class TaskView(BaseModel):
    """Something to do. `overdue`: the due time passed while it was open; it stays to be seen after it is done late."""

    project_id: UUID
    key: str = Field(description="Names the task within its onboarding.")
    account_id: UUID
    title: str
    priority: Priority
    status: TaskStatus
    owner_id: UUID | None
    due_at: datetime
    overdue: bool
    proved_by: str | None = Field(description="What proves it done, if an event does.")
    completed_at: datetime | None
    completed_by: str | None = Field(description="A person, or the id of the event that proved it done.")
    late: bool | None = Field(description="Done after its due time.")


class CommentView(BaseModel):
    key: str
    text: str
    actor: str
    at: datetime


class NewTaskBody(Body):
    """Something besides the template."""

    title: Title = Field(examples=["Migrate the old price list"])
    due_at: AwareDatetime
    priority: Priority = Priority.NORMAL
    owner_id: UUID | None = Field(default=None, description="Of the roster; the CSM unless given.")


class StatusBody(Body):
    status: TaskStatus = Field(description="to_do, in_progress, blocked or done.")


class OwnerBody(Body):
    owner_id: UUID


class DueBody(Body):
    due_at: AwareDatetime


class CommentBody(Body):
    text: Text = Field(examples=["Waiting for Tom's DNS change"])


@routes.get("/tasks")
async def tasks(
    call: Reader,
    mine: Mine = False,
    owner_id: UUID | None = None,
    project_id: UUID | None = None,
    status: TaskStatus | None = None,
    overdue: Annotated[
        bool | None, Query(description="Only those that are, or are not, open past their due time.")
    ] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[TaskView]:
    """Tasks of all onboardings, the earliest due first."""
    async with call.query() as connection:
        page = await list_tasks(
            connection,
            now=call.now,
            owner_id=await whose(connection, call, mine, owner_id),
            project_id=project_id,
            status=status,
            overdue=overdue,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[TaskView.model_validate(row) for row in page.items], next=page.next)


@routes.post("/onboardings/{project_id}/tasks", status_code=201)
async def add_task(project_id: UUID, body: NewTaskBody, call: Teammate, response: Response) -> TaskView:
    """Add a task to this onboarding."""
    key = f"added_{call.new_id('task').hex[:12]}"
    command = AddTask(
        project_id=project_id,
        key=key,
        title=body.title,
        priority=body.priority,
        owner_id=body.owner_id,
        due_at=body.due_at,
    )
    return await _executed(call, response, project_id, key, command)


@routes.post("/onboardings/{project_id}/tasks/{key}/status")
async def move_task(project_id: UUID, key: str, body: StatusBody, call: Teammate, response: Response) -> TaskView:
    """Move the task on the board; to `done` completes it. The last one done makes the customer live."""
    command = MoveTask(project_id=project_id, key=key, status=body.status, by=call.actor)
    return await _executed(call, response, project_id, key, command)


@routes.post("/onboardings/{project_id}/tasks/{key}/owner")
async def reassign_task(project_id: UUID, key: str, body: OwnerBody, call: Teammate, response: Response) -> TaskView:
    """Somebody else of the roster does it."""
    command = ReassignTask(project_id=project_id, key=key, owner_id=body.owner_id)
    return await _executed(call, response, project_id, key, command)


@routes.post("/onboardings/{project_id}/tasks/{key}/due")
async def reschedule_task(project_id: UUID, key: str, body: DueBody, call: Teammate, response: Response) -> TaskView:
    """The task has another due time, in the future."""
    command = RescheduleTask(project_id=project_id, key=key, due_at=body.due_at)
    return await _executed(call, response, project_id, key, command)


@routes.post("/onboardings/{project_id}/tasks/{key}/comments", status_code=201)
async def comment_task(project_id: UUID, key: str, body: CommentBody, call: Teammate, response: Response) -> TaskView:
    """Say something about the task; internal."""
    command = CommentTask(project_id=project_id, key=key, text=body.text)
    return await _executed(call, response, project_id, key, command)


@routes.get("/onboardings/{project_id}/tasks/{key}/comments")
async def read_comments(
    project_id: UUID, key: str, call: Reader, limit: Limit = None, cursor: Cursor = None
) -> Page[CommentView]:
    """What was said about a task, the latest first."""
    async with call.query() as connection:
        page = await comments_on(connection, project_id, key, limit=limit, cursor=cursor)
    return Page(items=[CommentView.model_validate(row) for row in page.items], next=page.next)


async def _executed(call: Call, response: Response, project_id: UUID, key: str, command: object) -> TaskView:
    done = await call.execute(command)
    call.etag(response, done.version_of(f"onboarding-{project_id}"))
    async with call.query() as connection:
        row = await task_row(connection, project_id, key)
    if row is None:
        raise NotFound(f"The onboarding has no task {key!r}.", rule="task.unknown")
    return TaskView.model_validate(row)
