"""An onboarding: not started, running, paused while its deal is open again, cancelled as it was lost, or the customer live."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    HandoffAccepted,
    HandoffDeclined,
    HandoffEscalated,
    HandoffNoteRead,
    HandoffNoteWritten,
    HandoffReminded,
    KickoffCancelled,
    KickoffFields,
    KickoffHeld,
    KickoffMoved,
    KickoffScheduled,
    OnboardingAssigned,
    OnboardingCancelled,
    OnboardingCompleted,
    OnboardingPaused,
    OnboardingResumed,
    OnboardingSpecialistAssigned,
    OnboardingStarted,
    Person,
    Priority,
    Role,
    TaskCommented,
    TaskCompleted,
    TaskCreated,
    TaskFields,
    TaskMoved,
    TaskOverdue,
    TaskReassigned,
    TaskRescheduled,
    TaskStatus,
)
from nexa_success.onboarding.events import HandoffNoteFiled

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Task:
    """Something to do. `overdue`: its due time passed while it was open, and that was said."""

    key: str
    title: str
    status: TaskStatus
    owner_id: UUID | None
    priority: Priority
    due_at: datetime
    proved_by: str | None
    overdue: bool = False
    owner_role: Role | None = None

    @property
    def done(self) -> bool:
        return self.status is TaskStatus.DONE


@dataclass(frozen=True)
class NoKickoff:
    """Nobody to hold it yet."""


@dataclass(frozen=True)
class Planned:
    meeting: KickoffFields


@dataclass(frozen=True)
class CalledOff:
    meeting: KickoffFields


@dataclass(frozen=True)
class Held:
    meeting: KickoffFields


Kickoff: TypeAlias = NoKickoff | Planned | CalledOff | Held


@dataclass(frozen=True)
class Offered:
    """Sales handed it over, to be read and accepted by a time; `readers` have seen the note."""

    accept_by: datetime = LONG_AGO
    round: int = 1
    readers: frozenset[str] = frozenset()
    reminded: bool = False
    escalated: bool = False

    def has_had_its_time(self, round_: int | None, now: datetime) -> bool:
        """Whether a clock of that round concerns it; a clock of no certain round does once its own time is over."""
        return self.accept_by <= now if round_ is None else round_ == self.round


@dataclass(frozen=True)
class Accepted:
    round: int
    readers: frozenset[str]


@dataclass(frozen=True)
class Declined:
    """Back with sales until it hands it over again."""

    round: int
    readers: frozenset[str]
    reason: str


Handoff: TypeAlias = Offered | Accepted | Declined


@dataclass(frozen=True)
class Project:
    """What every stage of an onboarding has."""

    started: OnboardingStarted
    csm: Person | None
    specialist: Person | None
    manager_id: UUID | None
    tasks: Mapping[str, Task] = field(default_factory=dict)
    kickoff: Kickoff = NoKickoff()
    handoff: Handoff = Offered()
    note: HandoffNoteFiled | None = None

    @property
    def open_tasks(self) -> list[Task]:
        return [task for task in self.tasks.values() if not task.done]


@dataclass(frozen=True)
class NotStarted:
    pass


@dataclass(frozen=True)
class Running:
    project: Project


@dataclass(frozen=True)
class Paused:
    project: Project
    since: datetime


@dataclass(frozen=True)
class Cancelled:
    """Its deal was lost; `since` as long as nobody worked on it, the pause before included."""

    project: Project
    since: datetime


@dataclass(frozen=True)
class Live:
    project: Project


Onboarding: TypeAlias = NotStarted | Running | Paused | Cancelled | Live


def evolve(state: Onboarding, event: Event) -> Onboarding:
    match state, event:
        case NotStarted(), OnboardingStarted():
            return Running(Project(event, event.csm, event.specialist, event.manager_id))
        case NotStarted(), _:
            return state
        case Running(project=project), OnboardingPaused(paused_at=paused_at):
            return Paused(project, paused_at)
        case Running(project=project), OnboardingCancelled(cancelled_at=since):
            return Cancelled(project, since)
        case Paused(project=project, since=since), OnboardingCancelled():
            return Cancelled(project, since)
        case ((Paused(project=project) | Cancelled(project=project)), OnboardingResumed()):
            return Running(project)
        case Running(project=project), OnboardingCompleted():
            return Live(project)
        case ((Running() | Paused() | Cancelled() | Live()), _):
            return replace(state, project=_evolve(state.project, event))


def _evolve(project: Project, event: Event) -> Project:
    match event:
        case OnboardingAssigned(csm=csm, manager_id=manager_id):
            return replace(project, csm=csm, manager_id=manager_id)
        case OnboardingSpecialistAssigned(specialist=specialist):
            return replace(project, specialist=specialist)
        case TaskFields():
            return replace(project, tasks={**project.tasks, event.key: _task(project.tasks.get(event.key), event)})
        case KickoffScheduled() | KickoffMoved():
            return replace(project, kickoff=Planned(event))
        case KickoffCancelled():
            return replace(project, kickoff=CalledOff(event))
        case KickoffHeld():
            return replace(project, kickoff=_held(project.kickoff))
        case HandoffNoteFiled():
            return replace(project, note=event)
        case HandoffNoteWritten(round=round_, accept_by=accept_by):
            return replace(project, handoff=Offered(accept_by, round_))
        case HandoffNoteRead() | HandoffReminded() | HandoffAccepted() | HandoffDeclined() | HandoffEscalated():
            return replace(project, handoff=_handoff(project.handoff, event))
        case _:
            return project


def _held(kickoff: Kickoff) -> Kickoff:
    match kickoff:
        case Planned(meeting=meeting) | CalledOff(meeting=meeting):
            return Held(meeting)
        case NoKickoff() | Held():
            return kickoff


def _handoff(handoff: Handoff, event: Event) -> Handoff:
    match handoff, event:
        case _, HandoffNoteRead(reader=reader):
            return replace(handoff, readers=handoff.readers | {reader})
        case Offered(), HandoffReminded():
            return replace(handoff, reminded=True)
        case Offered(), HandoffEscalated():
            return replace(handoff, escalated=True)
        case Offered(round=round_, readers=readers), HandoffAccepted():
            return Accepted(round_, readers)
        case Offered(round=round_, readers=readers), HandoffDeclined(reason=reason):
            return Declined(round_, readers, reason)
        case _:
            return handoff


def _task(task: Task | None, event: TaskFields) -> Task:
    if isinstance(event, TaskCreated):
        return Task(
            key=event.key,
            title=event.title,
            status=TaskStatus.TO_DO,
            owner_id=event.owner_id,
            priority=event.priority,
            due_at=event.due_at,
            proved_by=event.proved_by,
            owner_role=event.owner_role,
        )
    assert task is not None, f"{type(event).__name__} of a task that was never created: {event.key}"
    match event:
        case TaskMoved(status=status):
            return replace(task, status=status)
        case TaskReassigned(owner_id=owner_id):
            return replace(task, owner_id=owner_id)
        case TaskRescheduled(due_at=due_at):
            return replace(task, due_at=due_at, overdue=False)
        case TaskCompleted():
            return replace(task, status=TaskStatus.DONE)
        case TaskOverdue():
            return replace(task, overdue=True)
        case TaskCommented():
            return task
        case _:
            return task
