"""The worker that empties the mail queue: claim, say so, hand over, record what became of it.

Each mail goes through three transactions at most: *sending* is committed before the mail server hears of it, so a mail is
never handed over twice. A process that dies in between leaves mails in *sending*; once their lease has run out they are
recorded as unknown. The lease runs on the database's clock, not on the (possibly simulated) one of the domain.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import TypeAlias
from uuid import UUID, uuid4

from jinja2 import TemplateError
from pydantic import JsonValue
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Row,
    Select,
    Table,
    Uuid,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import derive
from nexa_chassis.failpoints import failpoint
from nexa_chassis.origin import Origin
from nexa_chassis.pacing import Pace
from nexa_chassis.runtime import Runtime
from nexa_notifier.mail.classes import LINKED_KINDS, SURVEY, Cause, is_marketing
from nexa_notifier.mail.delivery import Accepted, Bounced, MailServer, Outcome, PutOff, Refused, Unknown
from nexa_notifier.mail.links import MailLinks, survey_links
from nexa_notifier.mail.rendering import render
from nexa_notifier.notification.decisions import (
    BeginSending,
    RecordPutOff,
    RecordRefused,
    RecordSent,
    RecordUnknown,
    SuppressNotification,
)
from nexa_notifier.notification.events import Invitation
from nexa_notifier.read_models.directory import directory
from nexa_notifier.read_models.mail_queue import mail_queue
from nexa_notifier.read_models.suppression_list import suppressed_by
from nexa_notifier.settings import LinkSettings, MailSettings
from nexa_notifier.suppression.decisions import SuppressAddress
from nexa_notifier.tables import metadata

MailRow: TypeAlias = tuple[
    UUID, str, str, Mapping[str, str], Mapping[str, JsonValue] | None, str | None, datetime, str, str | None
]

BATCH = 200
LEASE_SECONDS = 120
LOOK_SECONDS = 1.0
"""Longest time until a mail goes out that another process queued, or whose retry is due."""
EXPIRED_EVERY_SECONDS = 1.0
BACK_OFF_SECONDS = 4
"""A mail that was put off waits 4, 16, 64 … seconds, four and a half hours in all: greylisting takes minutes."""
ACTOR = "system:notifier.send_mail"

mail_leases = Table(
    "mail_leases",
    metadata,
    Column("notification_id", Uuid, primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False),
)
mail_retries = Table(
    "mail_retries",
    metadata,
    Column("notification_id", Uuid, primary_key=True),
    Column("not_before", DateTime(timezone=True), nullable=False),
)


def recipient_of() -> ColumnElement[str]:
    """The address in the event, or the colleague's in the directory; null while that is not there yet."""
    return func.coalesce(mail_queue.c.address, directory.c.email)


async def send_mail(runtime: Runtime, stopping: asyncio.Event) -> None:
    settings, links = MailSettings.from_environment(), LinkSettings.from_environment()
    if links is None:
        runtime.log.warning("mail.marketing_waits", reason="NEXA_LINKS_URL and NEXA_LINKS_SECRET are not set")
    servers = [MailServer(settings) for _ in range(settings.connections)]
    pace = Pace(stopping, longest=LOOK_SECONDS, shortest=0.1, least=0.02)
    looked_for_expired = float("-inf")
    try:
        with pace.woken_by(runtime.store.on_append):
            while not stopping.is_set():
                if time.monotonic() - looked_for_expired > EXPIRED_EVERY_SECONDS:
                    await _give_up_expired(runtime)
                    looked_for_expired = time.monotonic()
                if batch := await _claim(runtime, links):
                    shares = [batch[start :: len(servers)] for start in range(len(servers))]
                    await asyncio.gather(
                        *(
                            _send(runtime, server, settings, links, share)
                            for server, share in zip(servers, shares, strict=True)
                        )
                    )
                else:
                    await pace.pause()
    finally:
        for server in servers:
            server.close()


async def mails_in_hand(connection: AsyncConnection) -> int:
    """Mails that could go out now or are going out; those that wait for an address or for a retry do not count."""
    ready = select(func.count()).select_from(_ready(LinkSettings.from_environment()).subquery())
    sending = select(func.count()).where(mail_queue.c.status == "sending")
    return int(await connection.scalar(ready) or 0) + int(await connection.scalar(sending) or 0)


def _ready(links: LinkSettings | None) -> Select[MailRow]:
    """Mails that may be claimed. One with links that lead back here waits where this service has no address."""
    return (
        select(
            mail_queue.c.notification_id,
            mail_queue.c.kind,
            mail_queue.c.template,
            mail_queue.c.variables,
            mail_queue.c.invitation,
            mail_queue.c.ticket,
            mail_queue.c.queued_at,
            recipient_of().label("recipient"),
            suppressed_by(recipient_of()).label("suppressed_by"),
        )
        .join_from(mail_queue, directory, directory.c.person_id == mail_queue.c.person_id, isouter=True)
        .join(mail_retries, mail_retries.c.notification_id == mail_queue.c.notification_id, isouter=True)
        .where(
            mail_queue.c.status == "queued",
            true() if links else mail_queue.c.kind.not_in(sorted(LINKED_KINDS)),
            recipient_of().is_not(None),
            or_(mail_retries.c.not_before.is_(None), mail_retries.c.not_before <= func.now()),
        )
    )


async def _claim(runtime: Runtime, links: LinkSettings | None) -> Sequence[Row[MailRow]]:
    """Up to a batch of mails that are this process' to send from now on; those that are suppressed are settled on the way."""
    ready = _ready(links)
    async with runtime.engine.connect() as connection:  # a look is no commit, and wakes nobody
        if (await connection.execute(ready.limit(1))).first() is None:
            return ()
    claim = ready.order_by(mail_queue.c.queued_at).limit(BATCH).with_for_update(of=mail_queue, skip_locked=True)
    async with runtime.store.transaction(_origin()) as tx:
        batch = (await tx.connection.execute(claim)).all()
        await tx.execute([_first_act(row) for row in batch])
        sending = [row for row in batch if row.suppressed_by is None]
        if sending:
            until = func.now() + timedelta(seconds=LEASE_SECONDS)
            leases = [{"notification_id": row.notification_id} for row in sending]
            await tx.connection.execute(insert(mail_leases).values(until=until), leases)
    failpoint("mail.after_claim")
    return sending


def _first_act(row: Row[MailRow]) -> BeginSending | SuppressNotification:
    if row.suppressed_by is None:
        return BeginSending(notification_id=row.notification_id)
    return SuppressNotification(notification_id=row.notification_id, cause=row.suppressed_by)


async def _send(
    runtime: Runtime,
    server: MailServer,
    settings: MailSettings,
    links: LinkSettings | None,
    share: Sequence[Row[MailRow]],
) -> None:
    if not share:
        return
    envelope_sender = parseaddr(settings.sender)[1]
    outcomes: list[tuple[Row[MailRow], Outcome | Unwritable]] = []
    for row in share:
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
        outcomes.append((row, await server.deliver(message, envelope_sender, row.recipient)))
        failpoint("mail.after_delivery")
    await _record(runtime, outcomes)


@dataclass(frozen=True)
class Unwritable:
    """A variable is missing, or an address cannot stand in a header."""

    reason: str


def links_of(kind: str, notification_id: UUID, links: LinkSettings | None) -> MailLinks | None:
    """The links that a mail of this kind carries back here: marketing mails do, others do not."""
    return MailLinks(links, notification_id) if links is not None and is_marketing(kind) else None


async def _record(runtime: Runtime, outcomes: Sequence[tuple[Row[MailRow], Outcome | Unwritable]]) -> None:
    async with runtime.store.transaction(_origin()) as tx:
        await tx.execute([command for row, outcome in outcomes for command in _commands(row, outcome)])
        ids = [row.notification_id for row, _ in outcomes]
        await tx.connection.execute(delete(mail_leases).where(mail_leases.c.notification_id.in_(ids)))
        put_off = [row.notification_id for row, outcome in outcomes if isinstance(outcome, PutOff)]
        await tx.connection.execute(delete(mail_retries).where(mail_retries.c.notification_id.in_(ids)))
        if put_off:
            wait = func.power(BACK_OFF_SECONDS, mail_queue.c.attempts)
            attempts = select(
                mail_queue.c.notification_id, func.now() + func.make_interval(0, 0, 0, 0, 0, 0, wait)
            ).where(and_(mail_queue.c.notification_id.in_(put_off), mail_queue.c.status == "queued"))
            await tx.connection.execute(insert(mail_retries).from_select(["notification_id", "not_before"], attempts))


async def _give_up_expired(runtime: Runtime) -> None:
    expired = select(mail_leases.c.notification_id).where(_is_over()).limit(BATCH).with_for_update(skip_locked=True)
    async with runtime.engine.connect() as connection:
        if await connection.scalar(select(mail_leases.c.notification_id).where(_is_over()).limit(1)) is None:
            return
    async with runtime.store.transaction(_origin()) as tx:
        ids = (await tx.connection.scalars(expired)).all()
        if ids:
            reason = "the process that was sending it died"
            await tx.execute([RecordUnknown(notification_id=each, reason=reason) for each in ids])
            await tx.connection.execute(delete(mail_leases).where(mail_leases.c.notification_id.in_(ids)))


def _is_over() -> ColumnElement[bool]:
    return mail_leases.c.until < func.now()


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
        case Unknown(reason=reason):
            yield RecordUnknown(notification_id=notification_id, reason=reason)


def _origin() -> Origin:
    return Origin(actor=ACTOR, correlation_id=str(uuid4()))
