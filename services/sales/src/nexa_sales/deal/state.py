"""A deal: open, won or lost; once won it is in customer success' hands, who may return it."""

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
    DealReassigned,
    DealReopened,
    DealStage,
    DealStageChanged,
)


@dataclass(frozen=True)
class NoDeal:
    pass


@dataclass(frozen=True)
class HandedOver:
    """`returned` is the latest round that came back, 0 while none did."""

    returned: int = 0


@dataclass(frozen=True)
class Returned:
    round: int
    reason: str


Handoff: TypeAlias = HandedOver | Returned
"""It outlives reopening, as the onboarding does, which waits and goes on where it was once the deal is won again."""


@dataclass(frozen=True)
class Open:
    deal: DealCreated
    stage: DealStage
    details: DealDetails
    handoff: Handoff


@dataclass(frozen=True)
class Won:
    """`stage` is the one it was closed from."""

    deal: DealCreated
    stage: DealStage
    details: DealDetails
    handoff: Handoff


@dataclass(frozen=True)
class Lost:
    """`stage` is the one it was closed from."""

    deal: DealCreated
    stage: DealStage
    details: DealDetails
    handoff: Handoff


Deal: TypeAlias = NoDeal | Open | Won | Lost


def evolve(state: Deal, event: Event) -> Deal:
    match state, event:
        case NoDeal(), DealCreated() as deal:
            return Open(deal, deal.stage, DealDetails(), HandedOver())
        case NoDeal(), _:
            return state
        case _, DealDetailsChanged(details=details):
            return replace(state, details=details)
        case _, DealReassigned(rep_id=rep_id):
            return replace(state, deal=state.deal.model_copy(update={"rep_id": rep_id}))
        case _, DealHandoffReturned(round=number, reason=reason):
            return replace(state, handoff=Returned(number, reason))
        case ((Open() | Won() | Lost()), DealHandoffResubmitted()) if isinstance(state.handoff, Returned):
            return replace(state, handoff=HandedOver(state.handoff.round))
        case Open(), DealStageChanged(stage=stage):
            return replace(state, stage=stage)
        case Open(), DealClosedWon():
            return Won(state.deal, state.stage, state.details, state.handoff)
        case Open(), DealClosedLost():
            return Lost(state.deal, state.stage, state.details, state.handoff)
        case ((Won() | Lost()), DealReopened()):
            return Open(state.deal, state.stage, state.details, state.handoff)
        case _:
            return state
