"""A lead's score: not yet there, or the latest one."""

from dataclasses import dataclass

from nexa_contracts.scoring import Band, FactorPoints, LeadScored


@dataclass(frozen=True)
class Unscored:
    pass


@dataclass(frozen=True)
class Scored:
    value: int
    band: Band
    factors: tuple[FactorPoints, ...]
    recommendation: str
    rules_version: int


def evolve(state: Unscored | Scored, event: LeadScored) -> Scored:
    return Scored(event.score, event.band, event.factors, event.recommendation, event.rules_version)
