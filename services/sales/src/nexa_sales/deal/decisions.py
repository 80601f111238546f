"""Opening, moving, describing, winning, losing and reopening a deal, and handing it over."""

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
    DealDetails,
    DealDetailsChanged,
    DealHandoffResubmitted,
    DealHandoffReturned,
    DealReassigned,
    DealReopened,
    DealStage,
    DealStageChanged,
)
from nexa_sales.deal.commands import (
    ChangeDetails,
    CloseLost,
    CloseWon,
    Command,
    MoveDeal,
    OpenDeal,
    ReassignDeal,
    ReopenDeal,
    ResubmitHandoff,
    ReturnHandoff,
)
from nexa_sales.deal.state import Deal, HandedOver, Lost, NoDeal, Open, Returned, Won

OPEN_STAGES = (DealStage.QUALIFICATION, DealStage.PROPOSAL, DealStage.NEGOTIATION)


def decide(command: Command, state: Deal, now: datetime) -> Sequence[Event]:
    match command:
        case OpenDeal():
            return [_created(command)] if isinstance(state, NoDeal) else []
        case MoveDeal():
            return move(state, command)
        case ChangeDetails():
            return change_details(state, command)
        case CloseWon():
            return close_won(state, command, now)
        case CloseLost():
            return close_lost(state, command, now)
        case ReopenDeal():
            return reopen(state, command)
        case ReassignDeal():
            return reassign(state, command)
        case ReturnHandoff():
            return return_handoff(state, command)
        case ResubmitHandoff():
            return resubmit_handoff(state, command)
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


def change_details(deal: Deal, command: ChangeDetails) -> Sequence[Event]:
    """A won deal's details can be completed too: that is what a returned handoff asks for."""
    match deal:
        case NoDeal():
            raise _unknown(command.deal_id)
        case Lost():
            raise Refused("The deal is lost; reopen it first.", rule="deal.closed")
        case Open(deal=opened, details=before) | Won(deal=opened, details=before):
            names = DealDetails.model_fields
            changed = tuple(name for name in names if getattr(before, name) != getattr(command.details, name))
            if not changed:
                return []
            return [
                DealDetailsChanged(
                    deal_id=opened.deal_id, account_id=opened.account_id, details=command.details, changed=changed
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
        case Open(deal=opened, details=details):
            return [
                DealClosedWon(
                    deal_id=opened.deal_id,
                    account_id=opened.account_id,
                    campaign_id=opened.campaign_id,
                    amount=command.actual_amount or opened.amount,
                    contract_url=command.contract_url,
                    closed_at=now,
                    name=opened.name,
                    primary_contact_id=opened.primary_contact_id,
                    rep_id=opened.rep_id,
                    lead_id=opened.lead_id,
                    details=details,
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
        case Open() if not command.reason.strip():
            raise _without_reason("lost")
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
        case Won() | Lost() if not command.reason.strip():
            raise _without_reason("reopened")
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


def reassign(deal: Deal, command: ReassignDeal) -> Sequence[Event]:
    """Also of a closed deal: its handoff may be returned, or it is reopened."""
    if isinstance(deal, NoDeal):
        raise _unknown(command.deal_id)
    if deal.deal.rep_id == command.rep_id:
        return []
    return [
        DealReassigned(
            deal_id=deal.deal.deal_id,
            account_id=deal.deal.account_id,
            campaign_id=deal.deal.campaign_id,
            rep_id=command.rep_id,
            previous_rep_id=deal.deal.rep_id,
            reason=command.reason,
        )
    ]


def return_handoff(deal: Deal, command: ReturnHandoff) -> Sequence[Event]:
    """It counts for a deal that was reopened meanwhile too: won again, it is still returned."""
    if isinstance(deal, NoDeal):
        raise _unknown(command.deal_id)
    match deal.handoff:
        case HandedOver(returned=latest) | Returned(round=latest) if command.round <= latest:
            return []
        case _:
            return [
                DealHandoffReturned(
                    deal_id=deal.deal.deal_id,
                    account_id=deal.deal.account_id,
                    rep_id=deal.deal.rep_id,
                    reason=command.reason,
                    round=command.round,
                )
            ]


def resubmit_handoff(deal: Deal, command: ResubmitHandoff) -> Sequence[Event]:
    match deal:
        case NoDeal():
            raise _unknown(command.deal_id)
        case Won(deal=opened, details=details, handoff=Returned()):
            return [
                DealHandoffResubmitted(
                    deal_id=opened.deal_id, account_id=opened.account_id, details=details, note=command.note
                )
            ]
        case Open() | Lost() | Won():
            raise Refused("Customer success has not returned the deal's handoff.", rule="deal.handoff_not_returned")
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


def _without_reason(what: str) -> Refused:
    return Refused(f"A deal is {what} for a reason; say which.", rule="deal.reason", field="reason")
