"""Mails over SMTP: what was answered with 250 is in the database, what could not be stored is tried again by the sender."""

import asyncio

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.runtime import Runtime
from nexa_chassis.workers import Worker
from nexa_support.intake.receiving import Arrival, receive
from nexa_support.settings import SupportSettings, support_settings

LARGEST_MAIL = 25_000_000
MOST_RECIPIENTS = 100
ACTOR = "system:support.receive_mail"

log = structlog.get_logger()


class Inbox:
    """Answers the SMTP dialogue; aiosmtpd finds the methods by their names."""

    def __init__(self, runtime: Runtime, settings: SupportSettings) -> None:
        self._runtime = runtime
        self._settings = settings

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks it up by this name
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
        arrival = Arrival(raw=raw, via="smtp", recipients=recipients, bounced=not envelope.mail_from)
        try:
            receipt = await receive(self._runtime, self._settings, arrival, actor=ACTOR)
        except Exception as error:
            log.error("mail.not_taken", mail_id=str(arrival.mail_id), error=type(error).__name__)
            return "451 4.3.0 It could not be stored, try again later"
        log.info("mail.taken", mail_id=str(receipt.mail_id), outcome=receipt.outcome)
        return f"250 2.0.0 Taken as {receipt.mail_id}"


def is_ours(address: str, own: str) -> bool:
    """Support's address, or a ticket's: the same with a plus and the reference."""
    local, _, domain = address.lower().rpartition("@")
    ours, _, where = own.partition("@")
    return domain == where and (local == ours or local.startswith(f"{ours}+"))


async def run(runtime: Runtime, stopping: asyncio.Event) -> None:
    settings = support_settings()
    if settings.support_smtp_port is None:
        await stopping.wait()
        return
    loop = asyncio.get_running_loop()
    inbox = Inbox(runtime, settings)

    def protocol() -> SMTP:
        return SMTP(inbox, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, ident="Nexa CRM support", loop=loop)

    server = await loop.create_server(protocol, settings.support_smtp_host, settings.support_smtp_port)
    log.info("mail.listening", host=settings.support_smtp_host, port=settings.support_smtp_port)
    async with server:
        await stopping.wait()


async def busy(connection: AsyncConnection) -> int:
    """A mail is in the database before its sender is answered: nothing waits."""
    return 0


receive_mail = Worker(name="receive_mail", run=run, busy=busy)
