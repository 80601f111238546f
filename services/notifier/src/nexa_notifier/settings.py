"""Where mail goes out and where its recipients can answer, from the environment."""

import os
from dataclasses import dataclass

SHORTEST_SECRET = 32


@dataclass(frozen=True)
class MailSettings:
    """`sender` is the From header; its domain is the right side of every Message-ID. `support` takes answers about tickets.

    `connections` are those of each of the two workers; `marketing_rate` is how many marketing mails go out in a second at most,
    of each process: two replicas send twice as many.
    """

    host: str
    port: int
    sender: str
    connections: int
    support: str = "support@nexa.example"
    marketing_rate: int = 100

    @classmethod
    def from_environment(cls) -> "MailSettings":
        """Raises ValueError for a port, a number of connections or a rate that is no whole number from 1 up."""
        return cls(
            host=os.environ.get("NEXA_SMTP_HOST", "127.0.0.1"),
            port=_from_one_up("NEXA_SMTP_PORT", 25),
            sender=os.environ.get("NEXA_MAIL_FROM", "Nexa CRM <crm@nexa.example>"),
            connections=_from_one_up("NEXA_SMTP_CONNECTIONS", 4),
            marketing_rate=_from_one_up("NEXA_MAIL_MARKETING_RATE", 100),
            support=os.environ.get("NEXA_SUPPORT_ADDRESS", "support@nexa.example"),
        )

    def address_of(self, ticket: str) -> str:
        """Where answers about this ticket go: support's address with the ticket's reference after a plus."""
        local, _, domain = self.support.partition("@")
        return f"{local}+{ticket}@{domain}"


def _from_one_up(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ValueError(f"{name}: {text!r} is no whole number from 1 up.")
    return number


@dataclass(frozen=True)
class LinkSettings:
    """The links in marketing mails that lead back here.

    `base_url` is this service's address as recipients reach it. The first of `secrets` signs, each of them is accepted, so a
    secret is changed by putting the new one in front, a space between them. Without `tracking` opens and clicks are neither
    asked for nor recorded.
    """

    base_url: str
    secrets: tuple[bytes, ...]
    tracking: bool

    @classmethod
    def from_environment(cls) -> "LinkSettings | None":
        """None where no address or no secret is set. Raises ValueError for a secret that is too short."""
        base_url = os.environ.get("NEXA_LINKS_URL", "").rstrip("/")
        secrets = tuple(each.encode() for each in os.environ.get("NEXA_LINKS_SECRET", "").split())
        if not base_url or not secrets:
            return None
        if any(len(each) < SHORTEST_SECRET for each in secrets):
            raise ValueError(f"NEXA_LINKS_SECRET: a secret has at least {SHORTEST_SECRET} characters.")
        return cls(base_url, secrets, os.environ.get("NEXA_LINKS_TRACKING", "on").lower() not in ("off", "0", "false"))
