"""A task of a rep: open until it is done."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import TaskCompleted, TaskCreated, TaskOverdue, TaskReassigned


@dataclass(frozen=True)
class NoTask:
    pass


@dataclass(frozen=True)
class OpenTask:
    lead_id: UUID
    rep_id: UUID
    title: str
    due_at: datetime
    overdue: bool = False


@dataclass(frozen=True)
class DoneTask:
    outcome: str


Task: TypeAlias = NoTask | OpenTask | DoneTask


def evolve(state: Task, event: Event) -> Task:
    match state, event:
        case NoTask(), TaskCreated() as task:
            return OpenTask(task.lead_id, task.rep_id, task.title, task.due_at)
        case OpenTask(), TaskReassigned(rep_id=rep_id):
            return replace(state, rep_id=rep_id)
        case OpenTask(), TaskOverdue():
            return replace(state, overdue=True)
        case OpenTask(), TaskCompleted(outcome=outcome):
            return DoneTask(outcome)
        case _:
            return state
