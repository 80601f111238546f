"""What this service can be told beyond the chassis' settings."""

import os
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class SupportSettings(BaseModel):
    """Read from NEXA_REOPEN_DAYS."""

    model_config = ConfigDict(frozen=True)

    reopen_days: int = Field(
        default=14,
        ge=0,
        le=3650,
        description="days after a ticket was settled in which the customer's answer reopens it; later it is a new ticket",
    )

    @property
    def reopen_within(self) -> timedelta:
        return timedelta(days=self.reopen_days)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        names = {name: f"NEXA_{name.upper()}" for name in cls.model_fields}
        return cls.model_validate({name: environment[key] for name, key in names.items() if key in environment})


@lru_cache(maxsize=1)
def support_settings() -> SupportSettings:
    """The settings of this process."""
    return SupportSettings.from_environment(os.environ)
