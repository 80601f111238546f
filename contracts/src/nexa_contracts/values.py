"""Values that several contexts speak of."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from nexa_contracts.envelope import Personal

Amount = Annotated[
    Decimal,
    Field(max_digits=18, decimal_places=2, examples=["50000.00"]),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
]


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Money(Value):
    """An amount with its currency."""

    amount: Amount
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["USD"])


class Band(StrEnum):
    """High from 75 points, Medium from 50, else Low (default rules)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Candidate(Value):
    """Somebody who could have been chosen, and why they were or were not."""

    id: str
    name: Annotated[str, Personal()] = Field(examples=["Maria Lind"])
    taken: bool
    reason: str = Field(examples=["least recently assigned", "at capacity (20 of 20 open leads)"])


class Because(Value):
    """Why an automated act came out as it did: the rule and its version, the facts it saw, who else was considered."""

    rule: str = Field(examples=["high band to senior reps"])
    rule_version: int = 1
    facts: dict[str, str] = Field(default_factory=dict, examples=[{"band": "high", "territory": "emea"}])
    candidates: tuple[Candidate, ...] = ()
