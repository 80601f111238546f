"""What this service can be told beyond the chassis' settings."""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class SuccessSettings(BaseModel):
    """Read from NEXA_MEETING_URL."""

    model_config = ConfigDict(frozen=True)

    meeting_url: str = Field(
        default="https://meet.nexa.example/{meeting_id}",
        pattern=r"\{meeting_id\}",
        description="where a kickoff is joined; {meeting_id} stands for the meeting",
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        names = {name: f"NEXA_{name.upper()}" for name in cls.model_fields}
        return cls.model_validate({name: environment[key] for name, key in names.items() if key in environment})


@lru_cache(maxsize=1)
def success_settings() -> SuccessSettings:
    """The settings of this process."""
    return SuccessSettings.from_environment(os.environ)
