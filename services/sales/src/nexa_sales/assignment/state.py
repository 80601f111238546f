"""Where a lead stands with sales."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import (
    FollowUpOutcome,
    FollowUpRecorded,
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadRecycled,
    LeadReleased,
    LeadSentToNurture,
    LeadWaitedTooLong,
    RoutedLead,
)
from nexa_contracts.values import Band
from nexa_sales.assignment.events import LeadScoredMeanwhile, LeadWorked


@dataclass(frozen=True)
class Lead:
    """What routing knew of a lead when it decided: the fields of `RoutedLead`, light enough to be kept by the thousand."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None
    band: Band
    score: int
    territory: str | None
    product_interest: str | None
    source_label: str
    source_kind: LeadSourceKind
    round: int = 1


@dataclass(frozen=True)
class Unrouted:
    pass


@dataclass(frozen=True)
class Nurtured:
    """Left to marketing's series."""

    lead: Lead


@dataclass(frozen=True)
class Waiting:
    """Nobody could take it, since then and for this reason. `alerted`: managers have been told of this wait.

    `worked`: there was contact with it before its rep left.
    """

    lead: Lead
    since: datetime
    reason: str
    alerted: bool = False
    worked: bool = False


@dataclass(frozen=True)
class Assigned:
    """A rep has it. `worked`: there has been contact. `attempts`: calls and mails since the lead was last reached."""

    lead: Lead
    rep_id: UUID
    worked: bool = False
    attempts: int = 0


@dataclass(frozen=True)
class Converted:
    deal_id: UUID


@dataclass(frozen=True)
class Disqualified:
    """None for now. `recycle_at`: when it comes back, None if only a person brings it back.

    `scored`: how it comes back, where there were scores since.
    """

    lead: Lead
    reason: str
    recycle_at: datetime | None
    scored: Lead | None = None


@dataclass(frozen=True)
class Ended:
    """Withdrawn."""

    reason: str


REACHED = frozenset({FollowUpOutcome.REACHED, FollowUpOutcome.CALL_BACK, FollowUpOutcome.REPLIED})
"""Outcomes in which the lead itself said something."""

Assignment: TypeAlias = Unrouted | Nurtured | Waiting | Assigned | Converted | Disqualified | Ended


def rep_of(state: Assignment) -> UUID | None:
    return state.rep_id if isinstance(state, Assigned) else None


def lead_of(state: Assignment) -> Lead | None:
    """What is known of the lead; None before it was routed, once it is converted, or was withdrawn."""
    return None if isinstance(state, Unrouted | Converted | Ended) else state.lead


def _lead(event: RoutedLead) -> Lead:
    return Lead(
        event.lead_id,
        event.campaign_id,
        event.import_id,
        event.band,
        event.score,
        event.territory,
        event.product_interest,
        event.source_label,
        event.source_kind,
        event.round,
    )


def evolve(state: Assignment, event: Event) -> Assignment:
    match event:
        case LeadAssigned():
            if isinstance(state, Assigned):
                return replace(state, lead=_lead(event), rep_id=event.rep_id)
            return Assigned(_lead(event), event.rep_id, worked=isinstance(state, Waiting) and state.worked)
        case LeadQueued():
            told = isinstance(state, Waiting) and state.alerted and state.since == event.since
            worked = isinstance(state, Assigned | Waiting) and state.worked
            return Waiting(_lead(event), event.since, event.reason, alerted=told, worked=worked)
        case LeadWaitedTooLong() if isinstance(state, Waiting):
            return replace(state, alerted=True)
        case LeadSentToNurture() | LeadRecycled():
            return Nurtured(_lead(event))
        case FollowUpRecorded(outcome=outcome, attempt=attempt) if isinstance(state, Assigned):
            return replace(state, attempts=0 if outcome in REACHED else attempt)
        case LeadWorked() if isinstance(state, Assigned):
            return replace(state, worked=True)
        case LeadScoredMeanwhile() if isinstance(state, Disqualified):
            return replace(state, scored=_lead(event))
        case LeadConverted(deal_id=deal_id):
            return Converted(deal_id)
        case LeadDisqualified(reason=reason, recycle_at=recycle_at):
            if isinstance(state, Disqualified):
                return replace(state, reason=reason, recycle_at=recycle_at)
            lead = lead_of(state)
            return Ended(reason) if lead is None else Disqualified(lead, reason, recycle_at)
        case LeadReleased():
            return Ended("withdrawn by marketing")
        case _:
            return state
