"""The worker that empties the mail queue: claim, say so, hand over, record what became of it.

Each mail goes through three transactions at most: *sending* is committed before the mail server hears of it, so a mail is
never handed over twice. A process that dies in between leaves mails in *sending*; once their lease has run out they are
recorded as unknown. The lease runs on the database's clock, not on the (possibly simulated) one of the domain.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import TypeAlias
from uuid import UUID, uuid4

from jinja2 import TemplateError
from pydantic import JsonValue
from sqlalchemy import Column, ColumnElement, DateTime, Row, Select, Table, Uuid, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.failpoints import failpoint
from nexa_chassis.origin import Origin
from nexa_chassis.pacing import Pace
from nexa_chassis.runtime import Runtime
from nexa_notifier.mail.delivery import Accepted, MailServer, Outcome, PutOff, Refused, Unknown
from nexa_notifier.mail.rendering import render
from nexa_notifier.notification.decisions import (
    BeginSending,
    RecordPutOff,
    RecordRefused,
    RecordSent,
    RecordUnknown,
)
from nexa_notifier.notification.events import Invitation
from nexa_notifier.read_models.directory import directory
from nexa_notifier.read_models.mail_queue import mail_queue
from nexa_notifier.settings import MailSettings
from nexa_notifier.tables import metadata

MailRow: TypeAlias = tuple[UUID, str, Mapping[str, str], Mapping[str, JsonValue] | None, datetime, str]

BATCH = 200
LEASE_SECONDS = 120
LOOK_SECONDS = 1.0
"""Longest time until a mail goes out that another process queued, or whose retry is due."""
EXPIRED_EVERY_SECONDS = 1.0
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
    settings = MailSettings.from_environment()
    servers = [MailServer(settings) for _ in range(settings.connections)]
    pace = Pace(stopping, longest=LOOK_SECONDS, shortest=0.1, least=0.02)
    looked_for_expired = float("-inf")
    try:
        with pace.woken_by(runtime.store.on_append):
            while not stopping.is_set():
                if time.monotonic() - looked_for_expired > EXPIRED_EVERY_SECONDS:
                    await _give_up_expired(runtime)
                    looked_for_expired = time.monotonic()
                if batch := await _claim(runtime):
                    shares = [batch[start :: len(servers)] for start in range(len(servers))]
                    await asyncio.gather(
                        *(
                            _send(runtime, server, settings, share)
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
    ready = select(func.count()).select_from(_ready().subquery())
    sending = select(func.count()).where(mail_queue.c.status == "sending")
    return int(await connection.scalar(ready) or 0) + int(await connection.scalar(sending) or 0)


def _ready() -> Select[MailRow]:
    return (
        select(
            mail_queue.c.notification_id,
            mail_queue.c.template,
            mail_queue.c.variables,
            mail_queue.c.invitation,
            mail_queue.c.queued_at,
            recipient_of().label("recipient"),
        )
        .join_from(mail_queue, directory, directory.c.person_id == mail_queue.c.person_id, isouter=True)
        .join(mail_retries, mail_retries.c.notification_id == mail_queue.c.notification_id, isouter=True)
        .where(
            mail_queue.c.status == "queued",
            recipient_of().is_not(None),
            or_(mail_retries.c.not_before.is_(None), mail_retries.c.not_before <= func.now()),
        )
    )


async def _claim(runtime: Runtime) -> Sequence[Row[MailRow]]:
    async with runtime.engine.connect() as connection:  # a look is no commit, and wakes nobody
        if (await connection.execute(_ready().limit(1))).first() is None:
            return ()
    claim = _ready().order_by(mail_queue.c.queued_at).limit(BATCH).with_for_update(of=mail_queue, skip_locked=True)
    async with runtime.store.transaction(_origin()) as tx:
        batch = (await tx.connection.execute(claim)).all()
        if batch:
            await tx.execute([BeginSending(notification_id=row.notification_id) for row in batch])
            until = func.now() + timedelta(seconds=LEASE_SECONDS)
            leases = [{"notification_id": row.notification_id} for row in batch]
            await tx.connection.execute(insert(mail_leases).values(until=until), leases)
    failpoint("mail.after_claim")
    return batch


async def _send(runtime: Runtime, server: MailServer, settings: MailSettings, share: Sequence[Row[MailRow]]) -> None:
    if not share:
        return
    envelope_sender = parseaddr(settings.sender)[1]
    outcomes: list[tuple[UUID, Outcome]] = []
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
            )
        except (TemplateError, ValueError) as error:
            outcomes.append((row.notification_id, Refused(f"the mail could not be written: {type(error).__name__}")))
            continue
        outcomes.append((row.notification_id, await server.deliver(message, envelope_sender, row.recipient)))
        failpoint("mail.after_delivery")
    await _record(runtime, outcomes)


async def _record(runtime: Runtime, outcomes: Sequence[tuple[UUID, Outcome]]) -> None:
    async with runtime.store.transaction(_origin()) as tx:
        await tx.execute([_command(notification_id, outcome) for notification_id, outcome in outcomes])
        ids = [notification_id for notification_id, _ in outcomes]
        await tx.connection.execute(delete(mail_leases).where(mail_leases.c.notification_id.in_(ids)))
        put_off = [notification_id for notification_id, outcome in outcomes if isinstance(outcome, PutOff)]
        await tx.connection.execute(delete(mail_retries).where(mail_retries.c.notification_id.in_(ids)))
        if put_off:
            attempts = select(
                mail_queue.c.notification_id,
                func.now() + func.make_interval(0, 0, 0, 0, 0, 0, func.power(2, mail_queue.c.attempts)),
            ).where(mail_queue.c.notification_id.in_(put_off))
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


def _command(notification_id: UUID, outcome: Outcome) -> RecordSent | RecordRefused | RecordPutOff | RecordUnknown:
    match outcome:
        case Accepted():
            return RecordSent(notification_id=notification_id)
        case Refused(reason=reason):
            return RecordRefused(notification_id=notification_id, reason=reason)
        case PutOff(reason=reason):
            return RecordPutOff(notification_id=notification_id, reason=reason)
        case Unknown(reason=reason):
            return RecordUnknown(notification_id=notification_id, reason=reason)


def _origin() -> Origin:
    return Origin(actor=ACTOR, correlation_id=str(uuid4()))
