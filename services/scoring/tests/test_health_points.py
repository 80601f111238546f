from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume
from hypothesis import given as over
from hypothesis import strategies as st

from nexa_contracts.scoring import Risk
from nexa_contracts.success import EngagementLevel, PaymentStatus
from nexa_scoring.account_health.points import health, risk_of
from nexa_scoring.account_health.signals import Signals
from nexa_scoring.health_rules.state import DEFAULT_RULES, FACTORS

GOLDEN = Signals(
    usage=Decimal(85),
    adoption=Decimal(70),
    support_tickets=2,
    payment=PaymentStatus.CURRENT,
    engagement=EngagementLevel.HIGH,
    nps=9,
)


def points_of(signals: Signals, factor: str) -> Decimal:
    return next(each.points for each in health(signals, DEFAULT_RULES).factors if each.factor == factor)


def test_the_golden_account_scores_95_and_is_low_risk() -> None:
    result = health(GOLDEN, DEFAULT_RULES)
    assert (result.score, result.risk) == (95, Risk.LOW)
    assert sum(factor.points for factor in result.factors).quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal("94.56")
    assert [(factor.factor, factor.value, round(factor.points, 2), factor.most) for factor in result.factors] == [
        ("usage", "85 %", 25, 25),
        ("adoption", "70 %", Decimal("15.56"), 20),
        ("support", "2 tickets", 15, 15),
        ("payment", "current", 15, 15),
        ("engagement", "high", 15, 15),
        ("nps", "9", 9, 10),
    ]


def test_the_golden_account_renews_with_a_probability_of_97_9_percent() -> None:
    assert health(GOLDEN, DEFAULT_RULES).renewal_probability == Decimal("0.979232")


@pytest.mark.parametrize(
    ("factor", "signals", "points"),
    [
        ("usage", {"usage": Decimal(80)}, 25),
        ("usage", {"usage": Decimal("40.4")}, Decimal("12.625")),
        ("usage", {"usage": Decimal(0)}, 0),
        ("adoption", {"adoption": Decimal(90)}, 20),
        ("adoption", {"adoption": Decimal(45)}, 10),
        ("support", {"support_tickets": 0}, 15),
        ("support", {"support_tickets": 2}, 15),
        ("support", {"support_tickets": 3}, Decimal("13.125")),
        ("support", {"support_tickets": 6}, Decimal("7.5")),
        ("support", {"support_tickets": 10}, 0),
        ("support", {"support_tickets": 500}, 0),
        ("payment", {"payment": PaymentStatus.CURRENT}, 15),
        ("payment", {"payment": PaymentStatus.LATE}, 5),
        ("payment", {"payment": PaymentStatus.FAILED}, 0),
        ("engagement", {"engagement": EngagementLevel.HIGH}, 15),
        ("engagement", {"engagement": EngagementLevel.MEDIUM}, 8),
        ("engagement", {"engagement": EngagementLevel.LOW}, 0),
        ("nps", {"nps": 10}, 10),
        ("nps", {"nps": 3}, 3),
    ],
)
def test_points_are_linear_between_none_and_full(factor: str, signals: dict[str, object], points: object) -> None:
    assert points_of(replace(GOLDEN, **signals), factor) == points  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("score", "risk"),
    [
        (100, "low"),
        (80, "low"),
        (79, "medium"),
        (70, "medium"),
        (69, "high"),
        (50, "high"),
        (49, "critical"),
        (0, "critical"),
    ],
)
def test_the_risk_follows_the_score(score: int, risk: str) -> None:
    assert risk_of(score) == risk


def test_a_half_point_rounds_up() -> None:
    exactly_94_5 = replace(GOLDEN, adoption=Decimal("69.75"))
    assert sum(factor.points for factor in health(exactly_94_5, DEFAULT_RULES).factors) == Decimal("94.5")
    assert health(exactly_94_5, DEFAULT_RULES).score == 95


def test_thirds_add_up_exactly_before_the_total_is_rounded() -> None:
    thirds = replace(
        DEFAULT_RULES,
        weights={**DEFAULT_RULES.weights, "usage": 1, "adoption": 1, "payment": 58},
        usage_full=3,
        adoption_full=3,
    )
    signals = Signals(Decimal(1), Decimal(2), 6, PaymentStatus.CURRENT, EngagementLevel.LOW, 0)  # 1/3 + 2/3 + 7.5 + 58
    assert health(signals, thirds).score == 67


def test_support_counts_as_full_while_no_tickets_are_known() -> None:
    unknown = health(replace(GOLDEN, support_tickets=None), DEFAULT_RULES)
    assert unknown.score == 95
    assert [(each.value, each.points, each.most) for each in unknown.factors if each.factor == "support"] == [
        (None, 15, 15)
    ]


def test_an_unknown_factor_is_left_out_and_the_rest_is_scaled() -> None:
    result = health(Signals(usage=Decimal(40)), DEFAULT_RULES)  # 12.5 + 15 of 40
    assert result.score == 69
    assert [(each.factor, each.points, each.most) for each in result.factors if not each.most] == [
        (factor, 0, 0) for factor in ("adoption", "payment", "engagement", "nps")
    ]


def test_an_unknown_factor_stands_at_the_overall_fraction_in_the_renewal_probability() -> None:
    half = Signals(usage=Decimal(40), support_tickets=6)
    all_half = replace(half, adoption=Decimal(45), payment=PaymentStatus.CURRENT, nps=5)
    assert health(half, DEFAULT_RULES).renewal_probability == Decimal("0.645656")  # logistic of -3 + 7.2 / 2
    assert health(all_half, DEFAULT_RULES).renewal_probability > health(half, DEFAULT_RULES).renewal_probability


percents = st.decimals(0, 100, places=2)
whole = st.builds(
    Signals,
    usage=percents,
    adoption=percents,
    support_tickets=st.integers(0, 30),
    payment=st.sampled_from(PaymentStatus),
    engagement=st.sampled_from(EngagementLevel),
    nps=st.integers(0, 10),
)
partial = st.builds(
    Signals,
    usage=st.none() | percents,
    adoption=st.none() | percents,
    support_tickets=st.none() | st.integers(0, 30),
    payment=st.none() | st.sampled_from(PaymentStatus),
    engagement=st.none() | st.sampled_from(EngagementLevel),
    nps=st.none() | st.integers(0, 10),
)

BEST_FIRST = {
    "payment": [PaymentStatus.CURRENT, PaymentStatus.LATE, PaymentStatus.FAILED],
    "engagement": [EngagementLevel.HIGH, EngagementLevel.MEDIUM, EngagementLevel.LOW],
}


@over(partial)
def test_score_points_and_probability_stay_within_their_bounds(signals: Signals) -> None:
    result = health(signals, DEFAULT_RULES)
    assert 0 <= result.score <= 100
    assert 0 < result.renewal_probability < 1
    assert result.risk is risk_of(result.score)
    assert tuple(factor.factor for factor in result.factors) == FACTORS
    for factor in result.factors:
        assert 0 <= factor.points <= factor.most <= DEFAULT_RULES.weights[factor.factor]


@over(partial)
def test_the_score_is_what_the_points_make_of_what_they_could(signals: Signals) -> None:
    result = health(signals, DEFAULT_RULES)
    share = sum(factor.points for factor in result.factors) * 100 / sum(factor.most for factor in result.factors)
    assert abs(share - result.score) <= Decimal("0.5") + Decimal("1e-20")


@over(partial, whole, st.sampled_from([*Signals.__dataclass_fields__]))
def test_a_better_value_of_a_known_factor_never_lowers_score_or_probability(
    signals: Signals, other: Signals, factor: str
) -> None:
    ours, theirs = getattr(signals, factor), getattr(other, factor)
    assume(ours is not None)
    if factor in BEST_FIRST:
        better = min(ours, theirs, key=BEST_FIRST[factor].index)
    else:
        better = min(ours, theirs) if factor == "support_tickets" else max(ours, theirs)
    before = health(signals, DEFAULT_RULES)
    after = health(replace(signals, **{factor: better}), DEFAULT_RULES)
    assert after.score >= before.score
    assert after.renewal_probability >= before.renewal_probability
