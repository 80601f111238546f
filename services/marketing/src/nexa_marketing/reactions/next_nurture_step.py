"""A step of a series is taken when its time comes. That is never cancelled: an enrolment that ended or moved lets it pass."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.marketing import NurtureStepScheduled
from nexa_marketing.nurture.decisions import SendStep


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case NurtureStepScheduled(enrolment_id=enrolment_id, step=step, at=at):
            yield Deadline(at=at, command=SendStep(enrolment_id, step))
        case _:
            return


next_nurture_step = Reaction(name="next_nurture_step", on=(NurtureStepScheduled,), react=react)
