"""Which rep gets a lead: on its first score, out of the queue, and up into a higher band."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import AssignmentReason, LeadAssigned, LeadQueued, LeadSentToNurture
from nexa_contracts.values import Band, Because
from nexa_sales.assignment.commands import ReconsiderLead, RouteLead
from nexa_sales.assignment.desk import RULE_VERSION, Demand, Desk, Seat, choose
from nexa_sales.assignment.state import (
    Assigned,
    Assignment,
    Converted,
    Ended,
    Lead,
    Nurtured,
    Unrouted,
    Waiting,
    rep_of,
)

CROSSED_BY = 3
"""A lead that has been routed moves up only when its score is this far beyond the boundary."""

LEAST_SCORE = {Band.HIGH: 75, Band.MEDIUM: 50}
RANK = {Band.LOW: 0, Band.MEDIUM: 1, Band.HIGH: 2}


def route(command: RouteLead, state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    """The first score decides; later ones move a lead upwards only, and only while no rep has worked it."""
    match state:
        case Unrouted():
            lead = _lead_of(command)
            if command.band is Band.LOW:
                return [_to_nurture(lead)]
            return [_assign_or_queue(lead, now, desk, AssignmentReason.FIRST)]
        case Nurtured(lead=routed) | Waiting(lead=routed) | Assigned(lead=routed, worked=False):
            if not moves_up(routed.band, command.band, command.score):
                return []
            return _move_up(_lead_of(command), state, now, desk)
        case Assigned() | Converted() | Ended():
            return []
        case _:
            assert_never(state)


def moves_up(routed: Band, band: Band, score: int) -> bool:
    """Whether a routed lead's new score takes it up: a higher band, by the margin."""
    return RANK[band] > RANK[routed] and score >= LEAST_SCORE[band] + CROSSED_BY


def _move_up(lead: Lead, state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    """A lead that a rep has already only moves if somebody of the higher level can take it."""
    previous = rep_of(state)
    since = state.since if isinstance(state, Waiting) else now
    moved = _assign_or_queue(lead, since, desk, AssignmentReason.REROUTED, previous)
    if isinstance(moved, LeadQueued) and previous is not None:
        return []
    return [moved]


def offer(state: Assignment, desk: Desk) -> Sequence[Event]:
    """A lead that waits goes to whoever can take it now."""
    match state:
        case Waiting(lead=lead, since=since):
            offered = _assign_or_queue(lead, since, desk, AssignmentReason.FROM_QUEUE)
            return [offered] if isinstance(offered, LeadAssigned) else []
        case _:
            return []


def reconsider(command: ReconsiderLead, state: Assignment, desk: Desk) -> Sequence[Event]:
    """A waiting lead that asks for something else now is looked at again, and keeps its age."""
    wanted = (command.territory, command.product_interest)
    match state:
        case Waiting(lead=lead, since=since) if (lead.territory, lead.product_interest) != wanted:
            changed = replace(lead, territory=command.territory, product_interest=command.product_interest)
            return [_assign_or_queue(changed, since, desk, AssignmentReason.FROM_QUEUE)]
        case _:
            return []


def assigned(
    lead: Lead, seat: Seat, desk: Desk, reason: AssignmentReason, previous: UUID | None, because: Because
) -> LeadAssigned:
    return LeadAssigned(
        **vars(lead),
        rep_id=seat.rep_id,
        reason=reason,
        previous_rep_id=previous,
        manager_id=seat.manager_id,
        turn=desk.turn + 1,
        because=because,
    )


def _assign_or_queue(
    lead: Lead, since: datetime, desk: Desk, reason: AssignmentReason, previous: UUID | None = None
) -> LeadAssigned | LeadQueued:
    choice = choose(desk, Demand(lead.band, lead.territory, lead.product_interest))
    if choice.seat is None:
        first = reason is AssignmentReason.FIRST
        return LeadQueued(
            **vars(lead), reason=choice.why_nobody, since=since, first=first, because=_knowing(lead, choice.because)
        )
    return assigned(lead, choice.seat, desk, reason, previous, _knowing(lead, choice.because))


def _knowing(lead: Lead, because: Because) -> Because:
    return Because(
        rule=because.rule,
        rule_version=because.rule_version,
        facts={"score": str(lead.score), **because.facts},
        candidates=because.candidates,
    )


def _to_nurture(lead: Lead) -> LeadSentToNurture:
    because = Because(
        rule="low band to marketing's series, to no rep",
        rule_version=RULE_VERSION,
        facts={"score": str(lead.score), "band": lead.band.value},
    )
    return LeadSentToNurture(**vars(lead), because=because)


def _lead_of(command: RouteLead) -> Lead:
    return Lead(**vars(command))
