"""What scoring tells the others."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.values import Band, Value


class FactorPoints(Value):
    """The points one factor brought, and why."""

    factor: str = Field(examples=["company_size.enterprise"])
    points: int = Field(examples=[10])
    because: Annotated[str, Personal()] = Field(examples=["enterprise company"])


class ScoringRulesChanged(Event):
    """A new version of the scoring rules is in force."""

    rules_id: UUID
    version: int = Field(ge=1)
    points: dict[str, int] = Field(examples=[{"company_size.enterprise": 10, "attended": 15}])
    high_from: int = Field(examples=[75])
    medium_from: int = Field(examples=[50])
    question_limit: int = Field(examples=[10])


class LeadScored(Event):
    """A lead has a new score, with the points of each factor."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None = None
    score: int = Field(ge=0, le=100, examples=[85])
    band: Band
    previous_score: int | None = None
    previous_band: Band | None = None
    raw_points: int = Field(description="The sum before the cap at 100.")
    factors: tuple[FactorPoints, ...]
    recommendation: str = Field(examples=["High buying intent, call within 24h"])
    rules_version: int
    caused_by: str = Field(description="Id of the event that led to this score.")
