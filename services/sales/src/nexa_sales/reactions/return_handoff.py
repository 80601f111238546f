"""A handoff that customer success declined comes back to who sold the deal."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import HandoffDeclined
from nexa_sales.deal.commands import ReturnHandoff


def react(fact: Recorded, now: datetime) -> Iterator[ReturnHandoff]:
    match fact.event:
        case HandoffDeclined(deal_id=deal_id, round=number, reason=reason):
            yield ReturnHandoff(deal_id=deal_id, round=number, reason=reason)
        case _:
            return


return_handoff = Reaction(name="return_handoff", on=(HandoffDeclined,), react=react)
