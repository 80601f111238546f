"""When an account's health is news and when it is a risk."""

from dataclasses import replace
from decimal import Decimal

import pytest

from nexa_chassis.testing import given
from nexa_contracts.scoring import ChurnRiskCleared, ChurnRiskDetected, HealthFactor, HealthScored, Risk
from nexa_contracts.success import EngagementLevel, PaymentStatus
from nexa_scoring.account_health.decisions import ScoreAccount, StopScoring
from nexa_scoring.account_health.events import ScoringStopped
from nexa_scoring.account_health.play import recommend
from nexa_scoring.account_health.points import health
from nexa_scoring.account_health.signals import Signals
from nexa_scoring.aggregates import account_health
from nexa_scoring.health_rules.state import DEFAULT_RULES

from .accounts import ACCOUNT, GOLDEN, Scoring, day, report, won

FULL = Signals(Decimal(80), Decimal(90), 0, PaymentStatus.CURRENT, EngagementLevel.HIGH, 10)
ONBOARDING = HealthScored(
    account_id=ACCOUNT,
    account_name="Acme Corp",
    on=day(1),
    score=100,
    label="onboarding",
    risk=Risk.LOW,
    factors=(),
    rules_version=1,
    caused_by="account-1@2",
)


def scoring_of(signals: Signals | None, on: int = 2, *, late: bool = False) -> ScoreAccount:
    return ScoreAccount(
        account_id=ACCOUNT, account_name="Acme Corp", on=day(on), late=late, signals=signals, caused_by="account-1@2"
    )


def scored_at(account: Scoring, *scores: int) -> list[object]:
    """What follows when the account goes to these scores, one after another."""
    told: list[object] = []
    for number, score in enumerate(scores, start=len(account.told) + 2):
        # 50 points from adoption, payment and engagement; usage and NPS make up the others
        usage, nps = ((score - 50) * 80 / 25, 0) if score <= 75 else (80, score - 75)
        everything = {"adoption": 90, "support_tickets": 10, "payment": "current", "engagement": "high"}
        events = account.hear(report(number, usage=usage, nps=nps, **everything))
        assert [each.score for each in events if isinstance(each, HealthScored)] == [score]
        told += [each for each in events if not isinstance(each, HealthScored)]
    return told


def test_a_new_customer_scores_100_with_the_label_onboarding_and_no_factors() -> None:
    given(account_health, context=DEFAULT_RULES).when(scoring_of(None, on=1)).then(ONBOARDING)


def test_the_first_report_takes_the_golden_account_to_95() -> None:
    account = Scoring()
    account.hear(won(), report(2, **GOLDEN))
    assert account.present.score == 95
    first, scored = account.told
    assert isinstance(scored, HealthScored)
    assert (scored.previous_score, scored.change, scored.label, scored.calibrated) == (100, -5, "", False)
    assert {factor.change for factor in scored.factors} == {0}, "onboarding had no factors to compare with"
    assert (first, scored.rules_version) == (ONBOARDING.model_copy(update={"caused_by": f"account-{ACCOUNT}@1"}), 1)


def test_a_score_that_stays_the_same_is_no_news() -> None:
    account = Scoring()
    account.hear(won(), report(2, **GOLDEN))
    assert account.hear(report(3, **GOLDEN)) == []


def test_another_value_with_the_same_points_is_news() -> None:
    account = Scoring()
    account.hear(won(), report(2, **GOLDEN))
    (scored,) = account.hear(report(3, usage=90))
    assert isinstance(scored, HealthScored)
    assert (scored.score, scored.change) == (95, 0)


def test_each_factor_says_how_much_it_changed() -> None:
    account = Scoring()
    account.hear(won(), report(2, **GOLDEN))
    (scored,) = account.hear(report(3, usage=60, nps=10))
    assert isinstance(scored, HealthScored)
    assert {each.factor: each.change for each in scored.factors if each.change} == {
        "usage": Decimal("-6.25"),
        "nps": Decimal(1),
    }


def test_a_factor_that_was_not_known_before_has_no_change() -> None:
    account = Scoring()
    account.hear(won(), report(2, usage=80))
    (scored,) = account.hear(report(3, payment="late"))
    assert isinstance(scored, HealthScored)
    assert {each.change for each in scored.factors} == {0}


def test_changed_coefficients_show_with_the_next_report_even_if_the_points_stay() -> None:
    account = Scoring()
    account.hear(won(), report(2, **GOLDEN))
    account.rules = replace(DEFAULT_RULES, version=2, renewal_intercept=-2.0)
    (scored,) = account.hear(report(3, **GOLDEN))
    assert isinstance(scored, HealthScored)
    assert (scored.score, scored.change, scored.rules_version) == (95, 0, 2)


def test_one_alert_per_episode_and_a_new_one_after_recovery_to_73() -> None:
    account = Scoring()
    account.hear(won())
    (first,) = scored_at(account, 74, 69)
    assert isinstance(first, ChurnRiskDetected)
    assert (first.episode, first.score, first.previous_score) == (1, 69, 74)
    assert scored_at(account, 71) == []
    assert scored_at(account, 68) == []
    assert scored_at(account, 72) == []
    assert scored_at(account, 73) == [
        ChurnRiskCleared(account_id=ACCOUNT, account_name="Acme Corp", episode=1, score=73)
    ]
    (second,) = scored_at(account, 69)
    assert isinstance(second, ChurnRiskDetected)
    assert (second.episode, second.previous_score) == (2, 73)


def test_a_score_of_exactly_70_is_no_risk() -> None:
    account = Scoring()
    account.hear(won())
    assert scored_at(account, 70) == []


def test_the_seeds_account_drops_to_65_with_its_play_and_reason() -> None:
    account = Scoring()
    account.hear(won(), report(2, **GOLDEN))
    scored, risk = account.hear(report(3, usage=32, support_tickets=10))
    assert isinstance(scored, HealthScored)
    assert (scored.score, scored.risk) == (65, Risk.HIGH)
    assert risk == ChurnRiskDetected(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        episode=1,
        score=65,
        previous_score=95,
        play="Schedule executive business review",
        reason="Usage declining, support tickets increasing",
    )


def test_a_late_score_begins_no_episode_and_ends_none() -> None:
    bad = Signals(usage=Decimal(0))
    told = given(account_health, ONBOARDING, context=DEFAULT_RULES).when(scoring_of(bad, on=1, late=True)).produced
    assert [type(each) for each in told] == [HealthScored]
    account = Scoring()
    account.hear(won(), report(3, usage=0))
    assert account.present.at_risk
    account.hear(report(2, **GOLDEN))
    late = [each for each in account.told if isinstance(each, HealthScored) and each.late]
    assert late
    assert late[0].score == 95


def fallen(**changes: str) -> tuple[HealthFactor, ...]:
    """The factors after some lost this many points."""
    return tuple(
        HealthFactor(
            factor=factor.factor,
            value="late" if factor.factor == "payment" else factor.value,
            points=factor.points + Decimal(changes.get(factor.factor, 0)),
            most=factor.most,
            change=Decimal(changes.get(factor.factor, 0)),
        )
        for factor in health(FULL, DEFAULT_RULES).factors
    )


@pytest.mark.parametrize(
    ("changes", "play", "reason"),
    [
        ({"usage": "-9"}, "Schedule executive business review", "Usage declining"),
        (
            {"adoption": "-9", "nps": "-1"},
            "Schedule executive business review",
            "Feature adoption declining, NPS falling",
        ),
        ({"support": "-9"}, "Schedule executive business review", "Support tickets increasing"),
        ({"payment": "-10", "usage": "-3"}, "Clear up billing", "Payments late, usage declining"),
        ({"engagement": "-7"}, "Re-engage the sponsor", "Engagement falling"),
        ({"nps": "-8", "engagement": "-7"}, "Call the detractor", "NPS falling, engagement falling"),
    ],
)
def test_play_and_reason_follow_what_fell_the_largest_loss_first(
    changes: dict[str, str], play: str, reason: str
) -> None:
    recommendation = recommend(fallen(**changes))
    assert (recommendation.play, recommendation.reason) == (play, reason)


@pytest.mark.parametrize(
    ("signals", "play", "reason"),
    [
        ({"usage": 0, "adoption": 45}, "Schedule executive business review", "Low usage, low feature adoption"),
        ({"usage": 60, "payment": "failed"}, "Clear up billing", "Payment failed, low usage"),
        ({"engagement": "low", "support_tickets": 9}, "Re-engage the sponsor", "Low engagement, many support tickets"),
        ({"nps": 0}, "Call the detractor", "Low NPS"),
    ],
)
def test_where_nothing_fell_the_weakest_factors_are_the_reason(
    signals: dict[str, object], play: str, reason: str
) -> None:
    account = Scoring()
    account.hear(won(), report(2, **signals))
    scored = account.told[1]
    assert isinstance(scored, HealthScored)
    recommendation = recommend(scored.factors)
    assert (recommendation.play, recommendation.reason) == (play, reason)


def test_an_account_that_is_no_customer_any_more_is_told_once() -> None:
    stop = StopScoring(
        account_id=ACCOUNT, account_name="Acme Corp", on=day(9), reason="churned", caused_by="account-1@3"
    )
    stopped = ScoringStopped(
        account_id=ACCOUNT, account_name="Acme Corp", on=day(9), reason="churned", caused_by="account-1@3"
    )
    given(account_health, ONBOARDING, context=DEFAULT_RULES).when(stop).then(stopped)
    given(account_health, ONBOARDING, stopped, context=DEFAULT_RULES).when(stop).then()
    given(account_health, context=DEFAULT_RULES).when(stop).then()
