"""A churn alert that was put aside comes back when its time is over, unless somebody dealt with it meanwhile."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import ChurnAlertSnoozed
from nexa_success.churn_alert.decisions import ResumeAlert


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case ChurnAlertSnoozed(alert_id=alert_id, until=until):
            yield Deadline(at=until, command=ResumeAlert(alert_id=alert_id, until=until))
        case _:
            return


resume_snoozed_alert = Reaction(name="resume_snoozed_alert", on=(ChurnAlertSnoozed,), react=react)
