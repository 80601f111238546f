import pytest

from nexa_chassis.testing import given
from nexa_contracts.scoring import HealthRulesChanged
from nexa_scoring.aggregates import health_rules
from nexa_scoring.health_rules.decisions import ChangeHealthRules
from nexa_scoring.health_rules.state import DEFAULT_COEFFICIENTS, DEFAULT_RULES, DEFAULT_WEIGHTS, RULES_ID


def change(
    weights: dict[str, int] | None = None, coefficients: dict[str, float] | None = None, **others: object
) -> ChangeHealthRules:
    return ChangeHealthRules(weights=weights or {}, renewal_coefficients=coefficients or {}, **others)  # type: ignore[arg-type]


def test_new_rules_are_the_next_version_and_keep_what_they_do_not_name() -> None:
    given(health_rules).when(change({"usage": 30, "nps": 5}, {"nps": 0.5}, usage_full=75)).then(
        HealthRulesChanged(
            rules_id=RULES_ID,
            version=2,
            weights={**DEFAULT_WEIGHTS, "usage": 30, "nps": 5},
            usage_full=75,
            adoption_full=90,
            support_full=2,
            support_none=10,
            renewal_intercept=-3,
            renewal_coefficients={**DEFAULT_COEFFICIENTS, "nps": 0.5},
        )
    )


def test_rules_as_they_are_are_no_news() -> None:
    given(health_rules).when(change(dict(DEFAULT_RULES.weights), support_none=10)).then()


@pytest.mark.parametrize(
    ("given_rules", "rule"),
    [
        (change({"charm": 0}), "health_rules.factor"),
        (change(coefficients={"charm": 0.1}), "health_rules.factor"),
        (change({"usage": 24}), "health_rules.sum"),
        (change({"usage": 125, "adoption": -80}), "health_rules.weight"),
        (change(usage_full=0), "health_rules.percent"),
        (change(adoption_full=100.5), "health_rules.percent"),
        (change(support_full=10), "health_rules.tickets"),
        (change(support_full=-1), "health_rules.tickets"),
        (change(renewal_intercept=float("nan")), "health_rules.coefficient"),
        (change(coefficients={"usage": 101}), "health_rules.coefficient"),
    ],
)
def test_rules_that_make_no_sense_are_refused(given_rules: ChangeHealthRules, rule: str) -> None:
    given(health_rules).when(given_rules).then_refused(rule=rule)
