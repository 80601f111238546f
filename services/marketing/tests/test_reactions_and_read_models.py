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
    CampaignChanged,
    EngagementKind,
    LeadCreated,
    LeadEnrolledInNurture,
    LeadSourceKind,
    LeadUnsubscribed,
    LeadUpdated,
    LeadWithdrawn,
    NurtureMoved,
    NurtureStepDue,
    NurtureStepScheduled,
    NurtureStopped,
)
from nexa_contracts.notifier import EmailClicked, EmailOpened, UnsubscribeRequested
from nexa_contracts.sales import (
    AssignmentReason,
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealReopened,
    LeadAssigned,
    LeadDisqualified,
    LeadRecycled,
)
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band, Because, Money
from nexa_marketing.lead.decisions import NoteMailAnswer, UnsubscribeLead
from nexa_marketing.nurture.decisions import EnrolLead, NoteAnswer, SendStep, StopNurture, UpdateRecipient
from nexa_marketing.nurture.events import RecipientKnown
from nexa_marketing.nurture.series import Ending, Entrant
from nexa_marketing.nurture.state import Recipient
from nexa_marketing.reactions.next_nurture_step import next_nurture_step
from nexa_marketing.reactions.nurture_low_leads import enrolment_of, nurture_low_leads
from nexa_marketing.reactions.take_answers_to_mails import take_answers_to_mails
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
ENROL = EnrolLead(ENROLMENT, Entrant(LEAD, CAMPAIGN), DANA)


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


def scheduled(step: int) -> NurtureStepScheduled:
    return NurtureStepScheduled(
        enrolment_id=ENROLMENT,
        lead_id=LEAD,
        campaign_id=CAMPAIGN,
        series=SERIES,
        series_version=1,
        step=step,
        step_key=str(step),
        since=NOW,
        at=NOW + timedelta(days=3),
        passed=tuple(str(number) for number in range(1, step)),
    )


def test_a_step_that_has_a_time_is_taken_then() -> None:
    deadline = Deadline(at=NOW + timedelta(days=3), command=SendStep(ENROLMENT, 2))
    given(next_nurture_step).when(scheduled(2)).then(deadline)


def ended(reason: str, entry: int = 1) -> NurtureStopped:
    return NurtureStopped(
        enrolment_id=enrolment_of(LEAD, entry), lead_id=LEAD, campaign_id=CAMPAIGN, reason=reason, series=SERIES
    )


def test_who_has_been_through_a_series_asks_for_one_again_with_a_later_low_score() -> None:
    finished = (CREATED, scored(Band.LOW), ended("finished"))
    again = EnrolLead(enrolment_of(LEAD, 2), Entrant(LEAD, CAMPAIGN, before=(Ending(SERIES, NOW),)), DANA)
    given(nurture_low_leads, *finished).when(scored(Band.LOW, 35, Band.LOW)).then(again)
    given(nurture_low_leads, *finished).when(scored(Band.MEDIUM, 55, Band.LOW)).then()
    given(nurture_low_leads, *finished, UNSUBSCRIBED).when(scored(Band.LOW, 35, Band.LOW)).then()
    given(nurture_low_leads, *finished).when(UNSUBSCRIBED).then(StopNurture(enrolment_of(LEAD, 2), "unsubscribed"))


RECYCLED = LeadRecycled(lead_id=LEAD, campaign_id=CAMPAIGN, band=Band.LOW, score=30, reason="No budget", round=2)


def test_a_low_lead_that_sales_sends_back_asks_for_a_series_again_unless_it_left_for_another_reason() -> None:
    with_rep = (CREATED, scored(Band.HIGH, 80), ASSIGNED)
    given(nurture_low_leads, *with_rep).when(RECYCLED).then(ENROL)
    promoted = (CREATED, scored(Band.LOW), ASSIGNED, ended("promoted"))
    again = EnrolLead(enrolment_of(LEAD, 2), Entrant(LEAD, CAMPAIGN, before=(Ending(SERIES, NOW),)), DANA)
    given(nurture_low_leads, *promoted).when(RECYCLED).then(again)
    given(nurture_low_leads, *promoted, UNSUBSCRIBED).when(RECYCLED).then()
    given(nurture_low_leads, UNSUBSCRIBED, *promoted).when(RECYCLED).then()
    high = RECYCLED.model_copy(update={"band": Band.HIGH})
    given(nurture_low_leads, *promoted).when(high).then()


DISQUALIFIED = LeadDisqualified(lead_id=LEAD, campaign_id=CAMPAIGN, rep_id=None, reason="A student")


def test_a_lead_that_sales_disqualifies_gets_no_further_mail_until_it_is_sent_back() -> None:
    low = (CREATED, scored(Band.LOW))
    end = StopNurture(ENROLMENT, "finished", "sales disqualified the lead")
    given(nurture_low_leads, *low).when(DISQUALIFIED).then(end)
    given(nurture_low_leads, CREATED, DISQUALIFIED).when(scored(Band.LOW)).then()
    gone = (*low, DISQUALIFIED, ended("finished"))
    given(nurture_low_leads, *gone).when(scored(Band.LOW, 30, previous=Band.LOW)).then()
    again = EnrolLead(enrolment_of(LEAD, 2), Entrant(LEAD, CAMPAIGN, before=(Ending(SERIES, NOW),)), DANA)
    given(nurture_low_leads, *gone).when(RECYCLED).then(again)
    given(nurture_low_leads, *gone, UNSUBSCRIBED).when(RECYCLED).then()


def test_a_lead_sent_back_before_the_end_of_its_series_is_heard_asks_for_the_next_one_then() -> None:
    stopped = ended("finished").model_copy(update={"detail": "sales disqualified the lead"})
    again = EnrolLead(enrolment_of(LEAD, 2), Entrant(LEAD, CAMPAIGN, before=(Ending(SERIES, NOW),)), DANA)
    back = (CREATED, scored(Band.LOW), DISQUALIFIED, RECYCLED)
    given(nurture_low_leads, *back).when(stopped).then(again)
    given(nurture_low_leads, *back, UNSUBSCRIBED).when(stopped).then()
    given(nurture_low_leads, *back, stopped).when(ended("finished", 2)).then()
    given(nurture_low_leads, CREATED, scored(Band.LOW), DISQUALIFIED).when(stopped).then()


def answered(event: type[Event], **fields: object) -> Event:
    mail = {"notification_id": REP, "kind": "nurture_step", "about": LEAD, "occurred_at": NOW}
    return event.model_validate({**mail, **fields})


def test_what_a_person_does_with_a_mail_counts_and_what_a_program_does_not() -> None:
    place = {"enrolment_id": ENROLMENT, "step": "2"}
    link = {"link": 0, "url": "https://nexa.example/answers"}
    opened, clicked = NoteAnswer(ENROLMENT, "2", clicked=False), NoteAnswer(ENROLMENT, "2", clicked=True)
    given(take_answers_to_mails).when(answered(EmailOpened, **place)).then(
        NoteMailAnswer(LEAD, EngagementKind.EMAIL_OPENED, NOW), opened
    )
    given(take_answers_to_mails).when(answered(EmailClicked, **place, **link)).then(
        NoteMailAnswer(LEAD, EngagementKind.EMAIL_CLICKED, NOW, "https://nexa.example/answers"), clicked
    )
    given(take_answers_to_mails).when(answered(EmailClicked, **place, **link, first=False)).then()
    given(take_answers_to_mails).when(answered(EmailOpened, **place, machine="prefetched")).then()
    given(take_answers_to_mails).when(answered(EmailClicked, **link, machine="asked for the head only")).then()
    given(take_answers_to_mails).when(answered(EmailOpened, kind="thank_you")).then(
        NoteMailAnswer(LEAD, EngagementKind.EMAIL_OPENED, NOW)
    )
    given(take_answers_to_mails).when(answered(EmailOpened, kind="rep_notice")).then()


def test_unsubscribing_by_a_mail_unsubscribes_the_lead() -> None:
    given(take_answers_to_mails).when(answered(UnsubscribeRequested)).then(UnsubscribeLead(LEAD))
    given(take_answers_to_mails).when(answered(UnsubscribeRequested, kind="welcome")).then()


def deal(event: type[Event], **fields: Any) -> Event:
    shared = {"deal_id": DEAL, "account_id": ACCOUNT, "campaign_id": CAMPAIGN, "amount": Money(amount=Decimal(50_000))}
    return event.model_validate(shared | fields)


OPENED = deal(DealCreated, primary_contact_id=REP, rep_id=REP, name="Acme")
WON = deal(DealClosedWon, closed_at=NOW)
LOST = deal(DealClosedLost, closed_at=NOW, reason="price")
REOPENED = deal(DealReopened, reason="again", was="lost")
CHANGED = CampaignChanged(
    campaign_id=CAMPAIGN,
    name=NAME,
    type=LeadSourceKind.WEBINAR,
    start_date=NOW.date(),
    budget=Money(amount=Decimal(10_000)),
    changed=("budget",),
)


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
    (row,) = project(campaign_results, CREATED, scored(Band.LOW), OPENED, CHANGED).of(campaign_changes)
    assert row["changes"] == 4


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


def test_the_nurture_list_shows_what_comes_next_and_what_is_behind_also_after_a_move() -> None:
    enrolled = LeadEnrolledInNurture(
        enrolment_id=ENROLMENT, lead_id=LEAD, campaign_id=CAMPAIGN, series=SERIES, series_version=1
    )
    moved = NurtureMoved(
        enrolment_id=ENROLMENT, lead_id=LEAD, campaign_id=CAMPAIGN, series=SERIES, from_version=1, series_version=2
    )
    (row,) = project(nurture_list, enrolled, step_due(1), scheduled(2), moved, scheduled(3))
    assert (row["series_version"], row["next_step"], row["passed"]) == (2, "3", "1 2")
    (row,) = project(nurture_list, enrolled, step_due(1), scheduled(2), ended("unsubscribed"))
    assert (row["status"], row["next_step"], row["next_at"]) == ("stopped", None, None)
