"""Who is nurtured, when the next mail is due, and what a campaign is found to have brought."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from nexa_chassis.domain import Deadline, derive
from nexa_chassis.testing import NOW, given, project, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import (
    LeadCreated,
    LeadEnrolledInNurture,
    LeadUnsubscribed,
    LeadUpdated,
    LeadWithdrawn,
    NurtureStepDue,
    NurtureStopped,
)
from nexa_contracts.sales import (
    AssignmentReason,
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealReopened,
    LeadAssigned,
)
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band, Because, Money
from nexa_marketing.nurture.decisions import EnrolLead, Recipient, SendStep, StopNurture, UpdateRecipient
from nexa_marketing.nurture.events import RecipientKnown
from nexa_marketing.reactions.next_nurture_step import next_nurture_step
from nexa_marketing.reactions.nurture_low_leads import nurture_low_leads
from nexa_marketing.read_models.campaign_results import campaign_changes, campaign_results
from nexa_marketing.read_models.nurture_list import nurture_list

CAMPAIGN, LEAD, DEAL, ACCOUNT, REP = (UUID(int=number) for number in range(1, 6))
SERIES = "Webinar_Followup_Series"
ENROLMENT = derive(LEAD, "nurture", SERIES)
NAME = "Q4 Product Webinar"
CREATED = LeadCreated(
    lead_id=LEAD, campaign_id=CAMPAIGN, campaign_name=NAME, email="dana@acme.example", first_name="Dana"
)
DANA = Recipient(NAME, "dana@acme.example", "Dana")
ENROL = EnrolLead(ENROLMENT, LEAD, CAMPAIGN, SERIES, 1, DANA)


def scored(band: Band, score: int = 30, previous: Band | None = None) -> LeadScored:
    return LeadScored(
        lead_id=LEAD,
        campaign_id=CAMPAIGN,
        score=score,
        band=band,
        previous_band=previous,
        raw_points=score,
        factors=(),
        recommendation="",
        rules_version=1,
        caused_by="lead@1",
    )


ASSIGNED = LeadAssigned(
    lead_id=LEAD,
    rep_id=REP,
    campaign_id=CAMPAIGN,
    band=Band.MEDIUM,
    score=55,
    reason=AssignmentReason.REROUTED,
    because=Because(rule="medium band to standard reps"),
)
UNSUBSCRIBED = LeadUnsubscribed(lead_id=LEAD, campaign_id=CAMPAIGN)
WITHDRAWN = LeadWithdrawn(lead_id=LEAD, campaign_id=CAMPAIGN, reason="x")


def test_a_lead_that_is_first_scored_low_is_enrolled_in_whatever_order_the_facts_come() -> None:
    given(nurture_low_leads, CREATED).when(scored(Band.LOW)).then(ENROL)
    given(nurture_low_leads, scored(Band.LOW)).when(CREATED).then(ENROL)


@pytest.mark.parametrize("band", [Band.MEDIUM, Band.HIGH])
def test_a_lead_that_is_first_scored_higher_is_never_nurtured(band: Band) -> None:
    given(nurture_low_leads, CREATED).when(scored(band)).then()
    given(nurture_low_leads, CREATED, scored(band)).when(scored(Band.LOW, previous=band)).then()
    given(nurture_low_leads, CREATED, scored(band)).when(UNSUBSCRIBED).then()


@pytest.mark.parametrize(
    ("fact", "reason"), [(UNSUBSCRIBED, "unsubscribed"), (WITHDRAWN, "withdrawn"), (ASSIGNED, "promoted")]
)
def test_leaving_ends_the_series_or_keeps_it_from_beginning(fact: Event, reason: str) -> None:
    given(nurture_low_leads, CREATED, scored(Band.LOW)).when(fact).then(StopNurture(ENROLMENT, reason))
    given(nurture_low_leads, CREATED, fact).when(scored(Band.LOW)).then()


def test_a_rescore_of_a_nurtured_lead_enrols_nobody_again() -> None:
    given(nurture_low_leads, CREATED, scored(Band.LOW)).when(scored(Band.LOW, 35, Band.LOW)).then()


def test_a_changed_address_reaches_the_enrolment() -> None:
    changed = LeadUpdated(**(CREATED.model_dump() | {"email": "d@birch.example"}), changed=("email",))
    moved = Recipient(NAME, "d@birch.example", "Dana")
    given(nurture_low_leads, CREATED, scored(Band.LOW)).when(changed).then(UpdateRecipient(ENROLMENT, moved))


def step_due(step: int) -> NurtureStepDue:
    return NurtureStepDue(
        enrolment_id=ENROLMENT,
        lead_id=LEAD,
        campaign_id=CAMPAIGN,
        campaign_name=NAME,
        series=SERIES,
        step=step,
        template=f"webinar_followup_{step}.v1",
        email="dana@acme.example",
    )


def test_each_mail_sets_the_time_of_the_next_and_the_last_one_sets_none() -> None:
    second = Deadline(at=NOW + timedelta(days=3), command=SendStep(ENROLMENT, 2))
    third = Deadline(at=NOW + timedelta(days=7), command=SendStep(ENROLMENT, 3))
    given(next_nurture_step).when(step_due(1)).then(second)
    given(next_nurture_step).when(step_due(2)).then(third)
    given(next_nurture_step).when(step_due(3)).then()


def deal(event: type[Event], **fields: Any) -> Event:
    shared = {"deal_id": DEAL, "account_id": ACCOUNT, "campaign_id": CAMPAIGN, "amount": Money(amount=Decimal(50_000))}
    return event.model_validate(shared | fields)


OPENED = deal(DealCreated, primary_contact_id=REP, rep_id=REP, name="Acme")
WON = deal(DealClosedWon, closed_at=NOW)
LOST = deal(DealClosedLost, closed_at=NOW, reason="price")
REOPENED = deal(DealReopened, reason="again", was="lost")


def test_a_campaigns_leads_are_the_same_in_whatever_order_topics_deliver() -> None:
    facts = [
        recorded(CREATED, stream="lead"),
        recorded(scored(Band.LOW), stream="score"),
        recorded(WITHDRAWN, stream="gone"),
    ]
    stands = [dict(project(campaign_results, *order)[0]) for order in permutations(facts)]
    assert all(stand == stands[0] for stand in stands)
    assert stands[0]["known"] is True
    assert stands[0]["withdrawn"] is True
    assert stands[0]["band"] == "low"


def test_a_deal_is_open_won_lost_or_open_again() -> None:
    deals = next(table for table in campaign_results.tables if table.name == "campaign_deals")
    for facts, status in (((OPENED,), "open"), ((OPENED, WON), "won"), ((OPENED, LOST, REOPENED), "open")):
        (row,) = project(campaign_results, *facts).of(deals)
        assert (row["status"], row["amount"]) == (status, Decimal(50_000))


def test_every_fact_of_a_campaign_is_counted_as_a_change() -> None:
    (row,) = project(campaign_results, CREATED, scored(Band.LOW), OPENED).of(campaign_changes)
    assert row["changes"] == 3


def test_the_nurture_list_shows_who_waits_for_an_address_and_how_far_others_are() -> None:
    enrolled = LeadEnrolledInNurture(
        enrolment_id=ENROLMENT, lead_id=LEAD, campaign_id=CAMPAIGN, series=SERIES, series_version=1
    )
    nobody = RecipientKnown(enrolment_id=ENROLMENT, campaign_name=NAME)
    (row,) = project(nurture_list, enrolled, nobody)
    assert (row["status"], row["has_address"], row["step"]) == ("active", False, 0)
    somebody = RecipientKnown(enrolment_id=ENROLMENT, campaign_name=NAME, email="dana@acme.example")
    finished = NurtureStopped(enrolment_id=ENROLMENT, lead_id=LEAD, campaign_id=CAMPAIGN, reason="finished")
    (row,) = project(nurture_list, enrolled, somebody, step_due(1), finished)
    assert (row["status"], row["has_address"], row["step"]) == ("finished", True, 1)
