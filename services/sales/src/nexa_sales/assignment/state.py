"""Where a lead stands with sales."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadReleased,
    LeadSentToNurture,
    RoutedLead,
)
from nexa_sales.assignment.events import LeadWorked


@dataclass(frozen=True)
class Unrouted:
    pass


@dataclass(frozen=True)
class Nurtured:
    """Left to marketing's series."""

    lead: RoutedLead


@dataclass(frozen=True)
class Waiting:
    """Nobody could take it, since then."""

    lead: RoutedLead
    since: datetime


@dataclass(frozen=True)
class Assigned:
    """A rep has it. `worked`: there has been contact."""

    lead: RoutedLead
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

ROUTED_FIELDS = tuple(RoutedLead.model_fields)


def rep_of(state: Assignment) -> UUID | None:
    return state.rep_id if isinstance(state, Assigned) else None


def facts_of(event: RoutedLead) -> RoutedLead:
    """What routing knew of the lead, without the event's own part: states are kept by the thousand."""
    return RoutedLead.model_construct(**{name: getattr(event, name) for name in ROUTED_FIELDS})


def evolve(state: Assignment, event: Event) -> Assignment:
    match event:
        case LeadAssigned():
            return Assigned(facts_of(event), event.rep_id, worked=isinstance(state, Assigned) and state.worked)
        case LeadQueued():
            return Waiting(facts_of(event), event.since)
        case LeadSentToNurture():
            return Nurtured(facts_of(event))
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
