"""A customer answered how content they are."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.notifier import SurveyAnswered
from nexa_support.ticket.commands import RecordCsat


def react(fact: Recorded, now: datetime) -> Iterator[RecordCsat]:
    match fact.event:
        case SurveyAnswered(kind="csat", about=ticket_id, score=score, comment=comment):
            yield RecordCsat(ticket_id=ticket_id, score=score, comment=comment)
        case _:
            return


record_csat = Reaction(name="record_csat", on=(SurveyAnswered,), react=react)
