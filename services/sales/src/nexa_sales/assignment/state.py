"""Where a lead stands with sales."""

from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadSentToNurture,
    RoutedLead,
)
from nexa_sales.assignment.events import LeadLetGo, LeadWorked


@dataclass(frozen=True)
class Unrouted:
    pass


@dataclass(frozen=True)
class Nurtured:
    """Left to marketing's series."""

    lead: RoutedLead


@dataclass(frozen=True)
class Waiting:
    """Nobody could take it."""

    lead: LeadQueued


@dataclass(frozen=True)
class Assigned:
    """A rep has it. `worked`: there has been contact."""

    lead: LeadAssigned
    worked: bool = False


@dataclass(frozen=True)
class Converted:
    conversion: LeadConverted


@dataclass(frozen=True)
class Ended:
    """Disqualified or withdrawn."""

    reason: str


Assignment: TypeAlias = Unrouted | Nurtured | Waiting | Assigned | Converted | Ended


def rep_of(state: Assignment) -> UUID | None:
    return state.lead.rep_id if isinstance(state, Assigned) else None


def evolve(state: Assignment, event: Event) -> Assignment:
    match event:
        case LeadAssigned():
            return Assigned(event, worked=isinstance(state, Assigned) and state.worked)
        case LeadQueued():
            return Waiting(event)
        case LeadSentToNurture():
            return Nurtured(event)
        case LeadWorked() if isinstance(state, Assigned):
            return replace(state, worked=True)
        case LeadConverted():
            return Converted(event)
        case LeadDisqualified(reason=reason):
            return Ended(reason)
        case LeadLetGo():
            return Ended("withdrawn")
        case _:
            return state
