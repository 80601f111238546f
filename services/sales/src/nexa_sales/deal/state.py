"""A deal: open, won or lost."""

from dataclasses import dataclass
from typing import TypeAlias

from nexa_contracts.envelope import Event
from nexa_contracts.sales import DealClosedLost, DealClosedWon, DealCreated, DealReopened
from nexa_contracts.values import Money


@dataclass(frozen=True)
class NoDeal:
    pass


@dataclass(frozen=True)
class Open:
    deal: DealCreated


@dataclass(frozen=True)
class Won:
    deal: DealCreated
    amount: Money


@dataclass(frozen=True)
class Lost:
    deal: DealCreated
    reason: str


Deal: TypeAlias = NoDeal | Open | Won | Lost


def evolve(state: Deal, event: Event) -> Deal:
    match state, event:
        case NoDeal(), DealCreated() as deal:
            return Open(deal)
        case Open(deal=deal), DealClosedWon(amount=amount):
            return Won(deal, amount)
        case Open(deal=deal), DealClosedLost(reason=reason):
            return Lost(deal, reason)
        case ((Won() | Lost()), DealReopened()):
            return Open(state.deal)
        case _:
            return state
