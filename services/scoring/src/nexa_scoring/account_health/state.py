"""An account's health: not scored, or its present score and whether an episode of churn risk is open."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeAlias, assert_never

from nexa_contracts.scoring import ChurnRiskCleared, ChurnRiskDetected, HealthFactor, HealthScored
from nexa_scoring.account_health.events import ScoringStopped


@dataclass(frozen=True)
class Unscored:
    """Not a customer yet, or not any more. `episodes` were counted so far."""

    episodes: int = 0


@dataclass(frozen=True)
class Scored:
    """`on` is the day of the present score, `late_on` the newest day that a late one was given for since."""

    score: int
    label: str
    factors: tuple[HealthFactor, ...]
    renewal_probability: Decimal | None
    on: date
    late_on: date | None
    episodes: int
    at_risk: bool


AccountHealth: TypeAlias = Unscored | Scored
HealthEvent: TypeAlias = HealthScored | ChurnRiskDetected | ChurnRiskCleared | ScoringStopped


def evolve(state: AccountHealth, event: HealthEvent) -> AccountHealth:
    match event:
        case HealthScored(late=True, on=on):
            if isinstance(state, Unscored):
                return state
            return replace(state, late_on=max(on, state.late_on or on))
        case HealthScored():
            return Scored(
                score=event.score,
                label=event.label,
                factors=event.factors,
                renewal_probability=event.renewal_probability,
                on=event.on,
                late_on=None,
                episodes=state.episodes,
                at_risk=isinstance(state, Scored) and state.at_risk,
            )
        case ChurnRiskDetected(episode=episode):
            return replace(state, episodes=episode, at_risk=True) if isinstance(state, Scored) else state
        case ChurnRiskCleared():
            return replace(state, at_risk=False) if isinstance(state, Scored) else state
        case ScoringStopped():
            return Unscored(state.episodes)
        case _:
            assert_never(event)
