"""The stages as they really followed each other, by all that is known now: late facts stand where they happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_contracts.success import Stage
from nexa_success.lifecycle.events import FactNoted, StageDecided
from nexa_success.lifecycle.stages import is_backwards
from nexa_success.lifecycle.state import Fact, Place


@dataclass(frozen=True)
class Step:
    """From here on the party was at this stage."""

    stage: Stage
    entered_at: datetime
    recorded_at: datetime
    cause: str
    reason: str
    backwards: bool = False


def steps(stream: Iterable[Recorded]) -> Iterator[Step]:
    """The way of one party. What a person decided holds against everything that happened before it."""
    place = Place()
    for fact in sorted(stream, key=_when):
        match fact.event:
            case FactNoted() as noted:
                following = place.after(Fact(noted.stage, noted.at, noted.cause, noted.reason))
                if following.stage is not None and following.stage is not place.stage:
                    yield Step(following.stage, noted.at, fact.recorded_at, noted.cause, noted.reason)
                place = following
            case StageDecided() as decided:
                backwards = place.stage is not None and is_backwards(place.stage, decided.stage)
                if decided.stage is not place.stage:
                    yield Step(decided.stage, decided.at, fact.recorded_at, decided.by, decided.reason, backwards)
                place = Place(decided.stage, place.stage if decided.stage is Stage.AT_RISK else None)


def _when(fact: Recorded) -> tuple[datetime, bool, tuple[object, ...]]:
    """Facts in the order of their time; a decision stands after what happened at that very moment."""
    match fact.event:
        case FactNoted() as noted:
            return noted.at, False, Fact(noted.stage, noted.at, noted.cause, noted.reason).order
        case StageDecided(at=at):
            return at, True, (fact.version,)
        case _:
            return fact.time, True, (fact.version,)
