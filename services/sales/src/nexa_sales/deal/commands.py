"""What can be asked about a deal."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import DealDetails, DealStage
from nexa_contracts.values import Money


@dataclass(frozen=True, kw_only=True)
class OpenDeal:
    """Open a deal in stage qualification."""

    deal_id: UUID
    account_id: UUID
    primary_contact_id: UUID
    lead_id: UUID | None
    campaign_id: UUID | None
    rep_id: UUID | None
    name: str
    amount: Money
    source_label: str
    source_kind: LeadSourceKind


@dataclass(frozen=True, kw_only=True)
class MoveDeal:
    """Move it to another open stage, forwards or backwards."""

    deal_id: UUID
    stage: DealStage


@dataclass(frozen=True, kw_only=True)
class CloseWon:
    """`actual_amount` is what the contract says; None for what the deal was expected to bring."""

    deal_id: UUID
    contract_signed: bool
    contract_url: str | None
    actual_amount: Money | None


@dataclass(frozen=True, kw_only=True)
class CloseLost:
    deal_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReopenDeal:
    """Open a closed deal again, in the stage it was closed from."""

    deal_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class ChangeDetails:
    """What was sold and promised; all of it, as it is to be."""

    deal_id: UUID
    details: DealDetails


@dataclass(frozen=True, kw_only=True)
class ReassignDeal:
    """Give the deal to this rep, whoever has it."""

    deal_id: UUID
    rep_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReturnHandoff:
    """Customer success sent the handoff back. `round` counts how often sales had handed it over."""

    deal_id: UUID
    round: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ResubmitHandoff:
    """Hand the deal over again, with its details as they are now."""

    deal_id: UUID
    note: str


Command: TypeAlias = (
    OpenDeal
    | MoveDeal
    | ChangeDetails
    | CloseWon
    | CloseLost
    | ReopenDeal
    | ReassignDeal
    | ReturnHandoff
    | ResubmitHandoff
)
COMMANDS: tuple[type, ...] = (
    OpenDeal,
    MoveDeal,
    ChangeDetails,
    CloseWon,
    CloseLost,
    ReopenDeal,
    ReassignDeal,
    ReturnHandoff,
    ResubmitHandoff,
)
