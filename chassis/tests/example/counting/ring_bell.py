"""A counter that reaches ten rings its bell, and again a day later unless somebody muted it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from counting.bell import Ring, RingAgain
from counting.facts import Counted
from nexa_chassis.domain import Deadline, Recorded, derive
from nexa_chassis.reactions import Reaction

FAR = 10


def react(fact: Recorded, now: datetime) -> Iterator[object]:
    match fact.event:
        case Counted(counter_id=counter_id, amount=amount, total=total) if total - amount < FAR <= total:
            bell_id = derive(counter_id, "bell")
            yield Ring(bell_id=bell_id, counter_id=counter_id)
            yield Deadline(at=now + timedelta(days=1), command=RingAgain(bell_id))


ring_bell = Reaction(name="ring_bell", on=(Counted,), react=react)
