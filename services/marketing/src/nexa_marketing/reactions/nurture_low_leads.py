"""A Low lead enters an e-mail series; unsubscribing, converting, withdrawing, a rep or disqualifying ends it.

Facts come from marketing, scoring and sales in any order; what is known of a lead is kept until its first score is there.
A lead that has left before its first score is seen is not enrolled at all: no mail is better than a mail too many. Whoever has
had a series may enter one again, where the series' rule for it says so, when a later score is Low or sales sends the lead back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.marketing import (
    CompanySize,
    LeadCreated,
    LeadSourceKind,
    LeadUnsubscribed,
    LeadUpdated,
    LeadWithdrawn,
    NurtureStopped,
)
from nexa_contracts.sales import LeadAssigned, LeadConverted, LeadDisqualified, LeadRecycled
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band
from nexa_marketing.nurture.decisions import EnrolLead, StopNurture, UpdateRecipient
from nexa_marketing.nurture.series import WEBINAR_FOLLOWUP, Ending, Entrant
from nexa_marketing.nurture.state import Recipient

STOPS: dict[type, tuple[str, str | None]] = {
    LeadUnsubscribed: ("unsubscribed", None),
    LeadConverted: ("converted", None),
    LeadWithdrawn: ("withdrawn", None),
    LeadAssigned: ("promoted", None),
    LeadDisqualified: ("finished", "sales disqualified the lead"),
}
"""Reason and detail of the end. The released reasons have none for disqualified ones: they end like a series that is over."""


@dataclass(frozen=True)
class SeenLead:
    """What has been heard of a lead so far.

    `first_band` is the band of its first score. `left`: no series is for it, `promoted` if only because a rep has it or sales
    disqualified it; `recycled`: sales sent it back as a Low one. `before` are the series it has been through.
    """

    recipient: Recipient | None = None
    campaign_id: UUID | None = None
    first_band: Band | None = None
    left: bool = False
    source_kind: LeadSourceKind = LeadSourceKind.OTHER
    company_size: CompanySize = CompanySize.UNKNOWN
    promoted: bool = False
    recycled: bool = False
    before: tuple[Ending, ...] = ()


def evolve(state: SeenLead, fact: Recorded) -> SeenLead:
    event = fact.event
    match event:
        case LeadCreated() | LeadUpdated():
            recipient = Recipient(event.campaign_name, event.email, event.first_name, event.company)
            kind, size = event.source_kind, event.company_size
            return replace(
                state, recipient=recipient, campaign_id=event.campaign_id, source_kind=kind, company_size=size
            )
        case LeadScored() if state.first_band is None:
            return replace(state, first_band=event.band)
        case LeadAssigned() | LeadDisqualified():
            return replace(state, left=True, promoted=state.promoted or not state.left)
        case LeadRecycled(band=Band.LOW) if state.promoted or not state.left:
            return replace(state, left=False, promoted=False, recycled=True)
        case NurtureStopped(series=series):
            return replace(state, before=(*state.before, Ending(series or WEBINAR_FOLLOWUP, fact.time)))
        case _ if type(event) in STOPS:
            return replace(state, left=True, promoted=False)
        case _:
            return state


def react(state: SeenLead, fact: Recorded, now: datetime) -> Iterator[object]:
    if state.recipient is None or not (state.recycled or state.first_band is Band.LOW):
        return
    event = fact.event
    lead_id = _lead_of(event)
    enrolment_id = enrolment_of(lead_id, len(state.before) + 1)
    if end := STOPS.get(type(event)):
        yield StopNurture(enrolment_id, *end)
    elif isinstance(event, LeadUpdated):
        yield UpdateRecipient(enrolment_id, state.recipient)
    elif not state.left and state.campaign_id is not None and _asks_for_a_series(state, event):
        entrant = Entrant(lead_id, state.campaign_id, state.source_kind, state.company_size, state.before)
        yield EnrolLead(enrolment_id, entrant, state.recipient)


def enrolment_of(lead_id: UUID, entry: int) -> UUID:
    """The id of a lead's n-th enrolment. The first has the one it had when there was one series."""
    return derive(lead_id, "nurture", WEBINAR_FOLLOWUP) if entry == 1 else derive(lead_id, "nurture", entry)


def _asks_for_a_series(state: SeenLead, event: object) -> bool:
    match event:
        case LeadCreated() | LeadRecycled():
            return True
        case LeadScored(previous_band=None):
            return True
        case LeadScored(band=Band.LOW):  # a later score: only who has been through a series enters one again
            return bool(state.before)
        case NurtureStopped(reason=reason, detail=detail):  # sales took the lead and sent it back before this was heard
            return state.recycled and (reason, detail) in (STOPS[LeadAssigned], STOPS[LeadDisqualified])
        case _:
            return False


def _lead_of(event: object) -> UUID:
    lead_id = getattr(event, "lead_id", None)
    assert isinstance(lead_id, UUID)
    return lead_id


nurture_low_leads = Process(
    name="nurture_low_leads",
    on=(
        LeadCreated,
        LeadUpdated,
        LeadScored,
        LeadUnsubscribed,
        LeadConverted,
        LeadWithdrawn,
        LeadAssigned,
        LeadDisqualified,
        LeadRecycled,
        NurtureStopped,
    ),
    key=_lead_of,
    initial=SeenLead(),
    states=(SeenLead,),
    evolve=evolve,
    react=react,
)
