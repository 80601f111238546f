"""A follow-up past due is told to the rep's manager, or to the rep where there is none."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.sales import TaskOverdue
from nexa_notifier.notification.decisions import Notify


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case TaskOverdue() as overdue:
            yield Notify(
                notification_id=derive(overdue.task_id, fact.version, "task_overdue"),
                kind="task_overdue",
                about=overdue.task_id,
                person_id=overdue.manager_id or overdue.rep_id,
                template="task_overdue.v1",
                variables={"title": overdue.title, "due_at": f"{overdue.due_at:%Y-%m-%d %H:%M} UTC"},
            )
        case _:
            return


tell_manager_of_overdue_task = Reaction(name="tell_manager_of_overdue_task", on=(TaskOverdue,), react=react)
