"""What can be asked about an onboarding."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.sales import DealDetails
from nexa_contracts.success import Person, Priority, TaskStatus
from nexa_contracts.values import Money


@dataclass(frozen=True, kw_only=True)
class StartOnboarding:
    """The deal is won. A running onboarding of that deal stays as it is; a paused one goes on."""

    project_id: UUID
    account_id: UUID
    account_name: str
    deal_id: UUID
    deal_name: str
    arr: Money
    won_at: datetime
    contact: Person
    rep_id: UUID | None
    details: DealDetails


@dataclass(frozen=True, kw_only=True)
class PauseOnboarding:
    """The deal was reopened."""

    project_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class CancelOnboarding:
    """The deal that was reopened is lost. Won after all, its onboarding goes on where it was."""

    project_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class AssignWaiting:
    """Give an onboarding that nobody is responsible for to whoever is next at the desk, if anybody can take it."""

    project_id: UUID


@dataclass(frozen=True, kw_only=True)
class AssignSpecialist:
    """Give an onboarding that has no implementation specialist to whoever is next at the desk, if anybody can take it."""

    project_id: UUID


@dataclass(frozen=True, kw_only=True)
class AssignOnboarding:
    """Give the onboarding to this CSM, whatever their load."""

    project_id: UUID
    csm_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class AddTask:
    """`owner_id` None: the CSM."""

    project_id: UUID
    key: str
    title: str
    priority: Priority
    owner_id: UUID | None
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class MoveTask:
    """Put a task into another column of the board; into `done` completes it, out of it is refused."""

    project_id: UUID
    key: str
    status: TaskStatus
    by: str


@dataclass(frozen=True, kw_only=True)
class ReassignTask:
    project_id: UUID
    key: str
    owner_id: UUID


@dataclass(frozen=True, kw_only=True)
class RescheduleTask:
    project_id: UUID
    key: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class CommentTask:
    project_id: UUID
    key: str
    text: str


@dataclass(frozen=True, kw_only=True)
class CompleteProvedTasks:
    """An event proved the tasks done that wait for this proof."""

    project_id: UUID
    proof: str
    event_id: str


@dataclass(frozen=True, kw_only=True)
class MarkTaskOverdue:
    """The due time `due_at` has come; it matters if the task is open and still due then."""

    project_id: UUID
    key: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class PlanKickoff:
    """Plan the kickoff for this time: anew after it was cancelled, else move it."""

    project_id: UUID
    starts_at: datetime
    minutes: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class CancelKickoff:
    project_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class HoldKickoff:
    """The kickoff took place."""

    project_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReadNote:
    """`reader`: the subject of who reads; that they may was checked."""

    project_id: UUID
    reader: str


@dataclass(frozen=True, kw_only=True)
class AcceptHandoff:
    project_id: UUID
    by: str


@dataclass(frozen=True, kw_only=True)
class DeclineHandoff:
    """Send it back to sales."""

    project_id: UUID
    by: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ResubmitHandoff:
    """Sales hands it over again."""

    project_id: UUID
    details: DealDetails
    note: str


@dataclass(frozen=True, kw_only=True)
class RemindUnread:
    """The note has had its time to be read: that of this round; None: of the round there is, if its time is over too."""

    project_id: UUID
    round: int | None


@dataclass(frozen=True, kw_only=True)
class EscalateHandoff:
    """The handoff has had its time to be accepted: that of this round; None: of the round there is, if its time is over too."""

    project_id: UUID
    round: int | None


Command: TypeAlias = (
    StartOnboarding
    | PauseOnboarding
    | CancelOnboarding
    | AssignWaiting
    | AssignSpecialist
    | AssignOnboarding
    | AddTask
    | MoveTask
    | ReassignTask
    | RescheduleTask
    | CommentTask
    | CompleteProvedTasks
    | MarkTaskOverdue
    | PlanKickoff
    | CancelKickoff
    | HoldKickoff
    | ReadNote
    | AcceptHandoff
    | DeclineHandoff
    | ResubmitHandoff
    | RemindUnread
    | EscalateHandoff
)
COMMANDS: tuple[type, ...] = (
    StartOnboarding,
    PauseOnboarding,
    CancelOnboarding,
    AssignWaiting,
    AssignSpecialist,
    AssignOnboarding,
    AddTask,
    MoveTask,
    ReassignTask,
    RescheduleTask,
    CommentTask,
    CompleteProvedTasks,
    MarkTaskOverdue,
    PlanKickoff,
    CancelKickoff,
    HoldKickoff,
    ReadNote,
    AcceptHandoff,
    DeclineHandoff,
    ResubmitHandoff,
    RemindUnread,
    EscalateHandoff,
)
