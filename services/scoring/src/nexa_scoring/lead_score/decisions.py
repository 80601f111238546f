"""When a lead's score is news."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band
from nexa_scoring.lead_score.features import Features
from nexa_scoring.lead_score.points import least_of, score
from nexa_scoring.lead_score.state import Scored, Unscored
from nexa_scoring.rules.state import Rules


@dataclass(frozen=True, kw_only=True)
class ScoreLead:
    """Score this lead by these features; `caused_by` is the event that brought the latest of them, or other rules."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None
    features: Features
    caused_by: str


def decide(command: ScoreLead, state: Unscored | Scored, now: datetime, rules: Rules) -> Sequence[LeadScored]:
    result = score(command.features, rules)
    previous_score: int | None = None
    previous_band: Band | None = None
    match state:
        case Scored(factors=factors, band=band) if (factors, band) == (result.factors, result.band):
            return []
        case Scored(value=value, band=band):
            previous_score, previous_band = value, band
        case Unscored():
            pass
    return [
        LeadScored(
            lead_id=command.lead_id,
            campaign_id=command.campaign_id,
            import_id=command.import_id,
            score=result.value,
            band=result.band,
            band_from=least_of(result.band, rules),
            previous_score=previous_score,
            previous_band=previous_band,
            raw_points=result.raw,
            factors=result.factors,
            recommendation=result.recommendation,
            rules_version=rules.version,
            caused_by=command.caused_by,
        )
    ]
