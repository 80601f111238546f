"""What is there to do in the onboardings, by whom and until when, and what was said about it?"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel, Remove
from nexa_contracts.success import (
    OnboardingCancelled,
    OnboardingResumed,
    TaskCommented,
    TaskCompleted,
    TaskCreated,
    TaskMoved,
    TaskOverdue,
    TaskReassigned,
    TaskRescheduled,
    TaskStatus,
)
from nexa_success.tables import metadata

tasks = Table(
    "onboarding_tasks",
    metadata,
    Column("project_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("account_id", Uuid),
    Column("title", Text),
    Column("priority", Text),
    Column("status", Text),
    Column("done", Boolean),
    Column("owner_id", Uuid),
    Column("proved_by", Text),
    Column("created_at", DateTime(timezone=True)),
    Column("position", Integer),
    Column("due_at", DateTime(timezone=True)),
    Column("overdue", Boolean),
    Column("completed_at", DateTime(timezone=True)),
    Column("completed_by", Text),
    Column("late", Boolean),
    Index("onboarding_tasks_owner_idx", "owner_id", "done", "due_at"),
    Index("onboarding_tasks_due_idx", "due_at", "project_id", "key"),
)

comments = Table(
    "onboarding_task_comments",
    metadata,
    Column("project_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("key", Text),
    Column("text", Text),
    Column("actor", Text),
    Column("at", DateTime(timezone=True)),
)

cancelled = Table("cancelled_onboardings", metadata, Column("project_id", Uuid, primary_key=True))


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TaskCommented() as comment:
            yield Put(
                comments,
                {"project_id": comment.project_id, "version": fact.version},
                {"key": comment.key, "text": comment.text, "actor": fact.actor, "at": fact.time},
            )
        case (
            TaskCreated() | TaskMoved() | TaskReassigned() | TaskRescheduled() | TaskCompleted() | TaskOverdue() as task
        ):
            yield Put(tasks, {"project_id": task.project_id, "key": task.key}, _changed(fact))
        case OnboardingCancelled(project_id=project_id):
            yield Put(cancelled, {"project_id": project_id})
        case OnboardingResumed(project_id=project_id):
            yield Remove(cancelled, {"project_id": project_id})
        case _:
            return


def _changed(fact: Recorded) -> dict[str, object]:
    match fact.event:
        case TaskCreated() as task:
            return {
                "account_id": task.account_id,
                "title": task.title,
                "priority": task.priority.value,
                "status": TaskStatus.TO_DO.value,
                "done": False,
                "owner_id": task.owner_id,
                "proved_by": task.proved_by,
                "created_at": fact.time,
                "position": fact.version,
                "due_at": task.due_at,
                "overdue": False,
            }
        case TaskMoved(status=status):
            return {"status": status.value}
        case TaskReassigned(owner_id=owner_id):
            return {"owner_id": owner_id}
        case TaskRescheduled(due_at=due_at):
            return {"due_at": due_at, "overdue": False}
        case TaskCompleted(completed_by=by, late=late):
            done = {"status": TaskStatus.DONE.value, "done": True, "completed_by": by}
            return {**done, "late": late, "completed_at": fact.time}
        case TaskOverdue():
            return {"overdue": True}
        case _:
            return {}


onboarding_tasks = ReadModel(
    name="onboarding_tasks",
    tables=(tasks, comments, cancelled),
    on=(
        TaskCreated,
        TaskMoved,
        TaskReassigned,
        TaskRescheduled,
        TaskCommented,
        TaskCompleted,
        TaskOverdue,
        OnboardingCancelled,
        OnboardingResumed,
    ),
    project=project,
)


async def list_tasks(
    connection: AsyncConnection,
    *,
    now: datetime,
    owner_id: UUID | None = None,
    project_id: UUID | None = None,
    status: TaskStatus | None = None,
    overdue: bool | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[dict[str, Any]]:
    """Tasks, the earliest due first; those of a cancelled onboarding only where they are asked for by it."""
    query = select(tasks)
    if project_id is None:
        query = query.where(tasks.c.project_id.not_in(select(cancelled.c.project_id)))
    for name, value in (("owner_id", owner_id), ("project_id", project_id), ("status", status and status.value)):
        if value is not None:
            query = query.where(tasks.c[name] == value)
    if overdue is not None:
        late = (tasks.c.due_at < now) & tasks.c.done.is_not(True)
        query = query.where(late if overdue else ~late)
    order = [tasks.c.due_at, tasks.c.project_id, tasks.c.key]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def tasks_of(connection: AsyncConnection, project_id: UUID) -> list[Mapping[str, Any]]:
    """All tasks of an onboarding in the order of its template; those added later last."""
    query = select(tasks).where(tasks.c.project_id == project_id).order_by(tasks.c.position)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def task_row(connection: AsyncConnection, project_id: UUID, key: str) -> Mapping[str, Any] | None:
    query = select(tasks).where(tasks.c.project_id == project_id, tasks.c.key == key)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)


async def comments_on(
    connection: AsyncConnection, project_id: UUID, key: str, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """What was said about a task, the latest first."""
    query = select(comments).where(comments.c.project_id == project_id, comments.c.key == key)
    return await paginate(connection, query, order=[comments.c.version.desc()], limit=limit, cursor=cursor)
