"""A person of the sales roster."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from nexa_contracts.sales import RepLeft, RepUpdated, RepWindowOpened


@dataclass(frozen=True)
class Unlisted:
    pass


@dataclass(frozen=True)
class Listed:
    """`window_until`: when their present window of new leads ends, None without such a limit."""

    rep: RepUpdated
    window_until: datetime | None = None


@dataclass(frozen=True)
class Left:
    pass


Rep: TypeAlias = Unlisted | Listed | Left


def evolve(state: Rep, event: RepUpdated | RepWindowOpened | RepLeft) -> Rep:
    match state, event:
        case Listed(window_until=until), RepUpdated(window_capacity=limit):
            return Listed(event, None if limit is None else until)
        case _, RepUpdated():
            return Listed(event)
        case Listed(rep=rep), RepWindowOpened(until=until):
            return Listed(rep, until)
        case _, RepLeft():
            return Left()
        case _:
            return state
