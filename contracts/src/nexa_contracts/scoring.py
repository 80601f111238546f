"""What scoring tells the others."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.values import (
    AccountId,
    AccountName,
    Band,
    CampaignId,
    LeadId,
    OriginalImport,
    Points,
    Ratio,
    Value,
)


class FactorPoints(Value):
    """The points one factor brought, and why."""

    factor: str = Field(description="Name of the factor in the rules.", examples=["company_size.enterprise"])
    points: int = Field(description="What it added to the score.", examples=[10])
    because: Annotated[str, Personal()] = Field(description="The fact behind it.", examples=["enterprise company"])


class ScoringRulesFields(Event):
    rules_id: UUID = Field(description="The rule set; there is one.")
    version: int = Field(ge=1, description="Rises with each draft; 1 is the set of the beginning.")
    points: dict[str, int] = Field(
        description="Points by factor.", examples=[{"company_size.enterprise": 10, "attended": 15}]
    )
    high_from: int = Field(description="Fewest points of the High band.", examples=[75])
    medium_from: int = Field(description="Fewest points of the Medium band.", examples=[50])
    question_limit: int = Field(description="Most points that questions bring together.", examples=[10])


class ScoringRulesDrafted(ScoringRulesFields):
    """Somebody proposes other rules. They take the place of the draft before, and void its approval."""

    drafted_by: str = Field(description="Subject of the person who wrote this version.", examples=["mona"])
    based_on: int = Field(ge=1, description="The version in force when it was written.")


class ScoringRulesApproved(Event):
    """A second person approves this version of the draft, and no other."""

    rules_id: UUID = Field(description="The rule set; there is one.")
    version: int = Field(ge=1, description="The version that is approved.")
    drafted_by: str = Field(description="Subject of the person who wrote this version.", examples=["mona"])
    approved_by: str = Field(description="Subject of the person who approved it.", examples=["paul"])


class ScoringRulesChanged(ScoringRulesFields):
    """A new version of the scoring rules is in force. It counts for scores from then on; leads known by then are rescored."""

    drafted_by: str | None = Field(
        default=None, description="Subject of the person who wrote this version.", examples=["mona"]
    )
    approved_by: str | None = Field(
        default=None, description="Subject of the person who approved it.", examples=["paul"]
    )


class LeadScored(Event):
    """A lead has a new score, with the points of each factor."""

    lead_id: LeadId
    campaign_id: CampaignId
    import_id: OriginalImport = None
    score: Points = Field(examples=[85])
    band: Band = Field(description="Always follows the score.")
    band_from: int | None = Field(
        default=None, description="Fewest points of that band by these rules, 0 of Low; null: unknown.", examples=[75]
    )
    previous_score: int | None = Field(default=None, description="The score before; null on the first.")
    previous_band: Band | None = Field(default=None, description="The band before; null on the first.")
    raw_points: int = Field(description="The sum of the factors before the cap at 100.")
    factors: tuple[FactorPoints, ...] = Field(description="Each factor that brought points.")
    recommendation: str = Field(
        description="What to do next, in a sentence.", examples=["High buying intent, call within 24h"]
    )
    rules_version: int = Field(ge=1, description="Version of the rules that gave the points.")
    caused_by: str = Field(description="Id of the event that brought the latest fact, or the rules in force.")


class Risk(StrEnum):
    """Low from 80, medium from 70, high from 50, else critical (default rules)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class HealthFactor(Value):
    """What one factor gave to an account's health."""

    factor: str = Field(description="usage, adoption, support, payment, engagement or nps.", examples=["usage"])
    value: str | None = Field(description="What was reported; null if nothing was yet.", examples=["85 %"])
    points: Ratio = Field(description="What it gave, unrounded.", examples=["25"])
    most: int = Field(ge=0, description="What it can give.", examples=[25])
    change: Ratio = Field(description="Points more or less than in the score before.", examples=["-3.125"])


class HealthRulesChanged(Event):
    """A new version of the health rules is in force. It counts for scores from then on."""

    rules_id: UUID = Field(description="The rule set; there is one.")
    version: int = Field(ge=1, description="Rises by one with each change.")
    weights: dict[str, int] = Field(description="Most points by factor; 100 in all.", examples=[{"usage": 25}])
    usage_full: Ratio = Field(description="Percent of daily active users that gives full points.", examples=["80"])
    adoption_full: Ratio = Field(description="Percent of features in use that gives full points.", examples=["90"])
    support_full: int = Field(description="Most tickets in 30 days that give full points.", examples=[2])
    support_none: int = Field(description="Fewest tickets that give none.", examples=[10])
    renewal_intercept: Ratio = Field(description="Of the logistic that gives the renewal probability.", examples=["-3"])
    renewal_coefficients: dict[str, Ratio] = Field(
        description="Of each factor's fraction of its full points.", examples=[{"usage": "2.0"}]
    )


class HealthScored(Event):
    """How well an account does, with the points of each factor, the change since the last one and what caused it."""

    account_id: AccountId
    account_name: AccountName
    on: date = Field(description="The day it is about; earlier than today for what was reported late.")
    late: bool = Field(default=False, description="About a day before the latest known one; the present score stays.")
    score: Points = Field(examples=[95])
    label: str = Field(default="", description="`onboarding` while nothing was reported yet.", examples=["onboarding"])
    risk: Risk = Field(description="Always follows the score.")
    previous_score: int | None = Field(default=None, description="The score before; null on the first.")
    change: int = Field(default=0, description="Points more or less than before.")
    factors: tuple[HealthFactor, ...] = Field(description="Each factor; empty with the label `onboarding`.")
    renewal_probability: Ratio | None = Field(
        default=None, description="0 to 1; null with the label `onboarding`.", examples=["0.979"]
    )
    calibrated: bool = Field(default=False, description="Whether the probability was fitted on outcomes.")
    rules_version: int = Field(ge=1, description="Version of the rules that gave the points.")
    caused_by: str = Field(description="Id of the event that brought the latest fact.")


class ChurnRiskDetected(Event):
    """The health crossed below 70: an episode begins. One until it is over."""

    account_id: AccountId
    account_name: AccountName
    episode: int = Field(ge=1, description="Counts the account's episodes.")
    score: Points = Field(examples=[65])
    previous_score: int | None = Field(default=None, description="The score before.")
    play: str = Field(description="What is recommended.", examples=["Schedule executive business review"])
    reason: str = Field(description="Why that.", examples=["Usage declining, support tickets increasing"])


class ChurnRiskCleared(Event):
    """The health came back to 73 or more: the episode is over."""

    account_id: AccountId
    account_name: AccountName
    episode: int = Field(ge=1, description="The episode.")
    score: Points = Field(examples=[74])


class CataloguedFeature(Value):
    """A part of the product that tickets speak of."""

    key: str = Field(pattern="^[a-z][a-z0-9_]*$", description="Under which others name it.", examples=["data_export"])
    name: str = Field(description="As people call it.", examples=["Export function"])
    aliases: tuple[str, ...] = Field(
        default=(), description="Words and phrases that mean it.", examples=[["export", "csv download"]]
    )


class TicketRulesChanged(Event):
    """A new version of the rules that tickets are analysed by. It counts for tickets from then on."""

    rules_id: UUID = Field(description="The rule set; there is one.")
    version: int = Field(ge=1, description="Rises by one with each change.")
    features: tuple[CataloguedFeature, ...] = Field(description="The catalogue of features.")
    abstain_below: Ratio = Field(description="A finding less certain than this is not said.", examples=["0.5"])
    similar_from: Ratio = Field(description="Tickets are similar from this score on.", examples=["0.4"])
    window_days: int = Field(ge=1, description="How far back similar tickets are looked for.", examples=[90])
    keywords: dict[str, dict[str, dict[str, Ratio]]] = Field(
        default_factory=dict,
        description="What speaks for an answer, and how much: by question, by answer, by word or phrase. A word that ends in"
        " `*` stands for all that begin so; `type:bug` holds where the type is bug.",
        examples=[{"type": {"bug": {"error*": "1"}}}],
    )
    little_words: tuple[str, ...] = Field(
        default=(), description="Words that say little of what a ticket is about.", examples=[["problem*", "help*"]]
    )
    little_weight: Ratio = Field(
        default=Decimal(1), description="What such a word weighs; others weigh 1.", examples=["0.25"]
    )
    same_feature: Ratio = Field(
        default=Decimal(1), description="A ticket of the same feature is so many times as similar.", examples=["1.5"]
    )
    same_version: Ratio = Field(
        default=Decimal(1), description="A ticket of the same product version likewise.", examples=["1.25"]
    )
    other_kind: Ratio = Field(
        default=Decimal(1), description="A ticket of another feature or kind likewise.", examples=["0.6"]
    )
    p1_from: int = Field(default=5, ge=1, description="Similar tickets in seven days that make a high priority p1.")


class Finding(Value):
    """What the analysis says of one question, how certain it is and why."""

    value: str | None = Field(description="Null: not certain enough, a person decides.", examples=["bug"])
    confidence: Ratio = Field(description="0 to 1.", examples=["0.85"])
    because: Annotated[str, Personal()] = Field(
        description="What it rests on.", examples=["says: error message, not working"]
    )


class SimilarTicket(Value):
    """A ticket that resembles the analysed one."""

    ticket_id: UUID = Field(description="The other ticket.")
    score: Ratio = Field(description="0 to 1.", examples=["0.71"])
    reason: Annotated[str, Personal()] = Field(
        description="What they share.", examples=["same feature data_export, same version 2.1.5, words: csv, export"]
    )
    account_id: UUID | None = Field(default=None, description="Its account, where known.")
    submitted_at: AwareDatetime = Field(description="When it came in.")


class TicketAnalyzed(Event):
    """What a ticket is about, as rules and similarity have it; each figure with its confidence."""

    ticket_id: UUID = Field(description="The ticket.")
    account_id: UUID | None = Field(default=None, description="Its account, where known.")
    product_version: str | None = Field(default=None, description="As the ticket says.", examples=["2.1.5"])
    type: Finding = Field(description="bug, question, feature or incident.")
    priority: Finding = Field(description="critical, high, normal or low.")
    sentiment: Finding = Field(description="frustrated, neutral or content.")
    urgency: Finding = Field(description="high, medium or low.")
    feature: Finding = Field(description="Key of the affected feature.")
    feature_name: str | None = Field(default=None, description="Its name, in words.", examples=["Export function"])
    category: str | None = Field(default=None, description="In words.", examples=["product_bug"])
    similar: tuple[SimilarTicket, ...] = Field(default=(), description="The most similar first; at most twenty.")
    similar_in_week: int = Field(default=0, ge=0, description="Similar tickets of the seven days before.", examples=[5])
    recommended_priority: Finding = Field(description="p1 to p4.")
    rules_version: int = Field(ge=1, description="Version of the rules.")
    caused_by: str = Field(description="Id of the event that brought the ticket, or an older one that came after it.")
    later: tuple[UUID, ...] = Field(
        default=(), description="Similar tickets of a later time that came before this one; they are analysed again."
    )


class SupportLoadChanged(Event):
    """A ticket counts for how much support an account needs, or does no more: it is merged, or another account's."""

    ticket_id: UUID = Field(description="The ticket.")
    account_id: AccountId
    submitted_at: AwareDatetime = Field(description="When it came in.")
    counts: bool = Field(description="Whether it counts from now on.")
    caused_by: str = Field(description="Id of the ticket's event.")
