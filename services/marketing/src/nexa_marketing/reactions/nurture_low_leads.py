"""A lead whose first score is Low enters the e-mail series; unsubscribing, converting, withdrawing or a rep ends it.

Facts come from marketing, scoring and sales in any order; what is known of a lead is kept until its first score is there.
A lead that has left before its first score is seen is not enrolled at all: no mail is better than a mail too many.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.marketing import LeadCreated, LeadUnsubscribed, LeadUpdated, LeadWithdrawn
from nexa_contracts.sales import LeadAssigned, LeadConverted
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band
from nexa_marketing.nurture.decisions import EnrolLead, Recipient, StopNurture, UpdateRecipient
from nexa_marketing.nurture.series import WEBINAR_FOLLOWUP, latest

STOPS: dict[type, str] = {
    LeadUnsubscribed: "unsubscribed",
    LeadConverted: "converted",
    LeadWithdrawn: "withdrawn",
    LeadAssigned: "promoted",
}


@dataclass(frozen=True)
class SeenLead:
    """What has been heard of a lead so far. `first_band` is the band of its first score."""

    recipient: Recipient | None = None
    campaign_id: UUID | None = None
    first_band: Band | None = None
    left: bool = False


def evolve(state: SeenLead, fact: Recorded) -> SeenLead:
    event = fact.event
    match event:
        case LeadCreated() | LeadUpdated():
            recipient = Recipient(event.campaign_name, event.email, event.first_name, event.company)
            return replace(state, recipient=recipient, campaign_id=event.campaign_id)
        case LeadScored() if state.first_band is None:
            return replace(state, first_band=event.band)
        case _ if type(event) in STOPS:
            return replace(state, left=True)
        case _:
            return state


def react(state: SeenLead, fact: Recorded, now: datetime) -> Iterator[object]:
    if state.first_band is not Band.LOW or state.recipient is None or state.campaign_id is None:
        return
    event = fact.event
    lead_id = _lead_of(event)
    series = latest(WEBINAR_FOLLOWUP.name)
    enrolment_id = derive(lead_id, "nurture", series.name)
    if reason := STOPS.get(type(event)):
        yield StopNurture(enrolment_id, reason)
    elif isinstance(event, LeadUpdated):
        yield UpdateRecipient(enrolment_id, state.recipient)
    elif not state.left and not (isinstance(event, LeadScored) and event.previous_band is not None):
        yield EnrolLead(enrolment_id, lead_id, state.campaign_id, series.name, series.version, state.recipient)


def _lead_of(event: object) -> UUID:
    lead_id = getattr(event, "lead_id", None)
    assert isinstance(lead_id, UUID)
    return lead_id


nurture_low_leads = Process(
    name="nurture_low_leads",
    on=(LeadCreated, LeadUpdated, LeadScored, LeadUnsubscribed, LeadConverted, LeadWithdrawn, LeadAssigned),
    key=_lead_of,
    initial=SeenLead(),
    states=(SeenLead,),
    evolve=evolve,
    react=react,
)
