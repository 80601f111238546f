"""When an account's health is news, and when it is a risk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_contracts.scoring import ChurnRiskCleared, ChurnRiskDetected, HealthFactor, HealthScored, Risk
from nexa_scoring.account_health.events import ScoringStopped
from nexa_scoring.account_health.play import recommend
from nexa_scoring.account_health.points import UNCHANGED, health
from nexa_scoring.account_health.signals import Signals
from nexa_scoring.account_health.state import AccountHealth, HealthEvent, Scored, Unscored
from nexa_scoring.health_rules.state import HealthRules

RISK_BELOW = 70
CLEARED_FROM = 73
ONBOARDING = "onboarding"
ONBOARDING_SCORE = 100


@dataclass(frozen=True, kw_only=True)
class ScoreAccount:
    """Score the account by these signals, None while there are none; `on` is the day they are of.

    A late one is about a day before the latest known: it goes into the history and leaves the present score alone.
    `caused_by` is the id of the event that brought the latest fact.
    """

    account_id: UUID
    account_name: str
    on: date
    late: bool
    signals: Signals | None
    caused_by: str


@dataclass(frozen=True, kw_only=True)
class StopScoring:
    """The account is no customer any more."""

    account_id: UUID
    account_name: str
    on: date
    reason: str
    caused_by: str


HealthCommand: TypeAlias = ScoreAccount | StopScoring


@dataclass(frozen=True)
class _Result:
    score: int
    label: str
    risk: Risk
    factors: tuple[HealthFactor, ...]
    renewal_probability: Decimal | None


def decide(command: HealthCommand, state: AccountHealth, now: datetime, rules: HealthRules) -> Sequence[HealthEvent]:
    match command:
        case StopScoring():
            return [] if isinstance(state, Unscored) else [_stopped(command, state)]
        case ScoreAccount(late=True):
            return [_scored(command, _result(command.signals, rules), rules)]
        case ScoreAccount():
            return list(_score(command, state, rules))
        case _:
            assert_never(command)


def _score(command: ScoreAccount, state: AccountHealth, rules: HealthRules) -> Iterator[HealthEvent]:
    result = _result(command.signals, rules)
    if isinstance(state, Scored) and _is_told(state, result):
        return
    before = state if isinstance(state, Scored) else None
    scored = _scored(command, result, rules, before)
    yield scored
    at_risk = before is not None and before.at_risk
    if not at_risk and scored.score < RISK_BELOW:
        recommendation = recommend(scored.factors)
        yield ChurnRiskDetected(
            account_id=command.account_id,
            account_name=command.account_name,
            episode=state.episodes + 1,
            score=scored.score,
            previous_score=scored.previous_score,
            play=recommendation.play,
            reason=recommendation.reason,
        )
    elif at_risk and scored.score >= CLEARED_FROM:
        yield ChurnRiskCleared(
            account_id=command.account_id,
            account_name=command.account_name,
            episode=state.episodes,
            score=scored.score,
        )


def _is_told(state: Scored, result: _Result) -> bool:
    """Nothing differs from the present score, and no late one stands on its day or after it in the history."""
    same = (state.label, state.renewal_probability) == (result.label, result.renewal_probability)
    return (
        same and _what(state.factors) == _what(result.factors) and (state.late_on is None or state.late_on < state.on)
    )


def _what(factors: Sequence[HealthFactor]) -> list[tuple[str, str | None, Decimal, int]]:
    return [(factor.factor, factor.value, factor.points, factor.most) for factor in factors]


def _result(signals: Signals | None, rules: HealthRules) -> _Result:
    if signals is None:
        return _Result(ONBOARDING_SCORE, ONBOARDING, Risk.LOW, (), None)
    found = health(signals, rules)
    return _Result(found.score, "", found.risk, found.factors, found.renewal_probability)


def _scored(command: ScoreAccount, result: _Result, rules: HealthRules, before: Scored | None = None) -> HealthScored:
    return HealthScored(
        account_id=command.account_id,
        account_name=command.account_name,
        on=command.on,
        late=command.late,
        score=result.score,
        label=result.label,
        risk=result.risk,
        previous_score=before.score if before else None,
        change=result.score - before.score if before else 0,
        factors=_since(before, result.factors) if before else result.factors,
        renewal_probability=result.renewal_probability,
        rules_version=rules.version,
        caused_by=command.caused_by,
    )


def _since(before: Scored, factors: Sequence[HealthFactor]) -> tuple[HealthFactor, ...]:
    """With the change of each since then; one that was or is left out has none."""
    points = {factor.factor: factor.points for factor in before.factors if factor.most}
    return tuple(
        factor.model_copy(
            update={"change": factor.points - points.get(factor.factor, factor.points) if factor.most else UNCHANGED}
        )
        for factor in factors
    )


def _stopped(command: StopScoring, state: Scored) -> ScoringStopped:
    return ScoringStopped(
        account_id=command.account_id,
        account_name=command.account_name,
        on=max(command.on, state.on),
        reason=command.reason,
        caused_by=command.caused_by,
    )
