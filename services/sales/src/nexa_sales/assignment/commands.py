"""What can be asked about a lead that sales follows up."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import FollowUpChannel, FollowUpOutcome
from nexa_contracts.values import Band, Money


@dataclass(frozen=True, kw_only=True)
class RouteLead:
    """Route a scored lead, or see whether a new score moves it up. `band_from`: the fewest points of the band."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None
    band: Band
    score: int
    territory: str | None
    product_interest: str | None
    source_label: str
    source_kind: LeadSourceKind
    band_from: int | None = None


@dataclass(frozen=True, kw_only=True)
class ReconsiderLead:
    """What the lead asks of a rep has changed; it matters where the lead still waits for one."""

    lead_id: UUID
    territory: str | None
    product_interest: str | None


@dataclass(frozen=True, kw_only=True)
class OfferWaitingLead:
    """Something changed at the desk: see whether somebody can take the lead now."""

    lead_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReassignLead:
    """A person gives the lead to this rep."""

    lead_id: UUID
    rep_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class HandOverLead:
    """The lead's rep has left: find another by the rules, or let it wait for one."""

    lead_id: UUID
    rep_id: UUID
    rep_name: str


@dataclass(frozen=True, kw_only=True)
class AlertOfWait:
    """The lead has waited since then for as long as its rule allows; it matters where it still does."""

    lead_id: UUID
    since: datetime


@dataclass(frozen=True, kw_only=True)
class RecordFollowUp:
    """A rep called or wrote to the lead. `call_back_at` is the time they agreed on, if they did."""

    lead_id: UUID
    channel: FollowUpChannel
    outcome: FollowUpOutcome
    found_interest: bool | None
    note: str
    recorded_by: str
    task_id: UUID | None
    call_back_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class NoteContact:
    """A rep has been in touch with the lead."""

    lead_id: UUID


@dataclass(frozen=True, kw_only=True)
class ConvertLead:
    """The lead becomes a contact of an account, with a deal; their ids come with the command."""

    lead_id: UUID
    company: str
    contact_id: UUID
    account_id: UUID
    account_matched: bool
    deal_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class DisqualifyLead:
    """The lead is none, for this reason, or none before `recycle_at`."""

    lead_id: UUID
    reason: str
    recycle_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RecycleLead:
    """A disqualified lead comes back: at the time that was agreed, or (None) because a person wants it now."""

    lead_id: UUID
    planned_for: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LetLeadGo:
    """Marketing withdrew it."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None


Command: TypeAlias = (
    RouteLead | ReconsiderLead | OfferWaitingLead | ReassignLead | HandOverLead | AlertOfWait | RecycleLead | LetLeadGo
)
"""What is decided over the desk. Leads are let go by the batch: one that did not lock the desk first would lock counts of
reps that those who route over it are about to change, while it waits for theirs."""

AloneCommand: TypeAlias = RecordFollowUp | NoteContact | ConvertLead | DisqualifyLead
"""What is decided without a look at the desk, one at a time: that saves the round trips of loading it. Converting or
disqualifying a lead that a rep has still counts it off the rep's row, and waits for those who route to release that."""

ALONE: tuple[type, ...] = (RecordFollowUp, NoteContact, ConvertLead, DisqualifyLead)
COMMANDS: tuple[type, ...] = (
    RouteLead,
    ReconsiderLead,
    OfferWaitingLead,
    ReassignLead,
    HandOverLead,
    AlertOfWait,
    RecycleLead,
    LetLeadGo,
    *ALONE,
)
