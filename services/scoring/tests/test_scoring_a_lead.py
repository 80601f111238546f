from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from nexa_chassis.testing import NOW, given, recorded
from nexa_contracts.marketing import (
    CompanySize,
    Engagement,
    EngagementKind,
    LeadCreated,
    LeadEngaged,
    LeadSourceKind,
    LeadWithdrawn,
)
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band
from nexa_scoring.aggregates import lead_score
from nexa_scoring.lead_score.decisions import ScoreLead
from nexa_scoring.lead_score.features import Features, features_of
from nexa_scoring.lead_score.points import least_of, score
from nexa_scoring.lead_score.state import Unscored
from nexa_scoring.reactions.score_lead import score_lead
from nexa_scoring.rules.state import DEFAULT_RULES

LEAD, CAMPAIGN = UUID(int=1), UUID(int=2)
CREATED = LeadCreated(
    lead_id=LEAD,
    campaign_id=CAMPAIGN,
    campaign_name="Q4 Product Webinar",
    title="IT Director",
    company_size=CompanySize.ENTERPRISE,
    source_kind=LeadSourceKind.WEBINAR,
    engagement=Engagement(registered_early=True),
)
FEATURES = features_of(CREATED)


def engaged(kind: EngagementKind) -> LeadEngaged:
    return LeadEngaged(lead_id=LEAD, campaign_id=CAMPAIGN, kind=kind, occurred_at=datetime(2025, 11, 17, tzinfo=UTC))


def scored(features: Features, **before: object) -> LeadScored:
    result = score(features, DEFAULT_RULES)
    return LeadScored(
        lead_id=LEAD,
        campaign_id=CAMPAIGN,
        score=result.value,
        band=result.band,
        band_from=least_of(result.band, DEFAULT_RULES),
        raw_points=result.raw,
        factors=result.factors,
        recommendation=result.recommendation,
        rules_version=1,
        caused_by="lead-1@1",
        **before,
    )


def scoring_of(features: Features, caused_by: str = "lead-1@1") -> ScoreLead:
    return ScoreLead(lead_id=LEAD, campaign_id=CAMPAIGN, import_id=None, features=features, caused_by=caused_by)


def test_a_new_lead_is_scored_with_the_engagement_of_its_import() -> None:
    given(score_lead).when(CREATED).then(scoring_of(FEATURES, f"lead-{LEAD}@1"))


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (EngagementKind.QUESTION_ASKED, "questions"),
        (EngagementKind.CONTENT_DOWNLOADED, "downloads"),
        (EngagementKind.EMAIL_OPENED, "emails_opened"),
        (EngagementKind.EMAIL_CLICKED, "emails_clicked"),
        (EngagementKind.PRICING_PAGE_VISITED, "pricing_visits"),
    ],
)
def test_each_engagement_is_counted_and_scored_again(kind: EngagementKind, field: str) -> None:
    expected = replace(FEATURES, **{field: 2})  # type: ignore[arg-type]
    given(score_lead, CREATED, engaged(kind)).when(recorded(engaged(kind), version=3)).then(
        scoring_of(expected, f"lead-{LEAD}@3")
    )


def test_a_withdrawn_lead_is_scored_no_more() -> None:
    withdrawn = LeadWithdrawn(lead_id=LEAD, campaign_id=CAMPAIGN, reason="a test")
    given(score_lead, CREATED, withdrawn).when(engaged(EngagementKind.ATTENDED)).then()


def test_the_first_score_has_no_score_before_it() -> None:
    given(lead_score, context=DEFAULT_RULES).when(scoring_of(FEATURES)).then(scored(FEATURES))


def test_an_opened_mail_takes_the_it_director_from_50_to_55() -> None:
    opened = replace(FEATURES, emails_opened=1)
    given(lead_score, scored(FEATURES), context=DEFAULT_RULES).when(scoring_of(opened)).then(
        scored(opened, previous_score=50, previous_band=Band.MEDIUM)
    )


def test_a_score_that_stays_the_same_is_no_news() -> None:
    given(lead_score, scored(FEATURES), context=DEFAULT_RULES).when(scoring_of(FEATURES)).then()


def test_other_bounds_of_the_bands_are_news_though_no_factor_changed() -> None:
    higher = replace(DEFAULT_RULES, version=2, medium_from=51)
    (event,) = lead_score.decide(
        scoring_of(FEATURES, "rules@1"), lead_score.evolve(Unscored(), scored(FEATURES)), NOW, higher
    )
    assert (event.score, event.band, event.band_from) == (50, Band.LOW, 0)
    assert (event.previous_band, event.rules_version, event.caused_by) == (Band.MEDIUM, 2, "rules@1")
