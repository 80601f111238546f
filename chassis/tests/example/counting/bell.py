"""A bell rings once for each counter that got far, and reminds once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from counting.facts import BELL, BellMuted, BellRung
from nexa_chassis.domain import Aggregate


@dataclass(frozen=True)
class Ring:
    bell_id: UUID
    counter_id: UUID


@dataclass(frozen=True)
class RingAgain:
    """What a deadline brings. It fires whatever has happened since; the state says whether it still matters."""

    bell_id: UUID


@dataclass(frozen=True)
class Mute:
    bell_id: UUID


@dataclass(frozen=True)
class Silent:
    pass


@dataclass(frozen=True)
class Ringing:
    counter_id: UUID
    times: int


@dataclass(frozen=True)
class Muted:
    pass


Bell: TypeAlias = Silent | Ringing | Muted
Command: TypeAlias = Ring | RingAgain | Mute
Fact: TypeAlias = BellRung | BellMuted


def decide(command: Command, bell: Bell, now: datetime) -> Sequence[Fact]:
    match command, bell:
        case Ring(), Silent():
            return [BellRung(bell_id=command.bell_id, counter_id=command.counter_id, times=1)]
        case RingAgain(), Ringing(counter_id=counter_id, times=times):
            return [BellRung(bell_id=command.bell_id, counter_id=counter_id, times=times + 1)]
        case Mute(), Ringing():
            return [BellMuted(bell_id=command.bell_id)]
    return []


def evolve(bell: Bell, event: Fact) -> Bell:
    match event:
        case BellRung():
            return Ringing(event.counter_id, event.times)
        case BellMuted():
            return Muted()
        case _:
            assert_never(event)


bell: Aggregate[Command, Bell] = Aggregate(
    name="bell",
    key="bell_id",
    commands=(Ring, RingAgain, Mute),
    initial=Silent(),
    decide=decide,
    evolve=evolve,
    topic=BELL,
    private=(BellMuted,),
)
