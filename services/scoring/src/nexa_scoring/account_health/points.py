"""How well an account does, 0 to 100, with the points of each factor, and how probable its renewal is.

Points are linear between none and full, exact until the total is rounded once, half up. Support counts as full as long as
no tickets are known. Any other factor that was never reported is left out (it can give nothing, its `most` is 0) and the
sum is scaled to what the known ones can give: the score is 100 × Σ points ÷ Σ most. The renewal probability is the logistic
of the rules' intercept + Σ coefficient × fraction of full points, an unknown factor standing at the scaled overall fraction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor
from typing import assert_never

from nexa_contracts.scoring import HealthFactor, Risk
from nexa_contracts.success import EngagementLevel, PaymentStatus
from nexa_scoring.account_health.signals import Signals
from nexa_scoring.health_rules.state import FACTORS, HealthRules

LOW_FROM, MEDIUM_FROM, HIGH_FROM = 80, 70, 50
NONE, HALF, FULL = Fraction(0), Fraction(1, 2), Fraction(1)
MOST_NPS = 10
UNCHANGED = Decimal(0)
SIX_PLACES = Decimal("0.000001")


@dataclass(frozen=True)
class Health:
    """`renewal_probability` is 0 to 1, to six places."""

    score: int
    risk: Risk
    factors: tuple[HealthFactor, ...]
    renewal_probability: Decimal


def health(signals: Signals, rules: HealthRules) -> Health:
    fractions = _fractions(signals, rules)
    known = {factor: fraction for factor, fraction in fractions.items() if fraction is not None}
    points = {factor: rules.weights[factor] * fraction for factor, fraction in known.items()}
    most = sum(rules.weights[factor] for factor in known)
    overall = sum(points.values(), NONE) / most if most else FULL
    score = floor(overall * 100 + HALF)
    values = _values(signals)
    return Health(
        score=score,
        risk=risk_of(score),
        factors=tuple(
            HealthFactor(
                factor=factor,
                value=values[factor],
                points=_decimal(points.get(factor, NONE)),
                most=rules.weights[factor] if factor in known else 0,
                change=UNCHANGED,
            )
            for factor in FACTORS
        ),
        renewal_probability=_logistic(fractions, overall, rules),
    )


def risk_of(score: int) -> Risk:
    if score >= LOW_FROM:
        return Risk.LOW
    if score >= MEDIUM_FROM:
        return Risk.MEDIUM
    return Risk.HIGH if score >= HIGH_FROM else Risk.CRITICAL


def _fractions(signals: Signals, rules: HealthRules) -> Mapping[str, Fraction | None]:
    """Of full points, by factor; None for what is unknown."""
    return {
        "usage": _up_to(signals.usage, rules.usage_full),
        "adoption": _up_to(signals.adoption, rules.adoption_full),
        "support": _support(signals.support_tickets or 0, rules),
        "payment": None if signals.payment is None else _payment(signals.payment),
        "engagement": None if signals.engagement is None else _engagement(signals.engagement),
        "nps": None if signals.nps is None else Fraction(signals.nps, MOST_NPS),
    }


def _up_to(percent: Decimal | None, full: float) -> Fraction | None:
    return None if percent is None else min(FULL, Fraction(percent) / _exactly(full))


def _support(tickets: int, rules: HealthRules) -> Fraction:
    left = Fraction(rules.support_none - tickets, rules.support_none - rules.support_full)
    return max(NONE, min(FULL, left))


def _payment(status: PaymentStatus) -> Fraction:
    match status:
        case PaymentStatus.CURRENT:
            return FULL
        case PaymentStatus.LATE:
            return Fraction(5, 15)
        case PaymentStatus.FAILED:
            return NONE
        case _:
            assert_never(status)


def _engagement(level: EngagementLevel) -> Fraction:
    match level:
        case EngagementLevel.HIGH:
            return FULL
        case EngagementLevel.MEDIUM:
            return Fraction(8, 15)
        case EngagementLevel.LOW:
            return NONE
        case _:
            assert_never(level)


def _logistic(fractions: Mapping[str, Fraction | None], overall: Fraction, rules: HealthRules) -> Decimal:
    exponent = _exactly(rules.renewal_intercept)
    for factor, fraction in fractions.items():
        exponent += _exactly(rules.renewal_coefficients[factor]) * (overall if fraction is None else fraction)
    odds = _decimal(exponent).exp()
    return (odds / (1 + odds)).quantize(SIX_PLACES, ROUND_HALF_UP)


def _values(signals: Signals) -> Mapping[str, str | None]:
    """What was reported, for people."""
    tickets = signals.support_tickets
    return {
        "usage": None if signals.usage is None else _percent(signals.usage),
        "adoption": None if signals.adoption is None else _percent(signals.adoption),
        "support": None if tickets is None else f"{tickets} ticket{'' if tickets == 1 else 's'}",
        "payment": None if signals.payment is None else signals.payment.value,
        "engagement": None if signals.engagement is None else signals.engagement.value,
        "nps": None if signals.nps is None else str(signals.nps),
    }


def _percent(value: Decimal) -> str:
    return f"{value.normalize():f} %"


def _exactly(number: float) -> Fraction:
    """The number as it is written, 0.1 as one tenth."""
    return Fraction(str(number))


def _decimal(fraction: Fraction) -> Decimal:
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)
