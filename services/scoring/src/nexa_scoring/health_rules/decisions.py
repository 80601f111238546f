"""Changing the health rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import TypeVar
from uuid import UUID

from nexa_chassis.domain import Refused
from nexa_contracts.scoring import HealthRulesChanged
from nexa_scoring.health_rules.state import FACTORS, RULES_ID, HealthRules

N = TypeVar("N", int, float)

ALL_POINTS = 100
LARGEST_COEFFICIENT = 100


@dataclass(frozen=True, kw_only=True)
class ChangeHealthRules:
    """Replace the rules; the next score of each account follows them. What is left out stays as it is."""

    weights: Mapping[str, int]
    renewal_coefficients: Mapping[str, float]
    usage_full: float | None = None
    adoption_full: float | None = None
    support_full: int | None = None
    support_none: int | None = None
    renewal_intercept: float | None = None
    rules_id: UUID = RULES_ID


def decide(command: ChangeHealthRules, state: HealthRules, now: datetime) -> Sequence[HealthRulesChanged]:
    changed = HealthRules(
        version=state.version,
        weights={**state.weights, **command.weights},
        usage_full=_or(command.usage_full, state.usage_full),
        adoption_full=_or(command.adoption_full, state.adoption_full),
        support_full=_or(command.support_full, state.support_full),
        support_none=_or(command.support_none, state.support_none),
        renewal_intercept=_or(command.renewal_intercept, state.renewal_intercept),
        renewal_coefficients={**state.renewal_coefficients, **command.renewal_coefficients},
    )
    _check_weights(changed.weights)
    _check_full_points(changed)
    _check_logistic(changed)
    if changed == state:
        return []
    return [
        HealthRulesChanged(
            rules_id=command.rules_id,
            version=state.version + 1,
            weights=dict(changed.weights),
            usage_full=changed.usage_full,
            adoption_full=changed.adoption_full,
            support_full=changed.support_full,
            support_none=changed.support_none,
            renewal_intercept=changed.renewal_intercept,
            renewal_coefficients=dict(changed.renewal_coefficients),
        )
    ]


def _or(given: N | None, before: N) -> N:
    return before if given is None else given


def _check_weights(weights: Mapping[str, int]) -> None:
    _check_factors(weights, "weights")
    for factor, points in weights.items():
        if not 0 <= points <= ALL_POINTS:
            raise Refused(
                f"{factor} weighs {points} points; give 0 to {ALL_POINTS}.", rule="health_rules.weight", field="weights"
            )
    total = sum(weights.values())
    if total != ALL_POINTS:
        listed = ", ".join(f"{factor} {points}" for factor, points in weights.items())
        raise Refused(
            f"The weights make {total} points ({listed}); they must make {ALL_POINTS}.",
            rule="health_rules.sum",
            field="weights",
        )


def _check_full_points(rules: HealthRules) -> None:
    for name, percent in (("usage_full", rules.usage_full), ("adoption_full", rules.adoption_full)):
        if not 0 < percent <= 100:
            raise Refused(
                f"{name} is {percent} percent; give more than 0, at most 100.", rule="health_rules.percent", field=name
            )
    if not 0 <= rules.support_full < rules.support_none:
        raise Refused(
            f"More tickets must give fewer points: 0 <= support_full ({rules.support_full})"
            f" < support_none ({rules.support_none}).",
            rule="health_rules.tickets",
            field="support_none",
        )


def _check_logistic(rules: HealthRules) -> None:
    _check_factors(rules.renewal_coefficients, "renewal_coefficients")
    values = {"renewal_intercept": rules.renewal_intercept, **rules.renewal_coefficients}
    for name, value in values.items():
        if not isfinite(value) or abs(value) > LARGEST_COEFFICIENT:
            raise Refused(
                f"{name} of the logistic is {value}; give a number from -{LARGEST_COEFFICIENT} to {LARGEST_COEFFICIENT}.",
                rule="health_rules.coefficient",
                field="renewal_intercept" if name == "renewal_intercept" else "renewal_coefficients",
            )


def _check_factors(named: Iterable[str], field: str) -> None:
    for factor in named:
        if factor not in FACTORS:
            raise Refused(
                f"There is no factor {factor!r}; known are {', '.join(FACTORS)}.",
                rule="health_rules.factor",
                field=field,
            )
