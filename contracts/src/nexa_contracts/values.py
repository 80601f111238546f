"""Values that several contexts speak of."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from nexa_contracts.envelope import Personal

Amount = Annotated[
    Decimal,
    Field(max_digits=18, decimal_places=2),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,16}\.\d{2}$"}),
]

Ratio = Annotated[Decimal, WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$"})]
"""A quotient of two amounts, as a decimal number in a string."""

CampaignId = Annotated[UUID, Field(description="The campaign.")]
ImportId = Annotated[UUID, Field(description="The import.")]
LeadId = Annotated[UUID, Field(description="The lead; the same id in every service.")]
EnrolmentId = Annotated[UUID, Field(description="A lead's place in an e-mail series.")]
RepId = Annotated[UUID, Field(description="The person of the sales roster.")]
TaskId = Annotated[UUID, Field(description="The task.")]
AccountId = Annotated[UUID, Field(description="The account.")]
ContactId = Annotated[UUID, Field(description="The contact.")]
DealId = Annotated[UUID, Field(description="The deal.")]
ProjectId = Annotated[UUID, Field(description="The onboarding.")]
NotificationId = Annotated[UUID, Field(description="The notification; one id for one thing told to one person.")]

AccountName = Annotated[str, Field(description="Name of the company.", examples=["Acme Corp"])]
OriginalImport = Annotated[UUID | None, Field(description="The import that brought the lead; null if none did.")]
Points = Annotated[int, Field(ge=0, le=100, description="The lead's score, 0 to 100.")]


class Value(BaseModel):
    """Equal by its fields, without an identity of its own."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Money(Value):
    """An amount with its currency."""

    amount: Amount = Field(description="With two decimals, as a string.", examples=["50000.00"])
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["USD"])


class Band(StrEnum):
    """High from 75 points, Medium from 50, else Low (default rules)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Candidate(Value):
    """Somebody or something that could have been chosen, and why it was or was not."""

    id: str = Field(description="Id of the candidate, a rep's for an assignment.")
    name: Annotated[str, Personal()] = Field(
        description="As people call the candidate, at that time.", examples=["Maria Lind"]
    )
    taken: bool = Field(description="Whether this one was chosen.")
    reason: str = Field(
        description="Why it was chosen or not.",
        examples=["least recently assigned", "at capacity (20 of 20 open leads)"],
    )


class Because(Value):
    """Why an automated act came out as it did: the rule and its version, the facts it saw, who else was considered."""

    rule: str = Field(description="The rule that matched, in words.", examples=["high band to senior reps"])
    rule_version: int = Field(default=1, ge=1, description="Version of the rule set it belongs to.")
    facts: dict[str, str] = Field(
        default_factory=dict,
        description="What the rule looked at, by name.",
        examples=[{"band": "high", "territory": "emea"}],
    )
    candidates: tuple[Candidate, ...] = Field(
        default=(), description="All that could have been chosen, the chosen one too."
    )
