"""Handing one mail to the mail server, and telling the ways this can end apart."""

import re
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
class Bounced:
    """There is no such mailbox (5xx to RCPT): no mail to this address will ever arrive."""

    reason: str


@dataclass(frozen=True)
class PutOff:
    """The server did not take it this time, for certain: a 4xx answer, or no connection before the text was sent."""

    reason: str


@dataclass(frozen=True)
class NoServer(PutOff):
    """There was no mail server to hand it to: none that could be connected to, none that greeted."""


@dataclass(frozen=True)
class NotTried:
    """It was not handed over at all this time, so this counts as no attempt."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """The text was sent and the answer never came."""

    reason: str


MAILBOX_FULL = 552

Outcome: TypeAlias = Accepted | Refused | Bounced | PutOff | NotTried | Unknown


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
        except aiosmtplib.SMTPRecipientRefused as answer:
            await self._reset()
            return by_recipient_answer(answer.code, answer.message)
        except aiosmtplib.SMTPResponseException as answer:
            await self._reset()
            return _by_code(answer.code)
        except aiosmtplib.SMTPConnectError as error:
            self.close()
            return NoServer(f"no mail server: {type(error).__name__}")
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


NOT_THE_MAILBOX = re.compile(r"5\.(2\.[2-4]|[3-7]\.\d+)\b")
"""Enhanced status codes (RFC 3463) by which a server refuses a recipient for another reason than that there is none: a full
mailbox, its own trouble, or what it thinks of the sender. Such an address may be mailed again."""


def by_recipient_answer(code: int, message: str) -> Outcome:
    """What an answer to RCPT means: a permanent one is a bounce, unless it says that it is about something else."""
    other = code == MAILBOX_FULL or NOT_THE_MAILBOX.match(message.strip())
    return Bounced(f"refused with {code}") if 500 <= code < 600 and not other else _by_code(code)
