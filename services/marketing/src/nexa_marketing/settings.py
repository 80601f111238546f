"""What this service can be told beyond the chassis' settings."""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class MarketingSettings(BaseModel):
    """Read from NEXA_IMPORT_MAX_BYTES, NEXA_IMPORT_ROWS_PER_STEP and NEXA_FIGURES_INTERVAL."""

    model_config = ConfigDict(frozen=True)

    import_max_bytes: int = Field(default=1 << 30, ge=1, description="largest file that is taken")
    import_rows_per_step: int = Field(default=500, ge=1, le=10_000, description="rows that one transaction imports")
    figures_interval: float = Field(
        default=1.0, gt=0, description="seconds between two publications of a campaign's figures"
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        names = {name: f"NEXA_{name.upper()}" for name in cls.model_fields}
        return cls.model_validate({name: environment[key] for name, key in names.items() if key in environment})


@lru_cache(maxsize=1)
def marketing_settings() -> MarketingSettings:
    """The settings of this process."""
    return MarketingSettings.from_environment(os.environ)
