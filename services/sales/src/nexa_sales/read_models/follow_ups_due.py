"""What has each rep to do, by when, and what is overdue?"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Select, Table, Text, Uuid, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import TaskCompleted, TaskCreated, TaskOverdue, TaskReassigned
from nexa_sales.read_models.lead_profile import lead_profiles
from nexa_sales.tables import metadata

tasks = Table(
    "tasks",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("kind", Text),
    Column("title", Text),
    Column("rep_id", Uuid),
    Column("lead_id", Uuid),
    Column("campaign_id", Uuid),
    Column("import_id", Uuid),
    Column("priority", Text),
    Column("created_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True)),
    Column("overdue", Boolean),
    Column("completed_at", DateTime(timezone=True)),
    Column("outcome", Text),
    Column("completed_by", Text),
    Column("found_interest", Boolean),
    Index("tasks_due_idx", "due_at", "task_id"),
    Index("tasks_rep_idx", "rep_id", "due_at", "task_id"),
    Index("tasks_lead_idx", "lead_id"),
    Index("tasks_open_idx", "due_at", "task_id", postgresql_where=text("completed_at is null")),
    Index("tasks_open_rep_idx", "rep_id", "due_at", "task_id", postgresql_where=text("completed_at is null")),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TaskCreated() as task:
            given = {
                "kind": task.kind.value,
                "title": task.title,
                "rep_id": task.rep_id,
                "lead_id": task.lead_id,
                "campaign_id": task.campaign_id,
                "import_id": task.import_id,
                "priority": task.priority.value,
                "created_at": fact.time,
                "due_at": task.due_at,
                "overdue": False,
            }
            yield Put(tasks, {"task_id": task.task_id}, {"version": fact.version, **given})
        case TaskReassigned(task_id=task_id, rep_id=rep_id):
            yield Put(tasks, {"task_id": task_id}, {"version": fact.version, "rep_id": rep_id})
        case TaskOverdue(task_id=task_id):
            yield Put(tasks, {"task_id": task_id}, {"version": fact.version, "overdue": True})
        case TaskCompleted(task_id=task_id, outcome=outcome, completed_by=by, found_interest=interest):
            done = {"completed_at": fact.time, "outcome": outcome, "completed_by": by, "found_interest": interest}
            yield Put(tasks, {"task_id": task_id}, {"version": fact.version, **done})
        case _:
            return


follow_ups_due = ReadModel(
    name="follow_ups_due",
    tables=(tasks,),
    on=(TaskCreated, TaskReassigned, TaskOverdue, TaskCompleted),
    project=project,
)


def _with_person() -> Select[Any]:
    person = lead_profiles.c
    return select(tasks, person.first_name, person.last_name, person.company).outerjoin(
        lead_profiles, person.lead_id == tasks.c.lead_id
    )


async def list_tasks(
    connection: AsyncConnection,
    *,
    rep_id: UUID | None,
    lead_id: UUID | None,
    status: str,
    overdue: bool | None,
    due_before: datetime | None,
    now: datetime,
    limit: int | None,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """Tasks by due time; `status` is open, done or all, an open one is `overdue` from its due time on."""
    query = _with_person()
    if status == "open":
        query = query.where(tasks.c.completed_at.is_(None))
    if overdue is not None:
        late = tasks.c.completed_at.is_(None) & (tasks.c.due_at <= now)
        query = query.where(late if overdue else ~late)
    if status == "done":
        query = query.where(tasks.c.completed_at.is_not(None))
    if rep_id is not None:
        query = query.where(tasks.c.rep_id == rep_id)
    if lead_id is not None:
        query = query.where(tasks.c.lead_id == lead_id)
    if due_before is not None:
        query = query.where(tasks.c.due_at < due_before)
    return await paginate(connection, query, order=[tasks.c.due_at, tasks.c.task_id], limit=limit, cursor=cursor)


async def task_row(connection: AsyncConnection, task_id: UUID) -> Mapping[str, Any] | None:
    row = (await connection.execute(_with_person().where(tasks.c.task_id == task_id))).mappings().one_or_none()
    return None if row is None else dict(row)


async def open_tasks_of(connection: AsyncConnection, rep_id: UUID) -> int:
    """How many tasks a rep has yet to do."""
    mine = select(func.count()).where(tasks.c.rep_id == rep_id, tasks.c.completed_at.is_(None))
    return (await connection.execute(mine)).scalar_one()
