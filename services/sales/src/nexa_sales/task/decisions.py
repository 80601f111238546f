"""Tasks: given once, handed on with their lead, done, or overdue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.sales import FollowUpRecorded, TaskCompleted, TaskCreated, TaskKind, TaskOverdue, TaskReassigned
from nexa_sales.task.commands import (
    Command,
    CompleteTask,
    GiveTask,
    MarkOverdue,
    MoveTask,
    SettleTask,
    TakeNextStep,
    TakeOver,
)
from nexa_sales.task.state import DoneTask, NoTask, OpenTask, Task


@dataclass(frozen=True)
class Surroundings:
    """To whom each person of the roster reports, and what there is of a lead.

    `recorded` are the follow-ups that are recorded in the same transaction, `open_tasks` the tasks of leads to be taken over.
    """

    managers: Mapping[UUID, UUID | None]
    recorded: Mapping[UUID, FollowUpRecorded] = field(default_factory=dict)
    open_tasks: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)


def decide(command: Command, state: Task, now: datetime, around: Surroundings) -> Sequence[Event]:
    match command:
        case GiveTask():
            return give(command, state)
        case TakeNextStep():
            return take_next_step(command, state, around.recorded)
        case TakeOver():
            return take_over(command, state, around)
        case MoveTask():
            return move(command, state)
        case CompleteTask():
            return complete(command, state)
        case SettleTask(task_id=task_id, outcome=outcome, event_id=event_id):
            return [_completed(task_id, state, outcome, event_id)] if isinstance(state, OpenTask) else []
        case MarkOverdue(task_id=task_id):
            if isinstance(state, OpenTask) and not state.overdue:
                return [_overdue(task_id, state, around.managers.get(state.rep_id))]
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


def take_next_step(command: TakeNextStep, state: Task, recorded: Mapping[UUID, FollowUpRecorded]) -> Sequence[Event]:
    follow_up = recorded.get(command.lead_id)
    if follow_up is None:
        raise Refused("A next step is taken together with recording the follow-up.", rule="task.next_step")
    step = follow_up.next_step
    given = GiveTask(
        task_id=command.task_id,
        kind=TaskKind.OTHER,
        title=step.title,
        rep_id=follow_up.rep_id,
        lead_id=follow_up.lead_id,
        campaign_id=follow_up.campaign_id,
        import_id=follow_up.import_id,
        priority=step.priority,
        due_at=step.due_at,
    )
    return give(given, state)


def take_over(command: TakeOver, state: Task, around: Surroundings) -> Sequence[Event]:
    if not isinstance(state, NoTask) or around.open_tasks.get(command.lead_id):
        return []
    given = GiveTask(
        task_id=command.task_id,
        kind=TaskKind.OTHER,
        title=command.title,
        rep_id=command.rep_id,
        lead_id=command.lead_id,
        campaign_id=command.campaign_id,
        import_id=command.import_id,
        priority=command.priority,
        due_at=command.due_at,
    )
    return give(given, state)


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
