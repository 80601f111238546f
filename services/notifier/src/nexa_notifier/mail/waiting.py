"""Which mails are waiting to go out, and whose they are while they do.

*sending* is committed before the mail server hears of a mail, so it is never handed over twice. A process that dies in
between leaves mails in *sending*; once their lease has run out they are recorded as unknown. The lease runs on the database's
clock, not on the (possibly simulated) one of the domain.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Column, ColumnElement, DateTime, Row, Select, Table, Uuid, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.failpoints import failpoint
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.transacting import transact
from nexa_chassis.transaction import Transaction
from nexa_notifier.mail.classes import LINKED_KINDS, MARKETING_KINDS
from nexa_notifier.notification.decisions import BeginSending, RecordUnknown, SuppressNotification
from nexa_notifier.read_models.directory import directory
from nexa_notifier.read_models.mail_queue import mail_queue
from nexa_notifier.read_models.suppression_list import suppressed_by
from nexa_notifier.settings import LinkSettings
from nexa_notifier.tables import metadata

MailRow: TypeAlias = tuple[
    UUID, str, str, Mapping[str, str], Mapping[str, JsonValue] | None, str | None, datetime, str, str | None
]

BATCH = 200
LEASE_SECONDS = 120
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


async def mails_in_hand(connection: AsyncConnection) -> int:
    """Transactional mails that could go out now, and all mails that are going out; others wait for an address or a retry."""
    sending = select(func.count()).where(mail_queue.c.status == "sending")
    ready = await _ready_of(connection, transactional(LinkSettings.from_environment()))
    return ready + int(await connection.scalar(sending) or 0)


async def marketing_mails_in_hand(connection: AsyncConnection) -> int:
    """Marketing mails that could go out now."""
    return await _ready_of(connection, marketing()) if LinkSettings.from_environment() else 0


async def _ready_of(connection: AsyncConnection, kinds: ColumnElement[bool]) -> int:
    return int(await connection.scalar(select(func.count()).select_from(_ready(kinds).subquery())) or 0)


def marketing() -> ColumnElement[bool]:
    return mail_queue.c.kind.in_(sorted(MARKETING_KINDS))


def transactional(links: LinkSettings | None) -> ColumnElement[bool]:
    """All else; a mail with links that lead back here waits where this service has no address."""
    return mail_queue.c.kind.not_in(sorted(MARKETING_KINDS if links else LINKED_KINDS))


def _ready(kinds: ColumnElement[bool]) -> Select[MailRow]:
    """Mails of these kinds that may be claimed."""
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
            kinds,
            recipient_of().is_not(None),
            or_(mail_retries.c.not_before.is_(None), mail_retries.c.not_before <= func.now()),
        )
    )


async def claim(runtime: Runtime, kinds: ColumnElement[bool], most: int) -> Sequence[Row[MailRow]]:
    """Mails that are this process' to send from now on; those that are suppressed are settled on the way."""
    ready = _ready(kinds)
    async with runtime.engine.connect() as connection:  # a look is no commit, and wakes nobody
        if (await connection.execute(ready.limit(1))).first() is None:
            return ()
    claim = ready.order_by(mail_queue.c.queued_at).limit(most).with_for_update(of=mail_queue, skip_locked=True)
    sending = await transact(runtime, origin(), lambda tx: _claimed(tx, claim))
    failpoint("mail.after_claim")
    return sending


async def _claimed(tx: Transaction, claim: Select[MailRow]) -> Sequence[Row[MailRow]]:
    batch = (await tx.connection.execute(claim)).all()
    await tx.execute([_first_act(row) for row in batch])
    sending = [row for row in batch if row.suppressed_by is None]
    if sending:
        until = func.now() + timedelta(seconds=LEASE_SECONDS)
        leases = [{"notification_id": row.notification_id} for row in sending]
        await tx.connection.execute(insert(mail_leases).values(until=until), leases)
    return sending


def _first_act(row: Row[MailRow]) -> BeginSending | SuppressNotification:
    if row.suppressed_by is None:
        return BeginSending(notification_id=row.notification_id)
    return SuppressNotification(notification_id=row.notification_id, cause=row.suppressed_by)


async def give_up_expired(runtime: Runtime) -> None:
    async with runtime.engine.connect() as connection:
        if await connection.scalar(select(mail_leases.c.notification_id).where(_is_over()).limit(1)) is None:
            return
    await transact(runtime, origin(), _given_up)


async def _given_up(tx: Transaction) -> None:
    expired = select(mail_leases.c.notification_id).where(_is_over()).limit(BATCH).with_for_update(skip_locked=True)
    ids = (await tx.connection.scalars(expired)).all()
    if ids:
        reason = "the process that was sending it died"
        await tx.execute([RecordUnknown(notification_id=each, reason=reason) for each in ids])
        await tx.connection.execute(delete(mail_leases).where(mail_leases.c.notification_id.in_(ids)))


def _is_over() -> ColumnElement[bool]:
    return mail_leases.c.until < func.now()


def origin() -> Origin:
    return Origin(actor=ACTOR, correlation_id=str(uuid4()))
