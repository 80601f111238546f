"""A lead that was disqualified until a time comes back to sales at that time."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.sales import LeadDisqualified
from nexa_sales.assignment.commands import RecycleLead


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case LeadDisqualified(lead_id=lead_id, recycle_at=datetime() as recycle_at):
            yield Deadline(at=recycle_at, command=RecycleLead(lead_id=lead_id, planned_for=recycle_at))
        case _:
            return


recycle_disqualified_lead = Reaction(name="recycle_disqualified_lead", on=(LeadDisqualified,), react=react)
