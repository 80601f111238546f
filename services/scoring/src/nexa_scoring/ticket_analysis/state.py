"""A ticket as its analysis knows it: not heard of, or read, with the last analysis."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_contracts.scoring import SupportLoadChanged, TicketAnalyzed
from nexa_scoring.ticket_analysis.events import (
    AnalysisCorrected,
    TicketAttributed,
    TicketRead,
    TicketSetAside,
    TicketTakenBack,
)


@dataclass(frozen=True)
class Unread:
    """Nothing came yet."""


@dataclass(frozen=True)
class Read:
    """`counts_for` is the account whose support load it is part of; `labels` the corrections that are kept."""

    submitted_at: datetime
    account_id: UUID | None
    counts_for: UUID | None = None
    merged: bool = False
    analysis: TicketAnalyzed | None = None
    labels: tuple[str, ...] = ()


TicketAnalysis: TypeAlias = Unread | Read
TicketEvent: TypeAlias = (
    TicketRead
    | TicketAnalyzed
    | SupportLoadChanged
    | TicketAttributed
    | TicketSetAside
    | TicketTakenBack
    | AnalysisCorrected
)


def evolve(state: TicketAnalysis, event: TicketEvent) -> TicketAnalysis:
    if isinstance(event, TicketRead):
        return Read(submitted_at=event.submitted_at, account_id=event.account_id)
    if isinstance(state, Unread):
        return state
    match event:
        case TicketAnalyzed():
            return replace(state, analysis=event)
        case SupportLoadChanged(account_id=account_id, counts=counts):
            return replace(state, counts_for=account_id if counts else None)
        case TicketAttributed(account_id=account_id):
            return replace(state, account_id=account_id)
        case TicketSetAside():
            return replace(state, merged=True)
        case TicketTakenBack():
            return replace(state, merged=False)
        case AnalysisCorrected(label_id=label_id):
            return replace(state, labels=(*state.labels, label_id))
        case _:
            assert_never(event)
