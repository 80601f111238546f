"""An onboarding task past due is told to who should have done it, and to the manager."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import TaskOverdue
from nexa_notifier.notification.decisions import Notify


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case TaskOverdue() as overdue:
            told = dict.fromkeys(each for each in (overdue.owner_id, overdue.manager_id) if each is not None)
            for person_id in told:
                yield Notify(
                    notification_id=derive(overdue.project_id, fact.version, person_id, "onboarding_task_overdue"),
                    kind="onboarding_task_overdue",
                    about=overdue.project_id,
                    person_id=person_id,
                    template="notice.v1",
                    variables={
                        "headline": f"Overdue at {overdue.account_name}: {overdue.title}",
                        "text": f"It was due at {overdue.due_at:%Y-%m-%d %H:%M} UTC and is still open.",
                    },
                )
        case _:
            return


tell_of_overdue_onboarding_task = Reaction(name="tell_of_overdue_onboarding_task", on=(TaskOverdue,), react=react)
