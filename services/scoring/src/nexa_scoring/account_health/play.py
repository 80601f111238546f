"""What to do about an account at risk, and why: named after the factors that lost points, the largest loss first."""

from collections.abc import Sequence
from dataclasses import dataclass

from nexa_contracts.scoring import HealthFactor
from nexa_contracts.success import PaymentStatus

WEAKEST = 3

PLAYS = {
    "usage": "Schedule executive business review",
    "adoption": "Schedule executive business review",
    "support": "Schedule executive business review",
    "payment": "Clear up billing",
    "engagement": "Re-engage the sponsor",
    "nps": "Call the detractor",
}
FALLING = {
    "usage": "usage declining",
    "adoption": "feature adoption declining",
    "support": "support tickets increasing",
    "engagement": "engagement falling",
    "nps": "NPS falling",
}
LOW = {
    "usage": "low usage",
    "adoption": "low feature adoption",
    "support": "many support tickets",
    "engagement": "low engagement",
    "nps": "low NPS",
}


@dataclass(frozen=True)
class Recommendation:
    play: str
    reason: str


def recommend(factors: Sequence[HealthFactor]) -> Recommendation:
    """By what fell since the score before; where nothing did, by up to three factors that lack most points."""
    fallen = sorted((factor for factor in factors if factor.change < 0), key=lambda factor: factor.change)
    if fallen:
        reasons = [FALLING.get(factor.factor) or _payment(factor) for factor in fallen]
        return _recommendation(fallen[0], reasons)
    lacking = [factor for factor in factors if factor.points < factor.most]
    weakest = sorted(lacking, key=lambda factor: factor.points - factor.most)[:WEAKEST]
    return _recommendation(weakest[0], [LOW.get(factor.factor) or _payment(factor) for factor in weakest])


def _recommendation(worst: HealthFactor, reasons: Sequence[str]) -> Recommendation:
    reason = ", ".join(reasons)
    return Recommendation(PLAYS[worst.factor], reason[0].upper() + reason[1:])


def _payment(factor: HealthFactor) -> str:
    return "payments late" if factor.value == PaymentStatus.LATE else "payment failed"
