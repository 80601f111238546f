"""Handing one mail to the mail server, and telling the four ways this can end apart."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import TypeAlias

import aiosmtplib

from nexa_notifier.settings import MailSettings


@dataclass(frozen=True)
class Accepted:
    """The server took the mail over."""


@dataclass(frozen=True)
class Refused:
    """The server will never take it (5xx)."""

    reason: str


@dataclass(frozen=True)
class PutOff:
    """The server did not take it this time, for certain: a 4xx answer, or no connection before the text was sent."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """The text was sent and the answer never came."""

    reason: str


Outcome: TypeAlias = Accepted | Refused | PutOff | Unknown


class MailServer:
    """One SMTP connection, opened when it is needed and again after it broke."""

    def __init__(self, settings: MailSettings, timeout: float = 15.0) -> None:
        self._client = aiosmtplib.SMTP(
            hostname=settings.host, port=settings.port, timeout=timeout, use_tls=False, start_tls=None
        )

    async def deliver(self, message: EmailMessage, sender: str, recipient: str) -> Outcome:
        """Never raises for what a mail server or a network can do; `reason` says what it did, without addresses."""
        try:
            if not self._client.is_connected:
                await self._client.connect()
            await self._client.mail(sender)
            await self._client.rcpt(recipient)
        except aiosmtplib.SMTPResponseException as answer:
            await self._reset()
            return _by_code(answer.code)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self.close()
            return PutOff(f"no mail server: {type(error).__name__}")
        try:
            await self._client.data(message.as_bytes())
        except aiosmtplib.SMTPResponseException as answer:
            if answer.code == -1:
                self.close()
                return Unknown("the answer to the text was cut off")
            await self._reset()
            return _by_code(answer.code)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self.close()
            return Unknown(f"the answer to the text never came: {type(error).__name__}")
        return Accepted()

    async def _reset(self) -> None:
        try:
            await self._client.rset()
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self.close()

    def close(self) -> None:
        self._client.close()


def _by_code(code: int) -> Outcome:
    return Refused(f"refused with {code}") if 500 <= code < 600 else PutOff(f"put off with {code}")
