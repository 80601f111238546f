"""What has each rep to do, by when, and what is overdue?"""

from collections.abc import Iterator

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, text

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import TaskCompleted, TaskCreated, TaskOverdue, TaskReassigned
from nexa_sales.tables import metadata

tasks = Table(
    "tasks",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("kind", Text),
    Column("title", Text),
    Column("rep_id", Uuid),
    Column("lead_id", Uuid),
    Column("campaign_id", Uuid),
    Column("priority", Text),
    Column("due_at", DateTime(timezone=True)),
    Column("status", Text),
    Column("overdue", Boolean, server_default=text("false")),
    Column("outcome", Text),
    Column("completed_by", Text),
    Column("completed_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True)),
    Column("version", Integer),
    Index("tasks_by_rep", "rep_id", "status", "due_at"),
    Index("tasks_by_lead", "lead_id"),
    Index("tasks_by_due", "due_at", "task_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TaskCreated() as task:
            yield Put(
                tasks,
                {"task_id": task.task_id},
                {
                    "kind": task.kind.value,
                    "title": task.title,
                    "rep_id": task.rep_id,
                    "lead_id": task.lead_id,
                    "campaign_id": task.campaign_id,
                    "priority": task.priority.value,
                    "due_at": task.due_at,
                    "status": "open",
                    "created_at": fact.time,
                    "version": fact.version,
                },
            )
        case TaskReassigned(task_id=task_id, rep_id=rep_id):
            yield Put(tasks, {"task_id": task_id}, {"rep_id": rep_id, "version": fact.version})
        case TaskOverdue(task_id=task_id):
            yield Put(tasks, {"task_id": task_id}, {"overdue": True, "version": fact.version})
        case TaskCompleted(task_id=task_id, outcome=outcome, completed_by=by):
            done = {"status": "done", "outcome": outcome, "completed_by": by, "completed_at": fact.time}
            yield Put(tasks, {"task_id": task_id}, {**done, "version": fact.version})


model = ReadModel(
    name="follow_ups_due",
    tables=(tasks,),
    on=(TaskCreated, TaskReassigned, TaskOverdue, TaskCompleted),
    project=project,
)
