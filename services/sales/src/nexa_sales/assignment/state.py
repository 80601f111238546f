"""Where a lead stands with sales."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import (
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadReleased,
    LeadSentToNurture,
    RoutedLead,
)
from nexa_contracts.values import Band
from nexa_sales.assignment.events import LeadWorked


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


@dataclass(frozen=True)
class Unrouted:
    pass


@dataclass(frozen=True)
class Nurtured:
    """Left to marketing's series."""

    lead: Lead


@dataclass(frozen=True)
class Waiting:
    """Nobody could take it, since then."""

    lead: Lead
    since: datetime


@dataclass(frozen=True)
class Assigned:
    """A rep has it. `worked`: there has been contact."""

    lead: Lead
    rep_id: UUID
    worked: bool = False


@dataclass(frozen=True)
class Converted:
    deal_id: UUID


@dataclass(frozen=True)
class Ended:
    """Disqualified or withdrawn."""

    reason: str


Assignment: TypeAlias = Unrouted | Nurtured | Waiting | Assigned | Converted | Ended


def rep_of(state: Assignment) -> UUID | None:
    return state.rep_id if isinstance(state, Assigned) else None


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
    )


def evolve(state: Assignment, event: Event) -> Assignment:
    match event:
        case LeadAssigned():
            return Assigned(_lead(event), event.rep_id, worked=isinstance(state, Assigned) and state.worked)
        case LeadQueued():
            return Waiting(_lead(event), event.since)
        case LeadSentToNurture():
            return Nurtured(_lead(event))
        case LeadWorked() if isinstance(state, Assigned):
            return replace(state, worked=True)
        case LeadConverted(deal_id=deal_id):
            return Converted(deal_id)
        case LeadDisqualified(reason=reason):
            return Ended(reason)
        case LeadReleased():
            return Ended("withdrawn by marketing")
        case _:
            return state
