"""What scoring tells the others."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.values import Band, CampaignId, LeadId, OriginalImport, Points, Value


class FactorPoints(Value):
    """The points one factor brought, and why."""

    factor: str = Field(description="Name of the factor in the rules.", examples=["company_size.enterprise"])
    points: int = Field(description="What it added to the score.", examples=[10])
    because: Annotated[str, Personal()] = Field(description="The fact behind it.", examples=["enterprise company"])


class ScoringRulesChanged(Event):
    """A new version of the scoring rules is in force. It counts for scores from then on; earlier ones stay as they are."""

    rules_id: UUID = Field(description="The rule set; there is one.")
    version: int = Field(ge=1, description="Rises by one with each change.")
    points: dict[str, int] = Field(
        description="Points by factor.", examples=[{"company_size.enterprise": 10, "attended": 15}]
    )
    high_from: int = Field(description="Fewest points of the High band.", examples=[75])
    medium_from: int = Field(description="Fewest points of the Medium band.", examples=[50])
    question_limit: int = Field(description="Most points that questions bring together.", examples=[10])


class LeadScored(Event):
    """A lead has a new score, with the points of each factor."""

    lead_id: LeadId
    campaign_id: CampaignId
    import_id: OriginalImport = None
    score: Points = Field(examples=[85])
    band: Band = Field(description="Always follows the score.")
    previous_score: int | None = Field(default=None, description="The score before; null on the first.")
    previous_band: Band | None = Field(default=None, description="The band before; null on the first.")
    raw_points: int = Field(description="The sum of the factors before the cap at 100.")
    factors: tuple[FactorPoints, ...] = Field(description="Each factor that brought points.")
    recommendation: str = Field(
        description="What to do next, in a sentence.", examples=["High buying intent, call within 24h"]
    )
    rules_version: int = Field(ge=1, description="Version of the rules that gave the points.")
    caused_by: str = Field(description="Id of the event that brought the latest fact.")
