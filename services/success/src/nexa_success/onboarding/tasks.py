"""The tasks of an onboarding: on a board, with an owner and a due time; the last one done makes the customer live."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    OnboardingCompleted,
    TaskCommented,
    TaskCompleted,
    TaskCreated,
    TaskMoved,
    TaskOverdue,
    TaskReassigned,
    TaskRescheduled,
    TaskStatus,
)
from nexa_success.onboarding import reaching
from nexa_success.onboarding.commands import (
    AddTask,
    CommentTask,
    CompleteProvedTasks,
    MarkTaskOverdue,
    MoveTask,
    ReassignTask,
    RescheduleTask,
)
from nexa_success.onboarding.desk import Desk
from nexa_success.onboarding.state import Cancelled, Onboarding, Paused, Project, Running, Task

MOST_TASKS = 500


def add(command: AddTask, state: Onboarding, now: datetime, desk: Desk) -> Sequence[Event]:
    project = reaching.running(state, command.project_id)
    if len(project.tasks) >= MOST_TASKS:
        raise Refused(f"An onboarding has at most {MOST_TASKS} tasks.", rule="task.many")
    if command.key in project.tasks:
        return []
    owner = command.owner_id or (project.csm.person_id if project.csm else None)
    if owner is not None:
        _check_owner(owner, desk)
    _check_due(command.due_at, now)
    return [
        TaskCreated(
            project_id=command.project_id,
            account_id=project.started.account_id,
            key=command.key,
            title=command.title,
            owner_id=owner,
            priority=command.priority,
            due_at=command.due_at,
        )
    ]


def move(command: MoveTask, state: Onboarding, now: datetime) -> Sequence[Event]:
    project = reaching.running(state, command.project_id)
    task = reaching.task(project, command.key)
    if task.status is command.status:
        return []
    if task.done:
        raise Refused(f"{task.title!r} is done already.", rule="task.done")
    if command.status is TaskStatus.DONE:
        return list(_completed(project, [task], command.by, now))
    return [TaskMoved(**_of(project, task), status=command.status, previous_status=task.status)]


def reassign(command: ReassignTask, state: Onboarding, desk: Desk) -> Sequence[Event]:
    project = reaching.running(state, command.project_id)
    task = reaching.open_task(project, command.key)
    _check_owner(command.owner_id, desk)
    if task.owner_id == command.owner_id:
        return []
    return [TaskReassigned(**_of(project, task), owner_id=command.owner_id, previous_owner_id=task.owner_id)]


def reschedule(command: RescheduleTask, state: Onboarding, now: datetime) -> Sequence[Event]:
    project = reaching.running(state, command.project_id)
    task = reaching.open_task(project, command.key)
    if task.due_at == command.due_at:
        return []
    _check_due(command.due_at, now)
    return [TaskRescheduled(**_of(project, task), due_at=command.due_at, previous_due_at=task.due_at)]


def comment(command: CommentTask, state: Onboarding) -> Sequence[Event]:
    project = reaching.of(state, command.project_id)
    return [TaskCommented(**_of(project, reaching.task(project, command.key)), text=command.text)]


def complete_proved(command: CompleteProvedTasks, state: Onboarding, now: datetime) -> Sequence[Event]:
    """Of a paused or cancelled onboarding too: what is proved is proved."""
    match state:
        case Running(project=project) | Paused(project=project) | Cancelled(project=project):
            proved = [task for task in project.open_tasks if task.proved_by == command.proof]
            done = list(_completed(project, proved, command.event_id, now)) if proved else []
            return done if isinstance(state, Running) else [each for each in done if isinstance(each, TaskCompleted)]
        case _:
            return []


def mark_overdue(command: MarkTaskOverdue, state: Onboarding, desk: Desk) -> Sequence[Event]:
    match state:
        case Running(project=project):
            task = project.tasks.get(command.key)
            if task is None or task.done or task.overdue or task.due_at != command.due_at:
                return []
            return [
                TaskOverdue(
                    **_of(project, task),
                    owner_id=task.owner_id,
                    manager_id=desk.manager_of(project.csm) or project.manager_id,
                    account_name=project.started.account_name,
                    due_at=task.due_at,
                )
            ]
        case _:
            return []


def _completed(project: Project, tasks: Sequence[Task], by: str, now: datetime) -> Iterator[Event]:
    for task in tasks:
        yield TaskCompleted(**_of(project, task), completed_by=by, late=now > task.due_at)
    if len(project.open_tasks) == len(tasks):
        yield live(project, now)


def live(project: Project, now: datetime) -> OnboardingCompleted:
    started = project.started
    today = now.astimezone(UTC).date()
    return OnboardingCompleted(
        project_id=started.project_id,
        account_id=started.account_id,
        account_name=started.account_name,
        days=(today - started.won_at.astimezone(UTC).date()).days,
        on_time=today <= started.due_on,
        csm_id=project.csm.person_id if project.csm else None,
        specialist_id=project.specialist.person_id if project.specialist else None,
    )


def _check_owner(owner_id: object, desk: Desk) -> None:
    if owner_id not in desk.seats:
        raise NotFound(f"There is nobody with the id {owner_id} on the roster.", rule="csm.unknown", field="owner_id")


def _check_due(due_at: datetime, now: datetime) -> None:
    if due_at <= now:
        raise Refused("The task would be due in the past.", rule="task.due", field="due_at")


def _of(project: Project, task: Task) -> dict[str, object]:
    started = project.started
    return {
        "project_id": started.project_id,
        "account_id": started.account_id,
        "key": task.key,
        "title": task.title,
    }
