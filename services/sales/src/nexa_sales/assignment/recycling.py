"""A lead that is none, now or for good, and its way back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.sales import AssignmentReason, LeadDisqualified, LeadRecycled
from nexa_contracts.values import Band
from nexa_sales.assignment.commands import DisqualifyLead, RecycleLead
from nexa_sales.assignment.desk import Desk
from nexa_sales.assignment.routing import assign_or_queue
from nexa_sales.assignment.state import (
    Assigned,
    Assignment,
    Converted,
    Disqualified,
    Ended,
    Nurtured,
    Unrouted,
    Waiting,
    rep_of,
)


def disqualify(command: DisqualifyLead, state: Assignment, now: datetime) -> Sequence[Event]:
    """Also a disqualified one is, for another reason or until another time; what was said before no longer counts."""
    if command.recycle_at is not None and command.recycle_at <= now:
        raise Refused("The time to recycle the lead is past.", rule="lead.recycle_at", field="recycle_at")
    match state:
        case Disqualified(reason=reason, recycle_at=at) if (reason, at) == (command.reason, command.recycle_at):
            return []
        case Assigned(lead=lead) | Waiting(lead=lead) | Nurtured(lead=lead) | Disqualified(lead=lead):
            return [
                LeadDisqualified(
                    lead_id=command.lead_id,
                    campaign_id=lead.campaign_id,
                    import_id=lead.import_id,
                    rep_id=rep_of(state),
                    reason=command.reason,
                    recycle_at=command.recycle_at,
                    round=lead.round,
                )
            ]
        case Ended():
            return []
        case Converted(deal_id=deal_id):
            raise Refused(f"The lead became deal {deal_id}; lose the deal instead.", rule="lead.converted")
        case Unrouted():
            raise unknown(command.lead_id)
        case _:
            assert_never(state)


def recycle(command: RecycleLead, state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    """It is routed anew, by the band it had or has moved up to; a Low one is left to marketing's series."""
    match state:
        case Disqualified(lead=lead, reason=reason, recycle_at=at, scored=scored) if _is_meant(command, at):
            again = replace(scored or lead, round=lead.round + 1)
            back = LeadRecycled(**vars(again), reason=reason)
            if again.band is Band.LOW:
                return [back]
            return [back, assign_or_queue(again, now, desk, AssignmentReason.FROM_QUEUE)]
        case _ if command.planned_for is not None:
            return []
        case Ended():
            raise Refused("Marketing withdrew the lead; it does not come back.", rule="lead.withdrawn")
        case Unrouted():
            raise unknown(command.lead_id)
        case Nurtured() | Waiting() | Assigned() | Converted() | Disqualified():
            raise Refused("Only a disqualified lead is recycled.", rule="lead.not_disqualified")
        case _:
            assert_never(state)


def _is_meant(command: RecycleLead, agreed: datetime | None) -> bool:
    return command.planned_for is None or command.planned_for == agreed


def unknown(lead_id: UUID) -> NotFound:
    return NotFound(
        f"Sales does not know a lead {lead_id}; a new one comes here once it is scored, within seconds.",
        rule="lead.unknown",
    )
