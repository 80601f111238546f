"""A task that is still open when it is due becomes overdue, which the rep's manager hears of."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.sales import TaskCreated
from nexa_sales.task.commands import MarkOverdue


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case TaskCreated(task_id=task_id, due_at=due_at):
            yield Deadline(at=due_at, command=MarkOverdue(task_id=task_id))
        case _:
            return


chase_overdue_follow_up = Reaction(name="chase_overdue_follow_up", on=(TaskCreated,), react=react)
