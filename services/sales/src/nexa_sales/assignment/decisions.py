"""Who follows up a lead, and what becomes of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from nexa_chassis.domain import Refused
from nexa_contracts.envelope import Event
from nexa_contracts.sales import AssignmentReason, LeadConverted, LeadReleased, LeadWaitedTooLong, RepLevel
from nexa_contracts.values import Because, Candidate
from nexa_sales.assignment.choosing import managers_for
from nexa_sales.assignment.commands import (
    AlertOfWait,
    AloneCommand,
    Command,
    ConvertLead,
    DisqualifyLead,
    HandOverLead,
    LetLeadGo,
    NoteContact,
    OfferWaitingLead,
    ReassignLead,
    ReconsiderLead,
    RecordFollowUp,
    RecycleLead,
    RouteLead,
)
from nexa_sales.assignment.desk import Desk
from nexa_sales.assignment.events import LeadWorked
from nexa_sales.assignment.follow_up import record
from nexa_sales.assignment.recycling import disqualify, recycle, unknown
from nexa_sales.assignment.routing import assigned, demand_of, hand_over, offer, reconsider, route
from nexa_sales.assignment.state import (
    Assigned,
    Assignment,
    Converted,
    Disqualified,
    Ended,
    Nurtured,
    Unrouted,
    Waiting,
    lead_of,
    rep_of,
)


def decide(command: Command, state: Assignment, now: datetime, desk: Desk) -> Sequence[Event]:
    match command:
        case RouteLead():
            return route(command, state, now, desk)
        case ReconsiderLead():
            return reconsider(command, state, desk)
        case OfferWaitingLead():
            return offer(state, desk)
        case ReassignLead():
            return reassign(command, state, desk)
        case HandOverLead():
            return hand_over(command, state, now, desk)
        case AlertOfWait():
            return alert(command, state, desk)
        case RecycleLead():
            return recycle(command, state, now, desk)
        case LetLeadGo():
            return let_go(command, state)
        case _:
            assert_never(command)


def decide_alone(command: AloneCommand, state: Assignment, now: datetime) -> Sequence[Event]:
    match command:
        case RecordFollowUp():
            return record(command, state, now)
        case NoteContact(lead_id=lead_id):
            return [LeadWorked(lead_id=lead_id)] if isinstance(state, Assigned) and not state.worked else []
        case ConvertLead():
            return convert(command, state)
        case DisqualifyLead():
            return disqualify(command, state, now)
        case _:
            assert_never(command)


def reassign(command: ReassignLead, state: Assignment, desk: Desk) -> Sequence[Event]:
    """A person decides; capacity and availability are theirs to overrule."""
    seat = desk.seats.get(command.rep_id)
    if seat is None or seat.level is RepLevel.MANAGER:
        raise Refused(f"{command.rep_id} is no rep on the roster.", rule="assignment.rep", field="rep_id")
    match state:
        case Assigned(rep_id=rep_id) if rep_id == command.rep_id:
            return []
        case Assigned(lead=lead) | Waiting(lead=lead) | Nurtured(lead=lead):
            chosen = Candidate(id=str(seat.rep_id), name=seat.name, taken=True, reason=command.reason)
            because = Because(rule="given by a person", facts={"reason": command.reason}, candidates=(chosen,))
            return [assigned(lead, seat, desk, AssignmentReason.REASSIGNED, rep_of(state), because)]
        case Unrouted():
            raise unknown(command.lead_id)
        case Converted() | Disqualified() | Ended():
            raise Refused("The lead is closed; nobody follows it up any more.", rule="lead.closed")
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
                    round=lead.round,
                    because=_why_this_account(command),
                )
            ]
        case Converted(deal_id=deal_id):
            raise Refused(f"The lead was converted already; it became deal {deal_id}.", rule="lead.converted")
        case Ended(reason=reason) | Disqualified(reason=reason):
            raise Refused(f"The lead is closed: {reason}.", rule="lead.closed")
        case Unrouted():
            raise unknown(command.lead_id)
        case _:
            assert_never(state)


def _why_this_account(command: ConvertLead) -> Because:
    found = "there was one" if command.account_matched else "there was none, so a new one"
    return Because(
        rule="the account of the company's name, whatever its case, spaces and legal form",
        facts={"company": command.company, "account": found},
    )


def alert(command: AlertOfWait, state: Assignment, desk: Desk) -> Sequence[Event]:
    """Once for each wait, to the managers of those who could take the lead."""
    match state:
        case Waiting(lead=lead, since=since, reason=reason, alerted=False) if since == command.since:
            return [
                LeadWaitedTooLong(
                    lead_id=lead.lead_id,
                    campaign_id=lead.campaign_id,
                    import_id=lead.import_id,
                    band=lead.band,
                    since=since,
                    reason=reason,
                    manager_ids=managers_for(desk, demand_of(lead)),
                )
            ]
        case _:
            return []


def let_go(command: LetLeadGo, state: Assignment) -> Sequence[Event]:
    """Also a lead that was never routed is closed here, so that its import can be counted to the end."""
    match state:
        case Converted() | Ended():
            return []
        case Unrouted() | Nurtured() | Waiting() | Assigned() | Disqualified():
            return [
                LeadReleased(
                    lead_id=command.lead_id,
                    campaign_id=command.campaign_id,
                    import_id=command.import_id,
                    rep_id=rep_of(state),
                    first=isinstance(state, Unrouted),
                    round=lead.round if (lead := lead_of(state)) else 1,
                )
            ]
        case _:
            assert_never(state)
