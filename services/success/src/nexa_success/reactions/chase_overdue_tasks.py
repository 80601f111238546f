"""A task that is still open when it is due becomes overdue, which its owner and the manager hear of."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import TaskCreated, TaskRescheduled
from nexa_success.onboarding.commands import MarkTaskOverdue


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case (
            TaskCreated(project_id=project_id, key=key, due_at=due_at)
            | TaskRescheduled(project_id=project_id, key=key, due_at=due_at)
        ):
            yield Deadline(at=due_at, command=MarkTaskOverdue(project_id=project_id, key=key, due_at=due_at))
        case _:
            return


chase_overdue_tasks = Reaction(name="chase_overdue_tasks", on=(TaskCreated, TaskRescheduled), react=react)
