"""Mails over SMTP: what was answered with 250 is in the database, what could not be stored is tried again by the sender."""

import asyncio
import logging

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.runtime import Runtime
from nexa_chassis.workers import Worker
from nexa_support.intake.receiving import Arrival, receive
from nexa_support.intake.sorting import is_ours
from nexa_support.settings import SupportSettings, support_settings

LARGEST_MAIL = 25_000_000
MOST_RECIPIENTS = 100
MOST_SESSIONS = 50
MOST_AT_ONCE = 4
"""Mails that are read and stored at the same time; the others wait for their turn."""
NULL_SENDER = "<>"
"""As the library gives it; bounces have it (RFC 5321, 4.5.5)."""
ACTOR = "system:support.receive_mail"

log = structlog.get_logger()


class Inbox:
    """Answers the SMTP dialogue; aiosmtpd finds the methods by their names."""

    def __init__(self, runtime: Runtime, settings: SupportSettings) -> None:
        self.dialogues: set[Dialogue] = set()
        self._runtime = runtime
        self._settings = settings
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd looks it up by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        if len(self.dialogues) > MOST_SESSIONS:
            return "451 4.3.2 Too many connections, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802 - the same
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if not is_ours(address, self._settings.address):
            return "550 5.7.1 Mail is taken for support alone"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode("utf-8", "surrogateescape")
        recipients = tuple(address.lower() for address in envelope.rcpt_tos)
        arrival = Arrival(raw=raw, via="smtp", recipients=recipients, bounced=envelope.mail_from == NULL_SENDER)
        try:
            async with self._turns:
                receipt = await receive(self._runtime, self._settings, arrival, actor=ACTOR)
        except Exception as error:
            log.error("mail.not_taken", mail_id=str(arrival.mail_id), error=type(error).__name__)
            return "451 4.3.0 It could not be stored, try again later"
        log.info("mail.taken", mail_id=str(receipt.mail_id), outcome=receipt.outcome)
        return f"250 2.0.0 Taken as {receipt.mail_id}"


class Dialogue(SMTP):
    """One connection. Lines may be longer than RFC 5321 has them: many programs write such, and refusing loses the mail."""

    line_length_limit = 1_000_000

    def __init__(self, inbox: Inbox, domain: str) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            inbox,
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            hostname=domain,
            ident="Nexa CRM support",
            loop=loop,
        )
        self._inbox = inbox

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._inbox.dialogues.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._inbox.dialogues.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()


async def run(runtime: Runtime, stopping: asyncio.Event) -> None:
    settings = support_settings()
    if settings.support_smtp_port is None:
        await stopping.wait()
        return
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the library's, which tells every line with its addresses
    inbox = Inbox(runtime, settings)
    domain = settings.address.rpartition("@")[2]
    server = await asyncio.get_running_loop().create_server(
        lambda: Dialogue(inbox, domain), settings.support_smtp_host, settings.support_smtp_port
    )
    log.info("mail.listening", host=settings.support_smtp_host, port=settings.support_smtp_port)
    try:
        await stopping.wait()
    finally:
        server.close()
        for dialogue in list(inbox.dialogues):  # who got no answer sends the mail again, and it is known by its bytes
            dialogue.hang_up()
        await server.wait_closed()


async def busy(connection: AsyncConnection) -> int:
    """A mail is in the database before its sender is answered: nothing waits."""
    return 0


receive_mail = Worker(name="receive_mail", run=run, busy=busy)
