"""After each mail of a series, the time of the next one is set. It is never cancelled: an enrolment that ended lets it pass."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.marketing import NurtureStepDue
from nexa_marketing.nurture.decisions import SendStep
from nexa_marketing.nurture.series import latest


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    due = fact.event
    assert isinstance(due, NurtureStepDue)
    following = latest(due.series).step(due.step + 1)
    if following is not None:
        yield Deadline(at=fact.time + following.delay, command=SendStep(due.enrolment_id, following.number))


next_nurture_step = Reaction(name="next_nurture_step", on=(NurtureStepDue,), react=react)
