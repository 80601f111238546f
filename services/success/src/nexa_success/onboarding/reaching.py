"""From a state to the project that a command is about, or the refusal that says why not."""

from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_success.onboarding.state import Cancelled, Live, NotStarted, Onboarding, Paused, Project, Running, Task


def of(state: Onboarding, project_id: UUID) -> Project:
    """The project in whatever stage. Raises NotFound."""
    match state:
        case NotStarted():
            raise NotFound(f"There is no onboarding {project_id}.", rule="onboarding.unknown")
        case Running(project=project) | Paused(project=project) | Cancelled(project=project) | Live(project=project):
            return project


def running(state: Onboarding, project_id: UUID) -> Project:
    """The project, if it runs. Raises Refused for one that is paused, cancelled or done."""
    match state:
        case Paused():
            raise Refused(
                "The onboarding is paused while its deal is open again; win the deal first.", rule="onboarding.paused"
            )
        case Cancelled():
            raise Refused(
                "The onboarding is cancelled, since its deal was lost; reopen the deal and win it first.",
                rule="onboarding.cancelled",
            )
        case Live():
            raise Refused("The onboarding is done and the customer live.", rule="onboarding.live")
        case NotStarted() | Running():
            return of(state, project_id)


def task(project: Project, key: str) -> Task:
    """Raises NotFound."""
    found = project.tasks.get(key)
    if found is None:
        known = ", ".join(project.tasks)
        raise NotFound(f"The onboarding has no task {key!r}; it has {known}.", rule="task.unknown")
    return found


def open_task(project: Project, key: str) -> Task:
    """Raises Refused for a task that is done."""
    found = task(project, key)
    if found.done:
        raise Refused(f"{found.title!r} is done already.", rule="task.done")
    return found
