"""A deal: open, won or lost; a won one is in customer success' hands, or was returned from there."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealDetails,
    DealDetailsChanged,
    DealHandoffResubmitted,
    DealHandoffReturned,
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
    details: DealDetails


@dataclass(frozen=True)
class HandedOver:
    """`returned` is the latest round that came back, 0 while none did."""

    returned: int = 0


@dataclass(frozen=True)
class Returned:
    round: int
    reason: str


Handoff: TypeAlias = HandedOver | Returned


@dataclass(frozen=True)
class Won:
    deal: DealCreated
    stage: DealStage
    details: DealDetails
    amount: Money
    handoff: Handoff


@dataclass(frozen=True)
class Lost:
    deal: DealCreated
    stage: DealStage
    details: DealDetails
    reason: str


Deal: TypeAlias = NoDeal | Open | Won | Lost


def evolve(state: Deal, event: Event) -> Deal:
    match state, event:
        case NoDeal(), DealCreated() as deal:
            return Open(deal, deal.stage, DealDetails())
        case Open(), DealStageChanged(stage=stage):
            return replace(state, stage=stage)
        case ((Open() | Won() | Lost()), DealDetailsChanged(details=details)):
            return replace(state, details=details)
        case Open(deal=deal, stage=stage, details=details), DealClosedWon(amount=amount):
            return Won(deal, stage, details, amount, HandedOver())
        case Open(deal=deal, stage=stage, details=details), DealClosedLost(reason=reason):
            return Lost(deal, stage, details, reason)
        case ((Won() | Lost()), DealReopened()):
            return Open(state.deal, state.stage, state.details)
        case Won(), DealHandoffReturned(round=number, reason=reason):
            return replace(state, handoff=Returned(number, reason))
        case Won(handoff=Returned(round=number)), DealHandoffResubmitted():
            return replace(state, handoff=HandedOver(number))
        case _:
            return state
