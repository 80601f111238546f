from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from nexa_chassis.running import eventually, running
from nexa_chassis.testing import given, recorded
from nexa_contracts.marketing import (
    CompanySize,
    Engagement,
    EngagementKind,
    LeadCreated,
    LeadEngaged,
    LeadSourceKind,
    LeadWithdrawn,
)
from nexa_contracts.scoring import LeadScored, ScoringRulesChanged
from nexa_contracts.values import Band
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_scoring.aggregates import lead_score, scoring_rules
from nexa_scoring.app import scoring
from nexa_scoring.lead_score.decisions import ScoreLead
from nexa_scoring.lead_score.features import Features, features_of
from nexa_scoring.lead_score.points import score
from nexa_scoring.reactions.score_lead import score_lead
from nexa_scoring.rules.decisions import ChangeRules
from nexa_scoring.rules.state import DEFAULT_POINTS, DEFAULT_RULES, RULES_ID

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


def test_new_rules_are_the_next_version_and_keep_what_they_do_not_name() -> None:
    change = ChangeRules(points={"attended": 20}, high_from=80, medium_from=50, question_limit=10)
    given(scoring_rules).when(change).then(
        ScoringRulesChanged(
            rules_id=RULES_ID,
            version=2,
            points={**DEFAULT_POINTS, "attended": 20},
            high_from=80,
            medium_from=50,
            question_limit=10,
        )
    )


@pytest.mark.parametrize(
    ("points", "high", "medium", "rule"),
    [
        ({"charm": 5}, 75, 50, "rules.factor"),
        ({"attended": -1}, 75, 50, "rules.points"),
        ({"attended": 101}, 75, 50, "rules.points"),
        ({}, 50, 50, "rules.bands"),
        ({}, 101, 50, "rules.bands"),
        ({}, 75, 0, "rules.bands"),
    ],
)
def test_rules_that_make_no_sense_are_refused(points: dict[str, int], high: int, medium: int, rule: str) -> None:
    change = ChangeRules(points=points, high_from=high, medium_from=medium, question_limit=10)
    given(scoring_rules).when(change).then_refused(rule=rule)


async def test_the_api_shows_and_changes_the_rules(infra: Infra, database: object) -> None:
    assert callable(database)
    fresh: Database = database("scoring")
    async with running(scoring, fresh, infra) as service:
        manager, rep = service.client("marketing_manager"), service.client("sales_rep")
        assert (await rep.get("/scoring-rules")).json()["points"]["source.referral"] == 20
        assert (await rep.put("/scoring-rules", json={"points": {"attended": 20}})).status_code == 403
        changed = await manager.put("/scoring-rules", json={"points": {"attended": 20}})
        assert (changed.status_code, changed.json()["version"], changed.json()["points"]["attended"]) == (200, 2, 20)
        stale = await manager.put("/scoring-rules", json={"points": {}}, headers={"If-Match": '"0"'})
        assert stale.status_code == 412
        wrong = await manager.put("/scoring-rules", json={"points": {"charm": 1}})
        assert (wrong.status_code, wrong.headers["content-type"]) == (422, "application/problem+json")
        unknown = await rep.get(f"/leads/{LEAD}/scores")
        assert (unknown.status_code, unknown.json()["rule"]) == (404, "score.unknown")

        async def in_force() -> bool:
            return bool((await rep.get("/scoring-rules")).json()["version"] == 2)

        assert await eventually(in_force, what="the changed rules")
