"""What can be asked about a task."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.sales import TaskKind, TaskPriority


@dataclass(frozen=True, kw_only=True)
class GiveTask:
    """Give the rep this task. One that is there already, and open, becomes theirs and stays as it is."""

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
class TakeNextStep:
    """Make a task of what the follow-up proposes that is recorded of the lead together with this; for the lead's rep."""

    task_id: UUID
    lead_id: UUID


@dataclass(frozen=True, kw_only=True)
class TakeOver:
    """The rep has the lead from another one: give them a task of it, unless one is open, which went along."""

    task_id: UUID
    title: str
    rep_id: UUID
    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None
    priority: TaskPriority
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class MoveTask:
    """The task becomes this rep's; nothing happens where it is done. `reason` is empty where it goes with its lead."""

    task_id: UUID
    rep_id: UUID
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CompleteTask:
    """A person says what came of it, and whether there is interest, if they know."""

    task_id: UUID
    outcome: str
    completed_by: str
    found_interest: bool | None = None


@dataclass(frozen=True, kw_only=True)
class SettleTask:
    """An event has made the task unnecessary; nothing happens where there is none, or it is done."""

    task_id: UUID
    outcome: str
    event_id: str


@dataclass(frozen=True, kw_only=True)
class MarkOverdue:
    """The due time has come; it matters where the task is still open."""

    task_id: UUID


Command: TypeAlias = GiveTask | TakeNextStep | TakeOver | MoveTask | CompleteTask | SettleTask | MarkOverdue
COMMANDS: tuple[type, ...] = (GiveTask, TakeNextStep, TakeOver, MoveTask, CompleteTask, SettleTask, MarkOverdue)
