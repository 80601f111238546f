"""A deal: open, won or lost."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealReopened,
    DealStage,
    DealStageChanged,
)
from nexa_contracts.values import Money


@dataclass(frozen=True)
class NoDeal:
    pass


@dataclass(frozen=True)
class Open:
    deal: DealCreated
    stage: DealStage


@dataclass(frozen=True)
class Won:
    deal: DealCreated
    stage: DealStage
    amount: Money


@dataclass(frozen=True)
class Lost:
    deal: DealCreated
    stage: DealStage
    reason: str


Deal: TypeAlias = NoDeal | Open | Won | Lost


def evolve(state: Deal, event: Event) -> Deal:
    match state, event:
        case NoDeal(), DealCreated() as deal:
            return Open(deal, deal.stage)
        case Open(), DealStageChanged(stage=stage):
            return replace(state, stage=stage)
        case Open(deal=deal, stage=stage), DealClosedWon(amount=amount):
            return Won(deal, stage, amount)
        case Open(deal=deal, stage=stage), DealClosedLost(reason=reason):
            return Lost(deal, stage, reason)
        case ((Won(deal=deal, stage=stage) | Lost(deal=deal, stage=stage)), DealReopened()):
            return Open(deal, stage)
        case _:
            return state
