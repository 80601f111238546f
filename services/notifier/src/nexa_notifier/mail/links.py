"""Signed links: who holds one got it in a mail. Nothing else is needed to answer with it, and it says nothing of anybody."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass, field
from enum import IntEnum
from urllib.parse import urlsplit
from uuid import UUID

from nexa_notifier.settings import LinkSettings

MAC_BYTES = 16
MOST_LINKS = 1 << 16


class Purpose(IntEnum):
    """What a link is for; one for the one is not good for the other."""

    OPENED = 1
    FOLLOW = 2
    UNSUBSCRIBE = 3
    SURVEY = 4


def sign(secret: bytes, purpose: Purpose, notification_id: UUID, link: int = 0) -> str:
    """Purpose, notification and place of the link, with the first 128 bits of their HMAC-SHA256 (RFC 2104), as base64url."""
    said = bytes([purpose]) + notification_id.bytes + link.to_bytes(2, "big")
    return urlsafe_b64encode(said + _mac(secret, said)).rstrip(b"=").decode()


def read(secrets: tuple[bytes, ...], purpose: Purpose, token: str) -> tuple[UUID, int] | None:
    """The notification and the link's place; None for what was not signed here for this purpose."""
    try:
        signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Error, ValueError):
        return None
    said, mac = signed[:-MAC_BYTES], signed[-MAC_BYTES:]
    if len(said) != 19 or said[0] != purpose:
        return None
    if not any(hmac.compare_digest(_mac(secret, said), mac) for secret in secrets):
        return None
    return UUID(bytes=said[1:17]), int.from_bytes(said[17:], "big")


def _mac(secret: bytes, said: bytes) -> bytes:
    return hmac.digest(secret, said, "sha256")[:MAC_BYTES]


@dataclass
class MailLinks:
    """The links of one marketing mail. A template calls `follow` for each of its own; `urls` are those, in order."""

    settings: LinkSettings
    notification_id: UUID
    urls: list[str] = field(default_factory=list)

    def follow(self, url: str) -> str:
        """The address to put in the mail for this one: by way of this service, or itself if clicks are not followed."""
        if not self.settings.tracking or urlsplit(url).scheme not in ("http", "https") or len(self.urls) == MOST_LINKS:
            return url
        if url not in self.urls:
            self.urls.append(url)
        return f"{self.settings.base_url}/follow/{self._sign(Purpose.FOLLOW, self.urls.index(url))}"

    @property
    def picture(self) -> str:
        """The address of the picture that tells of an opened mail; empty if opens are not followed."""
        if not self.settings.tracking:
            return ""
        return f"{self.settings.base_url}/opened/{self._sign(Purpose.OPENED)}.gif"

    @property
    def unsubscribe(self) -> str:
        return f"{self.settings.base_url}/unsubscribe/{self._sign(Purpose.UNSUBSCRIBE)}"

    def _sign(self, purpose: Purpose, link: int = 0) -> str:
        return sign(self.settings.secrets[0], purpose, self.notification_id, link)


SCORES = range(11)


def survey_links(settings: LinkSettings, notification_id: UUID) -> tuple[str, ...]:
    """Where a survey is answered: one address for each score, 0 to 10."""
    secret = settings.secrets[0]
    tokens = (sign(secret, Purpose.SURVEY, notification_id, score) for score in SCORES)
    return tuple(f"{settings.base_url}/survey/{token}" for token in tokens)
