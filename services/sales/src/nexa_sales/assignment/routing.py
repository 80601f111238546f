"""Which rep gets a lead: on its first score, out of the queue, up into a higher band, and when its rep has left."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import AssignmentReason, LeadAssigned, LeadQueued, LeadSentToNurture
from nexa_contracts.values import Band, Because, Candidate
from nexa_sales.assignment.choosing import Choice, Demand, choose, rule_for
from nexa_sales.assignment.commands import HandOverLead, ReconsiderLead, RouteLead
from nexa_sales.assignment.desk import Desk, Seat
from nexa_sales.assignment.events import LeadScoredMeanwhile
from nexa_sales.assignment.state import (
    Assigned,
    Assignment,
    Converted,
    Disqualified,
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
"""Of scores that do not say where their band begins."""
HIGHEST = 100
RANK = {Band.LOW: 0, Band.MEDIUM: 1, Band.HIGH: 2}


def route(command: RouteLead, state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    """The first score decides; later ones move a lead upwards only, and only while no rep has worked it.

    What comes while it is disqualified is kept for when it comes back.
    """
    match state:
        case Unrouted():
            lead = _lead_of(command)
            if command.band is Band.LOW:
                return [_to_nurture(lead, desk)]
            return [assign_or_queue(lead, now, desk, AssignmentReason.FIRST)]
        case Nurtured(lead=routed) | Waiting(lead=routed) | Assigned(lead=routed, worked=False):
            if not moves_up(routed.band, command):
                return []
            return _move_up(replace(_lead_of(command), round=routed.round), state, now, desk)
        case Disqualified(lead=routed, scored=scored):
            up = moves_up(routed.band, command)
            comes_back = replace(_lead_of(command), round=routed.round) if up else routed
            return [] if comes_back == (scored or routed) else [LeadScoredMeanwhile(**vars(comes_back))]
        case Assigned() | Converted() | Ended():
            return []
        case _:
            assert_never(state)


def moves_up(routed: Band, command: RouteLead) -> bool:
    """Whether a routed lead's new score takes it up: a higher band, by the margin."""
    if RANK[command.band] <= RANK[routed]:
        return False
    least = LEAST_SCORE[command.band] if command.band_from is None else command.band_from
    return command.score >= min(least + CROSSED_BY, HIGHEST)


def _move_up(lead: Lead, state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    """A lead that a rep has already only moves if somebody of the higher level can take it; one that waits begins anew."""
    previous = rep_of(state)
    moved = assign_or_queue(lead, now, desk, AssignmentReason.REROUTED, previous)
    if isinstance(moved, LeadQueued) and previous is not None:
        return []
    return [moved]


def offer(state: Assignment, desk: Desk) -> Sequence[Event]:
    """A lead that waits goes to whoever can take it now."""
    match state:
        case Waiting(lead=lead, since=since):
            offered = assign_or_queue(lead, since, desk, AssignmentReason.FROM_QUEUE)
            return [offered] if isinstance(offered, LeadAssigned) else []
        case _:
            return []


def reconsider(command: ReconsiderLead, state: Assignment, desk: Desk) -> Sequence[Event]:
    """A waiting lead that asks for something else now is looked at again, and keeps its age."""
    wanted = (command.territory, command.product_interest)
    match state:
        case Waiting(lead=lead, since=since) if (lead.territory, lead.product_interest) != wanted:
            changed = replace(lead, territory=command.territory, product_interest=command.product_interest)
            return [assign_or_queue(changed, since, desk, AssignmentReason.FROM_QUEUE)]
        case _:
            return []


def hand_over(command: HandOverLead, state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    """The lead of a rep who left goes to whoever the rules choose; nobody → it waits, from now on."""
    match state:
        case Assigned(lead=lead, rep_id=rep_id) if rep_id == command.rep_id:
            gone = Candidate(id=str(rep_id), name=command.rep_name, taken=False, reason="has left, had the lead")
            choice = _choose_for(lead, desk)
            told = choice.because.model_copy(
                update={
                    "rule": f"the rep left; {choice.because.rule}",
                    "candidates": (*choice.because.candidates, gone),
                }
            )
            if choice.seat is not None:
                return [assigned(lead, choice.seat, desk, AssignmentReason.REASSIGNED, rep_id, told)]
            queued = _queued(lead, now, desk, replace(choice, because=told))
            return [queued.model_copy(update={"previous_rep_id": rep_id})]
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


def assign_or_queue(
    lead: Lead, since: datetime, desk: Desk, reason: AssignmentReason, previous: UUID | None = None
) -> LeadAssigned | LeadQueued:
    """To whoever the rules choose; to nobody, the lead waits, and has waited since then."""
    choice = _choose_for(lead, desk)
    if choice.seat is None:
        return _queued(lead, since, desk, choice, first=reason is AssignmentReason.FIRST)
    return assigned(lead, choice.seat, desk, reason, previous, choice.because)


def _choose_for(lead: Lead, desk: Desk) -> Choice:
    choice = choose(desk, demand_of(lead))
    return replace(choice, because=_knowing(lead, choice.because))


def demand_of(lead: Lead) -> Demand:
    return Demand(lead.band, lead.territory, lead.product_interest)


def _queued(lead: Lead, since: datetime, desk: Desk, choice: Choice, *, first: bool = False) -> LeadQueued:
    patience = timedelta(hours=rule_for(desk, demand_of(lead)).alert_after_hours)
    return LeadQueued(
        **vars(lead),
        reason=choice.why_nobody,
        since=since,
        first=first,
        alert_at=since + patience,
        because=choice.because,
    )


def _knowing(lead: Lead, because: Because) -> Because:
    return Because(
        rule=because.rule,
        rule_version=because.rule_version,
        facts={"score": str(lead.score), **because.facts},
        candidates=because.candidates,
    )


def _to_nurture(lead: Lead, desk: Desk) -> LeadSentToNurture:
    because = Because(
        rule="low band to marketing's series, to no rep",
        rule_version=desk.rules.version,
        facts={"score": str(lead.score), "band": lead.band.value},
    )
    return LeadSentToNurture(**vars(lead), because=because)


def _lead_of(command: RouteLead) -> Lead:
    return Lead(**{name: value for name, value in vars(command).items() if name != "band_from"})
