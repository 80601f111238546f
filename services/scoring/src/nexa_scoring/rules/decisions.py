"""Changing the scoring rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Refused
from nexa_contracts.scoring import ScoringRulesChanged
from nexa_scoring.rules.state import DEFAULT_POINTS, RULES_ID, Rules


@dataclass(frozen=True, kw_only=True)
class ChangeRules:
    """Replace the rules; the next score of each lead follows them. Factors left out keep their points."""

    points: Mapping[str, int]
    high_from: int
    medium_from: int
    question_limit: int
    rules_id: UUID = RULES_ID


def decide(command: ChangeRules, state: Rules, now: datetime) -> Sequence[ScoringRulesChanged]:
    for factor, points in command.points.items():
        if factor not in DEFAULT_POINTS:
            known = ", ".join(sorted(DEFAULT_POINTS))
            raise Refused(f"There is no factor {factor!r}; known are {known}.", rule="rules.factor", field="points")
        if not 0 <= points <= 100:
            raise Refused(f"{factor} is worth {points} points; give 0 to 100.", rule="rules.points", field="points")
    if not 0 < command.medium_from < command.high_from <= 100:
        raise Refused(
            f"Bands must rise: 0 < medium_from ({command.medium_from}) < high_from ({command.high_from}) <= 100.",
            rule="rules.bands",
            field="high_from",
        )
    all_points = {**state.points, **command.points}
    changed = Rules(
        version=state.version,
        points=all_points,
        high_from=command.high_from,
        medium_from=command.medium_from,
        question_limit=command.question_limit,
    )
    if changed == state:
        return []
    return [
        ScoringRulesChanged(
            rules_id=command.rules_id,
            version=state.version + 1,
            points=all_points,
            high_from=command.high_from,
            medium_from=command.medium_from,
            question_limit=command.question_limit,
        )
    ]
