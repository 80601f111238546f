"""The workers that empty the mail queue: claim, hand over, record what became of it.

Marketing mails have a worker of their own, which hands over so many a second at most: what a customer is owed never waits
behind fifty thousand of them, and no mail server takes such a burst.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TypeAlias
from uuid import UUID

from jinja2 import TemplateError
from sqlalchemy import Row, and_, delete, func, insert, select

from nexa_chassis.domain import derive
from nexa_chassis.failpoints import failpoint
from nexa_chassis.pacing import Pace, rest
from nexa_chassis.runtime import Runtime
from nexa_chassis.transacting import transact
from nexa_chassis.transaction import Transaction
from nexa_notifier.mail.classes import SURVEY, Cause, is_marketing
from nexa_notifier.mail.delivery import (
    Accepted,
    Bounced,
    MailServer,
    NoServer,
    NotTried,
    Outcome,
    PutOff,
    Refused,
    Unknown,
)
from nexa_notifier.mail.links import MailLinks, survey_links
from nexa_notifier.mail.rendering import render
from nexa_notifier.mail.waiting import (
    BATCH,
    LEASE_SECONDS,
    MailRow,
    claim,
    give_up_expired,
    mail_leases,
    mail_retries,
    marketing,
    origin,
    transactional,
)
from nexa_notifier.notification.decisions import (
    RecordPutOff,
    RecordRefused,
    RecordSent,
    RecordUnknown,
)
from nexa_notifier.notification.events import Invitation
from nexa_notifier.read_models.mail_queue import mail_queue
from nexa_notifier.settings import LinkSettings, MailSettings
from nexa_notifier.suppression.decisions import SuppressAddress

LOOK_SECONDS = 1.0
"""Longest time until a mail goes out that another process queued, or whose retry is due."""
EXPIRED_EVERY_SECONDS = 1.0
BACK_OFF_SECONDS = 4
"""A mail that was put off waits 4, 16, 64 … seconds, four and a half hours in all: greylisting takes minutes."""


async def send_mail(runtime: Runtime, stopping: asyncio.Event) -> None:
    """Transactional mails, as fast as the mail server takes them, and the settling of what a dead process left behind."""
    settings, links = MailSettings.from_environment(), LinkSettings.from_environment()
    looked_for_expired = float("-inf")

    async def look() -> Sequence[Row[MailRow]]:
        nonlocal looked_for_expired
        if time.monotonic() - looked_for_expired > EXPIRED_EVERY_SECONDS:
            await give_up_expired(runtime)
            looked_for_expired = time.monotonic()
        return await claim(runtime, transactional(links), BATCH)

    await _empty_queue(runtime, stopping, settings, links, look)


async def send_marketing_mail(runtime: Runtime, stopping: asyncio.Event) -> None:
    """Marketing mails, `NEXA_MAIL_MARKETING_RATE` a second at most, each process for itself.

    They wait where this service has no address for answers.
    """
    settings, links = MailSettings.from_environment(), LinkSettings.from_environment()
    if links is None:
        runtime.log.warning("mail.marketing_waits", reason="NEXA_LINKS_URL and NEXA_LINKS_SECRET are not set")
        await stopping.wait()
        return
    not_before = 0.0

    async def look() -> Sequence[Row[MailRow]]:
        nonlocal not_before
        await rest(stopping, not_before - time.monotonic())
        if stopping.is_set():
            return ()
        batch = await claim(runtime, marketing(), min(BATCH, settings.marketing_rate))
        not_before = time.monotonic() + len(batch) / settings.marketing_rate
        return batch

    await _empty_queue(runtime, stopping, settings, links, look)


async def _empty_queue(
    runtime: Runtime,
    stopping: asyncio.Event,
    settings: MailSettings,
    links: LinkSettings | None,
    look: Callable[[], Awaitable[Sequence[Row[MailRow]]]],
) -> None:
    servers = [MailServer(settings) for _ in range(settings.connections)]
    pace = Pace(stopping, longest=LOOK_SECONDS, shortest=0.1, least=0.02)
    try:
        with pace.woken_by(runtime.store.on_append):
            while not stopping.is_set():
                if batch := await look():
                    time_is_up = _TimeIsUp(stopping, time.monotonic() + LEASE_SECONDS / 2)
                    shares = [batch[start :: len(servers)] for start in range(len(servers))]
                    sending = (
                        _send(runtime, server, settings, links, share, time_is_up)
                        for server, share in zip(servers, shares, strict=True)
                    )
                    # Each share comes to its end before another's error closes the connections that it sends over.
                    for ended in await asyncio.gather(*sending, return_exceptions=True):
                        if ended is not None:
                            raise ended
                else:
                    await pace.pause()
    finally:
        for server in servers:
            server.close()


@dataclass(frozen=True)
class _TimeIsUp:
    """Why no further mail of a batch is handed over: half of its lease is left for what is under way and for recording it."""

    stopping: asyncio.Event
    hand_over_until: float

    def reason(self) -> str | None:
        if self.stopping.is_set():
            return "the service is stopping"
        return "the mail server is slow" if time.monotonic() > self.hand_over_until else None


async def _send(
    runtime: Runtime,
    server: MailServer,
    settings: MailSettings,
    links: LinkSettings | None,
    share: Sequence[Row[MailRow]],
    time_is_up: _TimeIsUp,
) -> None:
    if not share:
        return
    envelope_sender = parseaddr(settings.sender)[1]
    outcomes: list[tuple[Row[MailRow], Outcome | Unwritable]] = []
    for place, row in enumerate(share):
        if reason := time_is_up.reason():
            outcomes += [(each, NotTried(reason)) for each in share[place:]]
            break
        try:
            message = render(
                notification_id=row.notification_id,
                template=row.template,
                variables=row.variables,
                sender=settings.sender,
                recipient=row.recipient,
                queued_at=row.queued_at,
                invitation=Invitation.model_validate(row.invitation) if row.invitation else None,
                links=links_of(row.kind, row.notification_id, links),
                reply_to=settings.address_of(row.ticket) if row.ticket else None,
                survey=survey_links(links, row.notification_id) if links and row.kind == SURVEY else (),
            )
        except (TemplateError, ValueError) as error:
            outcomes.append((row, Unwritable(f"the mail could not be written: {type(error).__name__}")))
            continue
        outcome = await server.deliver(message, envelope_sender, row.recipient)
        failpoint("mail.after_delivery")
        if isinstance(outcome, NoServer):
            outcomes += [(each, outcome) for each in share[place:]]
            break
        outcomes.append((row, outcome))
    await transact(runtime, origin(), lambda tx: _record(tx, outcomes))


@dataclass(frozen=True)
class Unwritable:
    """A variable is missing, or an address cannot stand in a header."""

    reason: str


def links_of(kind: str, notification_id: UUID, links: LinkSettings | None) -> MailLinks | None:
    """The links that a mail of this kind carries back here: marketing mails do, others do not."""
    return MailLinks(links, notification_id) if links is not None and is_marketing(kind) else None


async def _record(tx: Transaction, outcomes: Sequence[tuple[Row[MailRow], Outcome | Unwritable]]) -> None:
    await tx.execute([command for row, outcome in outcomes for command in _commands(row, outcome)])
    ids = [row.notification_id for row, _ in outcomes]
    await tx.connection.execute(delete(mail_leases).where(mail_leases.c.notification_id.in_(ids)))
    put_off = [row.notification_id for row, outcome in outcomes if isinstance(outcome, PutOff | NotTried)]
    await tx.connection.execute(delete(mail_retries).where(mail_retries.c.notification_id.in_(ids)))
    if put_off:
        wait = func.power(BACK_OFF_SECONDS, mail_queue.c.attempts)
        attempts = select(mail_queue.c.notification_id, func.now() + func.make_interval(0, 0, 0, 0, 0, 0, wait)).where(
            and_(mail_queue.c.notification_id.in_(put_off), mail_queue.c.status == "queued")
        )
        await tx.connection.execute(insert(mail_retries).from_select(["notification_id", "not_before"], attempts))


Record: TypeAlias = RecordSent | RecordRefused | RecordPutOff | RecordUnknown | SuppressAddress


def _commands(row: Row[MailRow], outcome: Outcome | Unwritable) -> Iterator[Record]:
    notification_id = row.notification_id
    match outcome:
        case Accepted():
            yield RecordSent(notification_id=notification_id)
        case Refused(reason=reason):
            yield RecordRefused(notification_id=notification_id, reason=reason)
        case Unwritable(reason=reason):
            yield RecordRefused(notification_id=notification_id, reason=reason, failure="unwritable")
        case Bounced(reason=reason):
            yield RecordRefused(notification_id=notification_id, reason=reason, failure="bounced")
            suppression_id = derive(notification_id, Cause.BOUNCED)
            yield SuppressAddress(
                suppression_id=suppression_id, address=row.recipient, cause=Cause.BOUNCED, reason=reason
            )
        case PutOff(reason=reason):
            yield RecordPutOff(notification_id=notification_id, reason=reason)
        case NotTried(reason=reason):
            yield RecordPutOff(notification_id=notification_id, reason=reason, tried=False)
        case Unknown(reason=reason):
            yield RecordUnknown(notification_id=notification_id, reason=reason)
