"""What this service can be told beyond the chassis' settings."""

import os
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parseaddr
from functools import lru_cache
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError


class SupportSettings(BaseModel):
    """Each is read from `NEXA_` and its name in capitals."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    reopen_days: int = Field(
        default=14,
        ge=0,
        le=3650,
        description="days after a ticket was settled in which the customer's answer reopens it; later it is a new ticket",
    )

    support_address: str = Field(
        default="support@nexa.example",
        pattern=r"^[^@\s+]+@[^@\s]+$",
        description="where customers write to; a ticket's own address is this with its reference after a plus",
    )
    mail_from: str = Field(
        default="crm@nexa.example",
        description="who sends our mails; what comes from there is our own and opens nothing",
    )
    support_smtp_host: str = Field(default="127.0.0.1", description="on which address mails are taken in over SMTP")
    support_smtp_port: int | None = Field(
        default=None, ge=1, le=65_535, description="on which port; none: mails come in by POST /mails alone"
    )

    csat_minutes: int = Field(
        default=60,
        ge=0,
        le=365 * 24 * 60,
        description="minutes after a ticket was settled in which its customer is asked how content they are",
    )
    webhook_secrets: str = Field(
        default="",
        repr=False,
        description="what deployments told by webhook are signed with, `whsec_` and base64 each; several by spaces, so that"
        " a new one is good before the old one is given up; none: no webhook is taken",
    )

    @field_validator("webhook_secrets")
    @classmethod
    def _are_secrets(cls, value: str) -> str:
        for number, secret in enumerate(value.split(), start=1):
            try:
                Webhook(secret)
            except (ValueError, RuntimeError, EmptyWebhookSecretError):
                raise ValueError(f"secret {number} is no base64 after `whsec_`") from None
        return value

    @property
    def webhooks_signed_with(self) -> tuple[str, ...]:
        return tuple(self.webhook_secrets.split())

    @property
    def csat_after(self) -> timedelta:
        return timedelta(minutes=self.csat_minutes)

    @property
    def address(self) -> str:
        return self.support_address.lower()

    @property
    def sender(self) -> str:
        return parseaddr(self.mail_from)[1].lower()

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
