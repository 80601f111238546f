"""Opening, winning, losing and reopening a deal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import DealClosedLost, DealClosedWon, DealCreated, DealReopened
from nexa_contracts.values import Money
from nexa_sales.deal.state import Deal, Lost, NoDeal, Open, Won


@dataclass(frozen=True, kw_only=True)
class OpenDeal:
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
class Reopen:
    deal_id: UUID
    reason: str


Command: TypeAlias = OpenDeal | CloseWon | CloseLost | Reopen


def decide(command: Command, state: Deal, now: datetime) -> Sequence[Event]:
    match command:
        case OpenDeal():
            return [_created(command)] if isinstance(state, NoDeal) else []
        case CloseWon():
            return close_won(state, command, now)
        case CloseLost():
            return close_lost(state, command, now)
        case Reopen():
            return reopen(state, command)
        case _:
            assert_never(command)


def close_won(deal: Deal, command: CloseWon, now: datetime) -> Sequence[Event]:
    match deal:
        case NoDeal():
            raise _unknown(command.deal_id)
        case Won():  # the same close again changes nothing
            return []
        case Lost():
            raise Refused("A lost deal cannot be won; reopen it first.", rule="deal.closed")
        case Open() if not command.contract_signed:
            raise Refused(
                "A deal is won once its contract is signed.", rule="deal.contract_signed", field="contract_signed"
            )
        case Open(deal=opened):
            return [
                DealClosedWon(
                    deal_id=opened.deal_id,
                    account_id=opened.account_id,
                    campaign_id=opened.campaign_id,
                    amount=command.actual_amount or opened.amount,
                    contract_url=command.contract_url,
                    closed_at=now,
                )
            ]
        case _:
            assert_never(deal)


def close_lost(deal: Deal, command: CloseLost, now: datetime) -> Sequence[Event]:
    match deal:
        case NoDeal():
            raise _unknown(command.deal_id)
        case Lost():
            return []
        case Won():
            raise Refused("A won deal cannot be lost; reopen it first.", rule="deal.closed")
        case Open(deal=opened):
            return [
                DealClosedLost(
                    deal_id=opened.deal_id,
                    account_id=opened.account_id,
                    campaign_id=opened.campaign_id,
                    amount=opened.amount,
                    reason=command.reason,
                    closed_at=now,
                )
            ]
        case _:
            assert_never(deal)


def reopen(deal: Deal, command: Reopen) -> Sequence[Event]:
    match deal:
        case NoDeal():
            raise _unknown(command.deal_id)
        case Open():
            return []
        case Won(deal=opened) | Lost(deal=opened):
            return [
                DealReopened(
                    deal_id=opened.deal_id,
                    account_id=opened.account_id,
                    campaign_id=opened.campaign_id,
                    amount=opened.amount,
                    reason=command.reason,
                    was="won" if isinstance(deal, Won) else "lost",
                )
            ]
        case _:
            assert_never(deal)


def _created(command: OpenDeal) -> DealCreated:
    return DealCreated(
        deal_id=command.deal_id,
        account_id=command.account_id,
        primary_contact_id=command.primary_contact_id,
        lead_id=command.lead_id,
        campaign_id=command.campaign_id,
        rep_id=command.rep_id,
        name=command.name,
        amount=command.amount,
        source_label=command.source_label,
        source_kind=command.source_kind,
    )


def _unknown(deal_id: UUID) -> NotFound:
    return NotFound(f"There is no deal {deal_id}.", rule="deal.unknown")
