"""What this service can be told beyond the chassis' settings."""

import json
import os
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from nexa_contracts.sales import DealStage

STAGE_WEIGHTS: Mapping[DealStage, Decimal] = {
    DealStage.QUALIFICATION: Decimal("0.20"),
    DealStage.PROPOSAL: Decimal("0.50"),
    DealStage.NEGOTIATION: Decimal("0.75"),
}


def _weights(given: object) -> object:
    return json.loads(given, parse_float=Decimal) if isinstance(given, str) else given


def _complete(given: Mapping[DealStage, Decimal]) -> Mapping[DealStage, Decimal]:
    closed = [stage.value for stage in given if stage not in STAGE_WEIGHTS]
    if closed:
        raise ValueError(f"{', '.join(closed)} cannot be weighed: only open stages are forecast")
    return {**STAGE_WEIGHTS, **given}


StageWeights: TypeAlias = Annotated[
    Mapping[DealStage, Annotated[Decimal, Field(ge=0, le=1)]], BeforeValidator(_weights), AfterValidator(_complete)
]


class SalesSettings(BaseModel):
    """Read from NEXA_QUEUE_POLL_SECONDS, NEXA_QUEUE_OFFERS_PER_STEP and NEXA_STAGE_WEIGHTS."""

    model_config = ConfigDict(frozen=True)

    queue_poll_seconds: float = Field(
        default=1.0, gt=0, description="longest time until a change at the desk by another process is noticed"
    )
    queue_offers_per_step: int = Field(
        default=500, ge=1, le=2_000, description="waiting leads that one transaction offers to the desk"
    )

    stage_weights: StageWeights = Field(
        default=STAGE_WEIGHTS,
        description="JSON, share of deals of an open stage that is expected to be won; a stage left out keeps its default",
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        names = {name: f"NEXA_{name.upper()}" for name in cls.model_fields}
        return cls.model_validate({name: environment[key] for name, key in names.items() if key in environment})


@lru_cache(maxsize=1)
def sales_settings() -> SalesSettings:
    """The settings of this process."""
    return SalesSettings.from_environment(os.environ)
