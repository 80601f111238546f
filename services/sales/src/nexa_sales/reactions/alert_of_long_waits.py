"""A lead that waits for a rep longer than its rule allows is told to managers, once for each wait."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.sales import LeadQueued
from nexa_sales.assignment.commands import AlertOfWait


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case LeadQueued(lead_id=lead_id, since=since, alert_at=datetime() as alert_at):
            yield Deadline(at=alert_at, command=AlertOfWait(lead_id=lead_id, since=since))
        case _:
            return


alert_of_long_waits = Reaction(name="alert_of_long_waits", on=(LeadQueued,), react=react)
