"""Tasks over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.sales import TaskKind, TaskPriority
from nexa_sales.api.paged import Cursor, Limit, Reader, Seller
from nexa_sales.read_models.follow_ups_due import tasks
from nexa_sales.task.decisions import CompleteTask

routes = APIRouter(tags=["tasks"])


class TaskView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    task_id: UUID
    kind: TaskKind
    title: str
    rep_id: UUID
    lead_id: UUID
    campaign_id: UUID
    priority: TaskPriority
    due_at: datetime
    status: Literal["open", "done"]
    overdue: bool
    outcome: str | None
    completed_by: str | None
    completed_at: datetime | None
    created_at: datetime
    version: int


class CompleteBody(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    outcome: str = Field(min_length=1, max_length=2_000, examples=["Reached, wants a demo"])


class TaskCount(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    kind: TaskKind
    priority: TaskPriority
    status: Literal["open", "done"]
    overdue: bool
    count: int
    first_due_at: datetime
    last_due_at: datetime


@routes.get("/tasks")
async def list_tasks(
    call: Reader,
    rep_id: UUID | None = None,
    lead_id: UUID | None = None,
    status: Literal["open", "done"] | None = None,
    overdue: bool | None = None,
    due_before: Annotated[datetime | None, Query(description="Only tasks due before this time.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TaskView]:
    """Tasks, the earliest due first."""
    query = select(tasks)
    for name, wanted in (("rep_id", rep_id), ("lead_id", lead_id), ("status", status), ("overdue", overdue)):
        if wanted is not None:
            query = query.where(tasks.c[name] == wanted)
    if due_before is not None:
        query = query.where(tasks.c.due_at < due_before)
    async with call.query() as connection:
        page = await paginate(connection, query, order=[tasks.c.due_at, tasks.c.task_id], limit=limit, cursor=cursor)
    return Page(items=[TaskView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/tasks/counts")
async def count_tasks(call: Reader, campaign_id: UUID | None = None) -> list[TaskCount]:
    """How many tasks of each kind there are, open, done and overdue, and when they are due."""
    group = (tasks.c.kind, tasks.c.priority, tasks.c.status, tasks.c.overdue)
    figures = (
        func.count().label("count"),
        func.min(tasks.c.due_at).label("first_due_at"),
        func.max(tasks.c.due_at).label("last_due_at"),
    )
    query = select(*group, *figures).group_by(*group).order_by(*group)
    if campaign_id is not None:
        query = query.where(tasks.c.campaign_id == campaign_id)
    async with call.query() as connection:
        return [TaskCount.model_validate(row) for row in await connection.execute(query)]


@routes.get("/tasks/{task_id}")
async def get_task(task_id: UUID, call: Reader, response: Response) -> TaskView:
    """One task."""
    async with call.query() as connection:
        row = (await connection.execute(select(tasks).where(tasks.c.task_id == task_id))).first()
    if row is None:
        raise NotFound(f"There is no task {task_id}.", rule="task.unknown")
    call.etag(response, row.version)
    return TaskView.model_validate(row)


@routes.post("/tasks/{task_id}/complete")
async def complete_task(task_id: UUID, body: CompleteBody, call: Seller, response: Response) -> TaskView:
    """Say what came of a task. The lead counts as worked from then on and is not moved to another rep by a new score."""
    await call.execute(CompleteTask(task_id=task_id, outcome=body.outcome, completed_by=call.actor))
    return await get_task(task_id, call, response)
