"""A task of a rep: open until it is done."""

from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import TaskCompleted, TaskCreated, TaskOverdue, TaskReassigned


@dataclass(frozen=True)
class NoTask:
    pass


@dataclass(frozen=True)
class OpenTask:
    task: TaskCreated
    rep_id: UUID
    overdue: bool = False


@dataclass(frozen=True)
class DoneTask:
    completion: TaskCompleted


Task: TypeAlias = NoTask | OpenTask | DoneTask


def evolve(state: Task, event: Event) -> Task:
    match state, event:
        case NoTask(), TaskCreated() as task:
            return OpenTask(task, task.rep_id)
        case OpenTask(), TaskReassigned(rep_id=rep_id):
            return replace(state, rep_id=rep_id)
        case OpenTask(), TaskOverdue():
            return replace(state, overdue=True)
        case OpenTask(), TaskCompleted() as completion:
            return DoneTask(completion)
        case _:
            return state
