"""A counter only ever grows, up to a thousand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from counting.facts import COUNTER, Counted
from nexa_chassis.domain import Aggregate, Refused

MOST = 1000


@dataclass(frozen=True)
class Count:
    counter_id: UUID
    amount: int


@dataclass(frozen=True)
class Counter:
    total: int = 0


def decide(command: Count, counter: Counter, now: datetime) -> Sequence[Counted]:
    if command.amount == 0:  # nothing to count changes nothing
        return []
    if command.amount < 0:
        raise Refused("A counter only grows.", rule="counter.grows", field="amount")
    total = counter.total + command.amount
    if total > MOST:
        raise Refused(f"A counter goes up to {MOST}.", rule="counter.full")
    return [Counted(counter_id=command.counter_id, amount=command.amount, total=total)]


def evolve(counter: Counter, event: Counted) -> Counter:
    return Counter(event.total)


counter = Aggregate(
    name="counter",
    key="counter_id",
    commands=(Count,),
    initial=Counter(),
    decide=decide,
    evolve=evolve,
    topic=COUNTER,
)
