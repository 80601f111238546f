"""Tasks: given once, handed on with their lead, done, or overdue."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.sales import TaskCompleted, TaskCreated, TaskOverdue, TaskReassigned
from nexa_sales.task.commands import Command, CompleteTask, GiveTask, MarkOverdue, MoveTask, SettleTask
from nexa_sales.task.state import DoneTask, NoTask, OpenTask, Task

Managers: TypeAlias = Mapping[UUID, UUID | None]
"""To whom each person of the roster reports."""


def decide(command: Command, state: Task, now: datetime, managers: Managers) -> Sequence[Event]:
    match command:
        case GiveTask():
            return give(command, state)
        case MoveTask():
            return move(command, state)
        case CompleteTask():
            return complete(command, state)
        case SettleTask(task_id=task_id, outcome=outcome, event_id=event_id):
            return [_completed(task_id, state, outcome, event_id)] if isinstance(state, OpenTask) else []
        case MarkOverdue(task_id=task_id):
            if isinstance(state, OpenTask) and not state.overdue:
                return [_overdue(task_id, state, managers.get(state.rep_id))]
            return []
        case _:
            assert_never(command)


def give(command: GiveTask, state: Task) -> Sequence[Event]:
    match state:
        case NoTask():
            return [
                TaskCreated(
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
            ]
        case OpenTask(lead_id=lead_id, rep_id=previous) if previous != command.rep_id:
            moved = TaskReassigned(
                task_id=command.task_id, lead_id=lead_id, rep_id=command.rep_id, previous_rep_id=previous
            )
            return [moved]
        case OpenTask() | DoneTask():
            return []
        case _:
            assert_never(state)


def move(command: MoveTask, state: Task) -> Sequence[Event]:
    match state:
        case OpenTask(lead_id=lead_id, rep_id=previous) if previous != command.rep_id:
            moved = TaskReassigned(
                task_id=command.task_id,
                lead_id=lead_id,
                rep_id=command.rep_id,
                previous_rep_id=previous,
                reason=command.reason,
            )
            return [moved]
        case _:
            return []


def complete(command: CompleteTask, state: Task) -> Sequence[Event]:
    match state:
        case OpenTask():
            return [_completed(command.task_id, state, command.outcome, command.completed_by, command.found_interest)]
        case DoneTask(outcome=outcome):
            raise Refused(f"The task is done already: {outcome}.", rule="task.completed")
        case NoTask():
            raise NotFound(f"There is no task {command.task_id}.", rule="task.unknown")
        case _:
            assert_never(state)


def _completed(
    task_id: UUID, state: OpenTask, outcome: str, by: str, found_interest: bool | None = None
) -> TaskCompleted:
    return TaskCompleted(
        task_id=task_id,
        lead_id=state.lead_id,
        rep_id=state.rep_id,
        outcome=outcome,
        completed_by=by,
        found_interest=found_interest,
    )


def _overdue(task_id: UUID, state: OpenTask, manager_id: UUID | None) -> TaskOverdue:
    return TaskOverdue(
        task_id=task_id,
        lead_id=state.lead_id,
        rep_id=state.rep_id,
        manager_id=manager_id,
        title=state.title,
        due_at=state.due_at,
    )
