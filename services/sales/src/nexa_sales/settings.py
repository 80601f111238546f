"""What this service can be told beyond the chassis' settings."""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class SalesSettings(BaseModel):
    """Read from NEXA_QUEUE_POLL_SECONDS and NEXA_QUEUE_OFFERS_PER_STEP."""

    model_config = ConfigDict(frozen=True)

    queue_poll_seconds: float = Field(
        default=1.0, gt=0, description="longest time until a change at the desk by another process is noticed"
    )
    queue_offers_per_step: int = Field(
        default=500, ge=1, le=2_000, description="waiting leads that one transaction offers to the desk"
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        names = {name: f"NEXA_{name.upper()}" for name in cls.model_fields}
        return cls.model_validate({name: environment[key] for name, key in names.items() if key in environment})


@lru_cache(maxsize=1)
def sales_settings() -> SalesSettings:
    """The settings of this process."""
    return SalesSettings.from_environment(os.environ)
