"""Who follows up a lead, and what becomes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import (
    AssignmentReason,
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadSentToNurture,
    RepLevel,
    RoutedLead,
)
from nexa_contracts.values import Band, Because, Candidate, Money
from nexa_sales.assignment.desk import Demand, Desk, Seat, choose
from nexa_sales.assignment.events import LeadLetGo, LeadWorked
from nexa_sales.assignment.state import Assigned, Assignment, Converted, Ended, Nurtured, Unrouted, Waiting, rep_of

CROSSED_BY = 3
"""A lead that has been routed moves up only when its score is this far beyond the boundary."""

LEAST_SCORE = {Band.HIGH: 75, Band.MEDIUM: 50}
RANK = {Band.LOW: 0, Band.MEDIUM: 1, Band.HIGH: 2}


@dataclass(frozen=True, kw_only=True)
class RouteLead:
    """Route a scored lead, or see whether a new score moves it up."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None
    band: Band
    score: int
    territory: str | None
    product_interest: str | None
    source_label: str
    source_kind: LeadSourceKind


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
class NoteContact:
    lead_id: UUID


@dataclass(frozen=True, kw_only=True)
class ConvertLead:
    """The lead becomes a contact of an account, with a deal; their ids come with the command."""

    lead_id: UUID
    contact_id: UUID
    account_id: UUID
    account_matched: bool
    deal_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class DisqualifyLead:
    lead_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class LetLeadGo:
    """Marketing withdrew it."""

    lead_id: UUID


Command: TypeAlias = (
    RouteLead | OfferWaitingLead | ReassignLead | NoteContact | ConvertLead | DisqualifyLead | LetLeadGo
)


def decide(command: Command, state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    match command:
        case RouteLead():
            return route(command, state, now, desk)
        case OfferWaitingLead():
            return offer(state, now, desk)
        case ReassignLead():
            return reassign(command, state, desk)
        case NoteContact(lead_id=lead_id):
            return [LeadWorked(lead_id=lead_id)] if isinstance(state, Assigned) and not state.worked else []
        case ConvertLead():
            return convert(command, state)
        case DisqualifyLead():
            return disqualify(command, state)
        case LetLeadGo(lead_id=lead_id):
            if isinstance(state, Converted | Ended):
                return []
            return [LeadLetGo(lead_id=lead_id, rep_id=rep_of(state))]
        case _:
            assert_never(command)


def route(command: RouteLead, state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    """The first score decides; later ones move a lead upwards only, and only while no rep has worked it."""
    lead = RoutedLead(
        lead_id=command.lead_id,
        campaign_id=command.campaign_id,
        import_id=command.import_id,
        band=command.band,
        score=command.score,
        territory=command.territory,
        product_interest=command.product_interest,
        source_label=command.source_label,
        source_kind=command.source_kind,
    )
    match state:
        case Unrouted():
            if command.band is Band.LOW:
                return [LeadSentToNurture(**_fields(lead))]
            return [_assign_or_queue(lead, now, desk, AssignmentReason.FIRST, None)]
        case Nurtured(lead=routed) | Waiting(lead=routed) | Assigned(lead=routed, worked=False):
            if not moves_up(routed.band, command.band, command.score):
                return []
            return _move_up(lead, state, now, desk)
        case Assigned() | Converted() | Ended():
            return []
        case _:
            assert_never(state)


def moves_up(routed: Band, band: Band, score: int) -> bool:
    return RANK[band] > RANK[routed] and score >= LEAST_SCORE[band] + CROSSED_BY


def _move_up(lead: RoutedLead, state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    """A lead that a rep has already only moves if somebody of the higher level can take it."""
    previous = rep_of(state)
    moved = _assign_or_queue(lead, now, desk, AssignmentReason.REROUTED, previous)
    if isinstance(moved, LeadQueued) and previous is not None:
        return []
    return [moved]


def offer(state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    match state:
        case Waiting(lead=lead):
            offered = _assign_or_queue(lead, now, desk, AssignmentReason.FROM_QUEUE, None)
            return [offered] if isinstance(offered, LeadAssigned) else []
        case _:
            return []


def _assign_or_queue(
    lead: RoutedLead, now: datetime, desk: Desk, reason: AssignmentReason, previous: UUID | None
) -> LeadAssigned | LeadQueued:
    choice = choose(desk, Demand(lead.band, lead.territory, lead.product_interest))
    if choice.seat is None:
        return LeadQueued(
            **_fields(lead),
            reason=_why_nobody(choice.because),
            since=now,
            first=reason is AssignmentReason.FIRST,
            because=choice.because,
        )
    return _assigned(lead, choice.seat, desk, reason, previous, choice.because)


def _assigned(
    lead: RoutedLead, seat: Seat, desk: Desk, reason: AssignmentReason, previous: UUID | None, because: Because
) -> LeadAssigned:
    return LeadAssigned(
        **_fields(lead),
        rep_id=seat.rep_id,
        reason=reason,
        previous_rep_id=previous,
        manager_id=seat.manager_id,
        turn=desk.turn + 1,
        because=because,
    )


def _fields(lead: RoutedLead) -> dict[str, object]:
    return {name: getattr(lead, name) for name in RoutedLead.model_fields}


def _why_nobody(because: Because) -> str:
    reasons = {candidate.reason for candidate in because.candidates}
    fitting = sorted(reason for reason in reasons if "leads go to" not in reason)
    return "; ".join(fitting[:3]) or "there is no rep of that level"


def reassign(command: ReassignLead, state: Assignment, desk: Desk) -> Sequence[Event]:
    seat = desk.seats.get(command.rep_id)
    if seat is None or seat.level is RepLevel.MANAGER:
        raise Refused(f"{command.rep_id} is no rep on the roster.", rule="assignment.rep", field="rep_id")
    match state:
        case Assigned(lead=lead) if lead.rep_id == command.rep_id:
            return []
        case Assigned(lead=lead) | Waiting(lead=lead) | Nurtured(lead=lead):
            chosen = Candidate(id=str(seat.rep_id), name=seat.name, taken=True, reason=command.reason)
            because = Because(rule="given by a person", facts={"reason": command.reason}, candidates=(chosen,))
            return [_assigned(lead, seat, desk, AssignmentReason.REASSIGNED, rep_of(state), because)]
        case Unrouted():
            raise _unknown(command.lead_id)
        case Converted() | Ended():
            raise Refused("The lead is closed; nobody follows it up any more.", rule="assignment.closed")
        case _:
            assert_never(state)


def convert(command: ConvertLead, state: Assignment) -> Sequence[Event]:
    match state:
        case Assigned(lead=lead) | Waiting(lead=lead) | Nurtured(lead=lead):
            return [
                LeadConverted(
                    lead_id=command.lead_id,
                    campaign_id=lead.campaign_id,
                    import_id=lead.import_id,
                    contact_id=command.contact_id,
                    account_id=command.account_id,
                    account_matched=command.account_matched,
                    deal_id=command.deal_id,
                    amount=command.amount,
                    rep_id=rep_of(state),
                    band=lead.band,
                    source_label=lead.source_label,
                    source_kind=lead.source_kind,
                )
            ]
        case Converted(conversion=conversion) if conversion.deal_id == command.deal_id:
            return []
        case Converted(conversion=conversion):
            raise Refused(f"The lead became deal {conversion.deal_id} already.", rule="lead.converted")
        case Ended(reason=reason):
            raise Refused(f"The lead is closed: {reason}.", rule="lead.closed")
        case Unrouted():
            raise _unknown(command.lead_id)
        case _:
            assert_never(state)


def disqualify(command: DisqualifyLead, state: Assignment) -> Sequence[Event]:
    match state:
        case Assigned(lead=lead) | Waiting(lead=lead) | Nurtured(lead=lead):
            return [
                LeadDisqualified(
                    lead_id=command.lead_id,
                    campaign_id=lead.campaign_id,
                    import_id=lead.import_id,
                    rep_id=rep_of(state),
                    reason=command.reason,
                )
            ]
        case Ended():
            return []
        case Converted(conversion=conversion):
            raise Refused(f"The lead became deal {conversion.deal_id}; lose the deal instead.", rule="lead.converted")
        case Unrouted():
            raise _unknown(command.lead_id)
        case _:
            assert_never(state)


def _unknown(lead_id: UUID) -> NotFound:
    return NotFound(
        f"Sales does not know a lead {lead_id}; a new one comes here once it is scored, within seconds.",
        rule="lead.unknown",
    )
