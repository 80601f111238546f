"""The health rules in force: how much each factor of an account's health is worth, and what gives full points."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_contracts.scoring import HealthRulesChanged

RULES_ID: UUID = derive("scoring", "health-rules")

FACTORS = ("usage", "adoption", "support", "payment", "engagement", "nps")

DEFAULT_WEIGHTS: Mapping[str, int] = MappingProxyType(
    {"usage": 25, "adoption": 20, "support": 15, "payment": 15, "engagement": 15, "nps": 10}
)
DEFAULT_COEFFICIENTS: Mapping[str, float] = MappingProxyType(
    {"usage": 2.0, "adoption": 1.2, "support": 0.9, "payment": 1.3, "engagement": 1.0, "nps": 0.8}
)


@dataclass(frozen=True)
class HealthRules:
    """`weights` are the most points by factor, 100 in all. Full points are given from `usage_full` percent of daily active
    users, from `adoption_full` percent of features in use, up to `support_full` tickets in 30 days; none from
    `support_none` tickets on. The renewal probability is the logistic of `renewal_intercept` and, for each factor, its
    coefficient times its fraction of full points. Version 1 is the default set.
    """

    version: int
    weights: Mapping[str, int]
    usage_full: float
    adoption_full: float
    support_full: int
    support_none: int
    renewal_intercept: float
    renewal_coefficients: Mapping[str, float]


DEFAULT_RULES = HealthRules(
    version=1,
    weights=DEFAULT_WEIGHTS,
    usage_full=80,
    adoption_full=90,
    support_full=2,
    support_none=10,
    renewal_intercept=-3,
    renewal_coefficients=DEFAULT_COEFFICIENTS,
)


def evolve(state: HealthRules, event: HealthRulesChanged) -> HealthRules:
    return HealthRules(
        version=event.version,
        weights=event.weights,
        usage_full=float(event.usage_full),
        adoption_full=float(event.adoption_full),
        support_full=event.support_full,
        support_none=event.support_none,
        renewal_intercept=float(event.renewal_intercept),
        renewal_coefficients={factor: float(value) for factor, value in event.renewal_coefficients.items()},
    )
