"""A lead's score: not yet there, or the latest one."""

from dataclasses import dataclass
from typing import TypeAlias

from nexa_contracts.scoring import FactorPoints, LeadScored
from nexa_contracts.values import Band


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


LeadScore: TypeAlias = Unscored | Scored


def evolve(state: LeadScore, event: LeadScored) -> Scored:
    return Scored(event.score, event.band, event.factors, event.recommendation, event.rules_version)
