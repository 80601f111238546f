"""What campaigns, imports and leads decide."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from nexa_chassis.testing import NOW, given
from nexa_contracts.marketing import (
    Audience,
    BandFigures,
    CampaignChanged,
    CampaignCreated,
    CampaignMetricsChanged,
    CompanySize,
    Engagement,
    EngagementKind,
    LeadCreated,
    LeadEngaged,
    LeadSourceKind,
    LeadUnsubscribed,
    LeadUpdated,
    LeadWithdrawn,
)
from nexa_contracts.values import Money
from nexa_marketing.campaign.decisions import ChangeCampaign, CreateCampaign, PublishFigures, campaign
from nexa_marketing.campaign.figures import Figures, conversion, pipeline_multiple, roi_on_won_revenue
from nexa_marketing.campaign.state import Plan
from nexa_marketing.lead.decisions import (
    ChangeLead,
    EngageLead,
    ImportLead,
    NoteMailAnswer,
    RegisterLead,
    UnsubscribeLead,
    WithdrawLead,
    lead,
    merged,
)
from nexa_marketing.lead.events import LeadJoinedCampaign
from nexa_marketing.lead.state import LeadOrigin, Profile

CAMPAIGN, LEAD, IMPORT, OTHER = (UUID(int=number) for number in (1, 2, 3, 5))
PLAN = Plan(
    name="Q4 Product Webinar",
    type=LeadSourceKind.WEBINAR,
    start_date=date(2025, 11, 15),
    budget=Money(amount=Decimal(5000)),
)
PLANNED = CampaignCreated.model_validate({"campaign_id": CAMPAIGN, **vars(PLAN)})
ORIGIN = LeadOrigin(CAMPAIGN, PLAN.name, IMPORT, 2)
ADA = Profile(email="ada@alder.example", first_name="Ada", title="CTO", source_label="Webinar Q4")


def created(profile: Profile = ADA) -> LeadCreated:
    return LeadCreated(lead_id=LEAD, **vars(ORIGIN), **vars(profile))


def updated(profile: Profile, *changed: str) -> LeadUpdated:
    return LeadUpdated(lead_id=LEAD, changed=changed, **vars(ORIGIN), **vars(profile))


def profile(**changes: object) -> Profile:
    return Profile(**{**vars(ADA), **changes})


# Campaigns


def test_a_campaign_is_planned() -> None:
    given(campaign).when(CreateCampaign(CAMPAIGN, PLAN)).then(PLANNED)


def test_planning_the_same_campaign_again_changes_nothing() -> None:
    given(campaign, PLANNED).when(CreateCampaign(CAMPAIGN, PLAN)).then()


def test_a_change_tells_which_fields_changed() -> None:
    changed = CampaignChanged.model_validate(PLANNED.model_dump() | {"goal": "More", "changed": ("goal",)})
    change = ChangeCampaign(CAMPAIGN, {"goal": "More", "name": PLAN.name})
    given(campaign, PLANNED).when(change).then(changed)
    given(campaign, PLANNED, changed).when(change).then()


def test_a_campaign_that_is_not_there_cannot_be_changed() -> None:
    given(campaign).when(ChangeCampaign(CAMPAIGN, {"goal": "More"})).then_refused(rule="campaign.unknown")


def test_a_budget_below_nothing_is_refused() -> None:
    given(campaign, PLANNED).when(ChangeCampaign(CAMPAIGN, {"budget": Money(amount=Decimal(-1))})).then_refused(
        rule="campaign.budget"
    )


SEED = Figures(
    leads=500,
    high=BandFigures(leads=50, converted=30),
    medium=BandFigures(leads=200, converted=40),
    low=BandFigures(leads=250),
    converted=70,
    pipeline=Decimal(3_500_000),
    won_revenue=Decimal(50_000),
    cost=Decimal(5_000),
)


def test_figures_are_published_once_for_each_stand_with_the_budget_as_cost() -> None:
    event = CampaignMetricsChanged(
        campaign_id=CAMPAIGN,
        leads=500,
        high=SEED.high,
        medium=SEED.medium,
        low=SEED.low,
        converted=70,
        pipeline=Money(amount=Decimal(3_500_000)),
        won_revenue=Money(amount=Decimal(50_000)),
        cost=Money(amount=Decimal(5_000)),
        pipeline_multiple=Decimal(700),
        roi_on_won_revenue=Decimal(9),
    )
    given(campaign, PLANNED).when(PublishFigures(CAMPAIGN, SEED)).then(event)
    given(campaign, PLANNED, event).when(PublishFigures(CAMPAIGN, SEED)).then()


def test_the_seeds_campaign_brought_700_times_its_cost_as_pipeline_each_figure_with_its_formula() -> None:
    assert pipeline_multiple(SEED).value == 700
    assert pipeline_multiple(SEED).formula == "pipeline / cost = 3500000 / 5000 = 700"
    assert roi_on_won_revenue(SEED).formula == "(won revenue - cost) / cost = (50000 - 5000) / 5000 = 9"
    assert conversion(50, 30).formula == "converted / leads = 30 / 50 = 0.6"
    assert conversion(200, 40).value == Decimal("0.2")


def test_a_figure_that_would_divide_by_nothing_says_so() -> None:
    assert pipeline_multiple(Figures(pipeline=Decimal(5))).value is None
    assert pipeline_multiple(Figures(pipeline=Decimal(5))).formula.endswith("no cost")


# Leads


def test_a_row_makes_a_lead() -> None:
    given(lead).when(ImportLead(LEAD, ORIGIN, ADA)).then(created())


def test_the_same_row_again_changes_nothing() -> None:
    given(lead, created()).when(ImportLead(LEAD, ORIGIN, ADA)).then()


def test_a_later_row_adds_what_it_tells_and_its_empty_cells_erase_nothing() -> None:
    row = Profile(email="ada@alder.example", title="CEO", source_label="Elsewhere", attributes={"Seat": "4"})
    known = profile(title="CEO", attributes={"Seat": "4"})
    given(lead, created()).when(ImportLead(LEAD, ORIGIN, row)).then(updated(known, "title", "attributes"))


def test_a_row_found_by_an_earlier_address_changes_all_but_the_address() -> None:
    moved = profile(email="ada@birch.example")
    history = (created(), updated(moved, "email"))
    given(lead, *history).when(ImportLead(LEAD, ORIGIN, ADA, by_address=True)).then()
    given(lead, *history).when(ImportLead(LEAD, ORIGIN, ADA)).then(updated(ADA, "email"))
    given(lead).when(ImportLead(LEAD, ORIGIN, ADA, by_address=True)).then(created())


def test_engagement_that_two_files_tell_of_is_not_counted_twice() -> None:
    first = profile(engagement=Engagement(attended=True, questions_asked=2, content_downloaded=("Brochure",)))
    second = profile(engagement=Engagement(questions_asked=1, content_downloaded=("Brochure", "Guide")))
    both = merged(first, second, same_campaign=True).engagement
    assert both == Engagement(attended=True, questions_asked=2, content_downloaded=("Brochure", "Guide"))


def test_another_campaign_that_reaches_a_known_lead_is_noted_once() -> None:
    row = ImportLead(LEAD, LeadOrigin(OTHER, "Spring", IMPORT, 9), ADA)
    joined = LeadJoinedCampaign(lead_id=LEAD, campaign_id=OTHER, import_id=IMPORT)
    given(lead, created()).when(row).then(joined)
    given(lead, created(), joined).when(row).then()


@for_all(
    known=st.builds(Profile, title=st.sampled_from([None, "CTO"]), company=st.sampled_from([None, "Alder", "Birch"])),
    told=st.builds(Profile, title=st.sampled_from([None, "CEO"]), company=st.sampled_from([None, "Alder", "Birch"])),
)
def test_laying_the_same_row_over_a_lead_twice_is_laying_it_once(known: Profile, told: Profile) -> None:
    once = merged(known, told, same_campaign=True)
    assert merged(once, told, same_campaign=True) == once


def test_registering_a_person_who_is_a_lead_already_is_refused() -> None:
    given(lead, created()).when(RegisterLead(LEAD, ORIGIN, profile(title="CEO"))).then_refused(rule="lead.known")
    given(lead, created()).when(RegisterLead(LEAD, ORIGIN, ADA)).then_refused(rule="lead.known")


def test_a_change_judges_anew_whether_the_lead_is_in_the_target_audience() -> None:
    audience = Audience(titles=("Director",))
    expected = updated(profile(title="IT Director", in_target_audience=True), "title", "in_target_audience")
    given(lead, created()).when(ChangeLead(LEAD, {"title": "IT Director"}, audience)).then(expected)


def engagement(kind: EngagementKind, detail: str = "") -> LeadEngaged:
    return LeadEngaged(lead_id=LEAD, campaign_id=CAMPAIGN, kind=kind, occurred_at=NOW, detail=detail)


def test_attending_counts_once_and_questions_each() -> None:
    attended, asked = engagement(EngagementKind.ATTENDED), engagement(EngagementKind.QUESTION_ASKED)
    given(lead, created()).when(EngageLead(LEAD, EngagementKind.ATTENDED, NOW)).then(attended)
    given(lead, created(), attended).when(EngageLead(LEAD, EngagementKind.ATTENDED, NOW)).then()
    given(lead, created(), asked).when(EngageLead(LEAD, EngagementKind.QUESTION_ASKED, NOW)).then(asked)


def test_what_is_still_to_come_is_no_engagement() -> None:
    tomorrow = datetime(2099, 1, 1, tzinfo=UTC)
    given(lead, created()).when(EngageLead(LEAD, EngagementKind.ATTENDED, tomorrow)).then_refused(
        rule="engagement.future"
    )


@pytest.mark.parametrize("kind", list(EngagementKind))
def test_every_kind_of_engagement_stays_with_the_lead(kind: EngagementKind) -> None:
    state = lead.evolve(lead.evolve(lead.initial, created()), engagement(kind, "Brochure"))
    assert state.profile.engagement != Engagement()  # type: ignore[union-attr]


def test_an_answer_to_a_mail_is_engagement_and_a_lead_that_is_gone_lets_it_pass() -> None:
    opened = LeadEngaged(
        lead_id=LEAD, campaign_id=CAMPAIGN, kind=EngagementKind.EMAIL_OPENED, occurred_at=NOW - timedelta(hours=1)
    )
    note = NoteMailAnswer(LEAD, EngagementKind.EMAIL_OPENED, opened.occurred_at)
    given(lead, created()).when(note).then(opened)
    ahead = NoteMailAnswer(LEAD, EngagementKind.EMAIL_OPENED, NOW + timedelta(seconds=2))
    given(lead, created()).when(ahead).then(opened.model_copy(update={"occurred_at": NOW}))
    withdrawn = LeadWithdrawn(lead_id=LEAD, campaign_id=CAMPAIGN, reason="a test entry")
    given(lead, created(), withdrawn).when(note).then()
    given(lead).when(note).then()


def test_unsubscribing_and_withdrawing_happen_once() -> None:
    unsubscribed = LeadUnsubscribed(lead_id=LEAD, campaign_id=CAMPAIGN)
    withdrawn = LeadWithdrawn(lead_id=LEAD, campaign_id=CAMPAIGN, reason="a test entry")
    given(lead, created()).when(UnsubscribeLead(LEAD)).then(unsubscribed)
    given(lead, created(), unsubscribed).when(UnsubscribeLead(LEAD)).then()
    given(lead, created()).when(WithdrawLead(LEAD, "a test entry")).then(withdrawn)
    given(lead, created(), withdrawn).when(WithdrawLead(LEAD, "again")).then()


def test_a_withdrawn_lead_stays_withdrawn_when_a_file_names_it_again() -> None:
    withdrawn = LeadWithdrawn(lead_id=LEAD, campaign_id=CAMPAIGN, reason="a test entry")
    given(lead, created(), withdrawn).when(ImportLead(LEAD, ORIGIN, profile(title="CEO"))).then()
    given(lead, created(), withdrawn).when(ChangeLead(LEAD, {"title": "CEO"})).then_refused(rule="lead.withdrawn")


def test_nothing_can_be_done_with_a_lead_that_is_not_there() -> None:
    given(lead).when(UnsubscribeLead(LEAD)).then_refused(rule="lead.unknown")


def test_company_sizes_come_from_the_contract() -> None:
    assert {size.value for size in CompanySize} == {"enterprise", "mid_market", "small", "unknown"}
