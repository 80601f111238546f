"""Tasks: made once, handed on with their lead, done, or overdue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    TaskCompleted,
    TaskCreated,
    TaskKind,
    TaskOverdue,
    TaskPriority,
    TaskReassigned,
)
from nexa_sales.task.state import DoneTask, NoTask, OpenTask, Task


@dataclass(frozen=True, kw_only=True)
class CreateTask:
    task_id: UUID
    kind: TaskKind
    title: str
    rep_id: UUID
    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None
    priority: TaskPriority
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class HandOnTask:
    """The lead is another rep's now, so the task is."""

    task_id: UUID
    rep_id: UUID


@dataclass(frozen=True, kw_only=True)
class CompleteTask:
    """A rep says what came of it."""

    task_id: UUID
    outcome: str
    completed_by: str


@dataclass(frozen=True, kw_only=True)
class SettleTask:
    """An event has made the task unnecessary; nothing happens where there is none, or it is done."""

    task_id: UUID
    outcome: str
    event_id: str


@dataclass(frozen=True, kw_only=True)
class MarkOverdue:
    """The due time has come. `manager_id` is whom it is told to."""

    task_id: UUID
    manager_id: UUID | None


Command: TypeAlias = CreateTask | HandOnTask | CompleteTask | SettleTask | MarkOverdue


def decide(command: Command, state: Task, now: datetime) -> Sequence[Event]:
    match command:
        case CreateTask():
            return [_created(command)] if isinstance(state, NoTask) else []
        case HandOnTask(rep_id=rep_id):
            match state:
                case OpenTask(task=task, rep_id=previous) if previous != rep_id:
                    return [
                        TaskReassigned(
                            task_id=task.task_id, lead_id=task.lead_id, rep_id=rep_id, previous_rep_id=previous
                        )
                    ]
                case _:
                    return []
        case CompleteTask():
            return complete(command, state)
        case SettleTask(outcome=outcome, event_id=event_id):
            return [_completed(state, outcome, event_id)] if isinstance(state, OpenTask) else []
        case MarkOverdue(manager_id=manager_id):
            return [_overdue(state, manager_id)] if isinstance(state, OpenTask) and not state.overdue else []
        case _:
            assert_never(command)


def complete(command: CompleteTask, state: Task) -> Sequence[Event]:
    match state:
        case OpenTask():
            return [_completed(state, command.outcome, command.completed_by)]
        case DoneTask(completion=completion) if completion.outcome == command.outcome:
            return []
        case DoneTask(completion=completion):
            raise Refused(f"The task was completed already: {completion.outcome}.", rule="task.completed")
        case NoTask():
            raise NotFound(f"There is no task {command.task_id}.", rule="task.unknown")
        case _:
            assert_never(state)


def _created(command: CreateTask) -> TaskCreated:
    return TaskCreated(
        task_id=command.task_id,
        kind=command.kind,
        title=command.title,
        rep_id=command.rep_id,
        lead_id=command.lead_id,
        campaign_id=command.campaign_id,
        import_id=command.import_id,
        priority=command.priority,
        due_at=command.due_at,
    )


def _completed(state: OpenTask, outcome: str, by: str) -> TaskCompleted:
    return TaskCompleted(
        task_id=state.task.task_id, lead_id=state.task.lead_id, rep_id=state.rep_id, outcome=outcome, completed_by=by
    )


def _overdue(state: OpenTask, manager_id: UUID | None) -> TaskOverdue:
    return TaskOverdue(
        task_id=state.task.task_id,
        lead_id=state.task.lead_id,
        rep_id=state.rep_id,
        manager_id=manager_id,
        title=state.task.title,
        due_at=state.task.due_at,
    )
