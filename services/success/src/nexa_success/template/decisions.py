"""Changing the onboarding template."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Refused
from nexa_contracts.success import OnboardingTemplateChanged, Role, TemplateTask
from nexa_success.template.state import PROOFS, TEMPLATE_ID, Template

MOST_TASKS = 200


@dataclass(frozen=True, kw_only=True)
class ChangeTemplate:
    """Replace the template; onboardings that run keep the version they began with."""

    tasks: tuple[TemplateTask, ...]
    due_in_days: int
    kickoff_in_days: int
    agenda: str
    training_documents: tuple[str, ...]
    template_id: UUID = TEMPLATE_ID


def decide(command: ChangeTemplate, state: Template, now: datetime) -> Sequence[OnboardingTemplateChanged]:
    _check(command)
    changed = Template(
        version=state.version,
        tasks=command.tasks,
        due_in_days=command.due_in_days,
        kickoff_in_days=command.kickoff_in_days,
        agenda=command.agenda,
        training_documents=command.training_documents,
    )
    if changed == state:
        return []
    return [
        OnboardingTemplateChanged(
            template_id=command.template_id,
            version=state.version + 1,
            tasks=command.tasks,
            due_in_days=command.due_in_days,
            kickoff_in_days=command.kickoff_in_days,
            agenda=command.agenda,
            training_documents=command.training_documents,
        )
    ]


def _check(command: ChangeTemplate) -> None:
    if not 0 < len(command.tasks) <= MOST_TASKS:
        raise Refused(f"A template has 1 to {MOST_TASKS} tasks.", rule="template.tasks", field="tasks")
    twice = [key for key, count in Counter(task.key for task in command.tasks).items() if count > 1]
    if twice:
        raise Refused(f"Two tasks have the key {twice[0]!r}.", rule="template.key", field="tasks")
    for task in command.tasks:
        if task.day > command.due_in_days:
            raise Refused(
                f"{task.title!r} is due on day {task.day}, after the onboarding itself (day {command.due_in_days}).",
                rule="template.day",
                field="tasks",
            )
        if task.proved_by is not None and task.proved_by not in PROOFS:
            raise Refused(
                f"{task.title!r}: {task.proved_by!r} proves nothing; known are {', '.join(PROOFS)}.",
                rule="template.proof",
                field="tasks",
            )
        if task.owner is Role.MANAGER:
            raise Refused(
                f"{task.title!r} belongs to the csm or the implementation_specialist.",
                rule="template.owner",
                field="tasks",
            )
