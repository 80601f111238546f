"""Opening, moving, winning, losing and reopening a deal."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealReopened,
    DealStage,
    DealStageChanged,
)
from nexa_sales.deal.commands import CloseLost, CloseWon, Command, MoveDeal, OpenDeal, ReopenDeal
from nexa_sales.deal.state import Deal, Lost, NoDeal, Open, Won

OPEN_STAGES = (DealStage.QUALIFICATION, DealStage.PROPOSAL, DealStage.NEGOTIATION)


def decide(command: Command, state: Deal, now: datetime) -> Sequence[Event]:
    match command:
        case OpenDeal():
            return [_created(command)] if isinstance(state, NoDeal) else []
        case MoveDeal():
            return move(state, command)
        case CloseWon():
            return close_won(state, command, now)
        case CloseLost():
            return close_lost(state, command, now)
        case ReopenDeal():
            return reopen(state, command)
        case _:
            assert_never(command)


def move(deal: Deal, command: MoveDeal) -> Sequence[Event]:
    match deal:
        case NoDeal():
            raise _unknown(command.deal_id)
        case Won() | Lost():
            raise Refused("The deal is closed; reopen it first.", rule="deal.closed")
        case Open() if command.stage not in OPEN_STAGES:
            raise Refused("A deal is closed by winning or losing it.", rule="deal.stage", field="stage")
        case Open(stage=stage) if stage is command.stage:
            return []
        case Open(deal=opened, stage=stage):
            return [
                DealStageChanged(
                    deal_id=opened.deal_id, campaign_id=opened.campaign_id, stage=command.stage, previous_stage=stage
                )
            ]
        case _:
            assert_never(deal)


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


def reopen(deal: Deal, command: ReopenDeal) -> Sequence[Event]:
    match deal:
        case NoDeal():
            raise _unknown(command.deal_id)
        case Open():
            return []
        case Won(deal=opened, stage=stage) | Lost(deal=opened, stage=stage):
            return [
                DealReopened(
                    deal_id=opened.deal_id,
                    account_id=opened.account_id,
                    campaign_id=opened.campaign_id,
                    amount=opened.amount,
                    reason=command.reason,
                    was="won" if isinstance(deal, Won) else "lost",
                    stage=stage,
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
