"""Where mail goes out, from the environment."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class MailSettings:
    """`sender` is the From header; its domain is the right side of every Message-ID."""

    host: str
    port: int
    sender: str
    connections: int

    @classmethod
    def from_environment(cls) -> "MailSettings":
        return cls(
            host=os.environ.get("NEXA_SMTP_HOST", "127.0.0.1"),
            port=int(os.environ.get("NEXA_SMTP_PORT", "25")),
            sender=os.environ.get("NEXA_MAIL_FROM", "Nexa CRM <crm@nexa.example>"),
            connections=int(os.environ.get("NEXA_SMTP_CONNECTIONS", "4")),
        )
