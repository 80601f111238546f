"""A raw mail is kept, understood and made a ticket or a reply of in one transaction: it is all there, or was never taken."""

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import orjson
import structlog

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.domain import derive
from nexa_chassis.http.problems import AWAY
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.transacting import transact
from nexa_chassis.transaction import Transaction
from nexa_contracts.support import AgentName, Channel, Requester
from nexa_support.intake.files import keep_files, taken_files
from nexa_support.intake.message import ReceivedMail, read_mail
from nexa_support.intake.said import said_in
from nexa_support.intake.sorting import (
    Kept,
    Known,
    Notes,
    OpensTicket,
    Outcome,
    Replies,
    addressed_to,
    references_in,
    sort,
)
from nexa_support.read_models.account_directory import whose_address
from nexa_support.read_models.agent_desk import agent_of_person
from nexa_support.read_models.sent_mails import ticket_answered
from nexa_support.read_models.ticket_list import ticket_by_reference, ticket_row
from nexa_support.settings import SupportSettings
from nexa_support.ticket.commands import AddNote, AddReply, SubmitTicket

WRITTEN_EMPTY = "(no text)"
WITHOUT_SUBJECT = "(no subject)"
NOT_UNDERSTOOD = read_mail(b"")

log = structlog.get_logger()


@dataclass(frozen=True)
class Arrival:
    """A raw mail and how it came: `recipients` are those of the envelope."""

    raw: bytes
    via: str
    recipients: tuple[str, ...] = ()
    bounced: bool = False

    @property
    def mail_id(self) -> UUID:
        """The same bytes are the same mail."""
        return derive("mail", hashlib.sha256(self.raw).hexdigest())


@dataclass(frozen=True)
class Receipt:
    """What became of a mail: `ticket`, `reply`, `note` or `kept`."""

    mail_id: UUID
    outcome: str
    reason: str
    ticket_id: UUID | None


async def receive(
    runtime: Runtime, settings: SupportSettings, arrival: Arrival, *, actor: str, traceparent: str | None = None
) -> Receipt:
    """Take a mail in, once. Raises what the database raises: then nothing was taken, and the sender tries again."""
    mail = await asyncio.to_thread(read_mail, arrival.raw)
    if arrival.bounced and mail.automatic is None:
        mail = replace(mail, automatic="a bounce")
    origin = Origin(actor, str(arrival.mail_id), traceparent=traceparent)
    try:
        return await transact(runtime, origin, lambda tx: _received(tx, runtime, settings, arrival, mail))
    except (*AWAY, ConcurrencyConflict):
        raise
    except Exception as error:  # a defect of ours is no reason to lose a mail, nor to have it sent again for days
        log.error("mail.not_understood", mail_id=str(arrival.mail_id), error=type(error).__name__)
        return await transact(runtime, origin, lambda tx: _kept_as_it_is(tx, runtime, arrival))


async def accept(runtime: Runtime, mail_id: UUID, *, actor: str, traceparent: str | None) -> Receipt | None:
    """Make a ticket of a mail that was kept; None where there is no such mail. One that opened something stays as it is."""
    async with runtime.store.transaction(Origin(actor, str(mail_id), traceparent=traceparent)) as tx:
        rows = await tx.fetch(
            "select raw, outcome, reason, ticket_id from mails where mail_id = %s for update", (mail_id,)
        )
        if not rows:
            return None
        raw, outcome, reason, ticket_id = rows[0]
        if outcome != "kept":
            return Receipt(mail_id, outcome, reason, ticket_id)
        mail = await asyncio.to_thread(read_mail, bytes(raw))
        ticket_id = await _open_ticket(tx, mail_id, mail)
        done = Receipt(mail_id, "ticket", "accepted by a person", ticket_id)
        await tx.run(
            "update mails set outcome = %s, reason = %s, ticket_id = %s where mail_id = %s",
            (done.outcome, done.reason, ticket_id, mail_id),
        )
        return done


async def _received(
    tx: Transaction, runtime: Runtime, settings: SupportSettings, arrival: Arrival, mail: ReceivedMail
) -> Receipt:
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"mail from {mail.from_address}",))
    before = await _before(tx, arrival.mail_id)
    if before is not None:
        return before
    outcome = sort(mail, await _known(tx, runtime, settings, arrival, mail))
    receipt = await _carried_out(tx, arrival.mail_id, mail, outcome)
    await _remember(tx, runtime, arrival, mail, receipt)
    return receipt


async def _kept_as_it_is(tx: Transaction, runtime: Runtime, arrival: Arrival) -> Receipt:
    receipt = await _before(tx, arrival.mail_id)
    if receipt is None:
        receipt = Receipt(arrival.mail_id, "kept", "it could not be understood", None)
        await _remember(tx, runtime, arrival, NOT_UNDERSTOOD, receipt)
    return receipt


async def _before(tx: Transaction, mail_id: UUID) -> Receipt | None:
    rows = await tx.fetch("select outcome, reason, ticket_id from mails where mail_id = %s", (mail_id,))
    return Receipt(mail_id, *rows[0]) if rows else None


async def _remember(tx: Transaction, runtime: Runtime, arrival: Arrival, mail: ReceivedMail, receipt: Receipt) -> None:
    _, left = taken_files(mail.files)
    await tx.run(
        "insert into mails (mail_id, message_id, received_at, via, from_address, from_name, subject, raw, size, faults,"
        " outcome, reason, ticket_id) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::json, %s, %s, %s)",
        (
            arrival.mail_id,
            mail.message_id,
            runtime.clock.now(),
            arrival.via,
            mail.from_address,
            mail.from_name,
            mail.subject,
            arrival.raw,
            len(arrival.raw),
            orjson.dumps([*mail.faults, *left]).decode(),
            receipt.outcome,
            receipt.reason,
            receipt.ticket_id,
        ),
    )


async def _known(
    tx: Transaction, runtime: Runtime, settings: SupportSettings, arrival: Arrival, mail: ReceivedMail
) -> Known:
    hour_ago = runtime.clock.now() - timedelta(hours=1)
    ((duplicates, recent),) = await tx.fetch(
        "select (select count(*) from mails where message_id = %s and from_address = %s),"
        " (select count(*) from mails where from_address = %s and received_at > %s)",
        (mail.message_id, mail.from_address, mail.from_address, hour_ago),
    )
    mentioned = await _by_reference(tx, references_in(mail.subject))
    requester = await ticket_row(tx.connection, mentioned) if mentioned else None
    colleague = await agent_of_person(tx.connection, mail.from_address) if mail.from_address else None
    return Known(
        support_address=settings.address,
        mail_from=settings.sender,
        is_duplicate=mail.message_id is not None and duplicates > 0,
        in_last_hour=recent,
        answered=await _answered(tx, settings, arrival, mail),
        mentioned=mentioned,
        mentioned_requester=requester["requester_email"] if requester else None,
        colleague=AgentName(agent_id=colleague["agent_id"], name=colleague["name"]) if colleague else None,
    )


async def _answered(tx: Transaction, settings: SupportSettings, arrival: Arrival, mail: ReceivedMail) -> UUID | None:
    by_address = await _by_reference(tx, tuple(addressed_to(mail, settings.address, arrival.recipients)))
    if by_address is not None:
        return by_address
    ours = []
    for each in mail.references:
        with contextlib.suppress(ValueError):
            ours.append(UUID(each.partition("@")[0]))
    by_our_mail = await ticket_answered(tx.connection, ours) if ours else None
    if by_our_mail is not None or not mail.references:
        return by_our_mail
    rows = await tx.fetch(
        "select ticket_id from mails where message_id = any(%s) and ticket_id is not null order by received_at limit 1",
        (list(mail.references),),
    )
    return rows[0][0] if rows else None


async def _by_reference(tx: Transaction, references: tuple[str, ...]) -> UUID | None:
    for reference in references:
        found = await ticket_by_reference(tx.connection, reference)
        if found is not None:
            return found
    return None


async def _carried_out(tx: Transaction, mail_id: UUID, mail: ReceivedMail, outcome: Outcome) -> Receipt:
    match outcome:
        case OpensTicket():
            return Receipt(mail_id, "ticket", "", await _open_ticket(tx, mail_id, mail))
        case Replies(ticket_id=ticket_id):
            reply = AddReply(
                ticket_id=ticket_id,
                reply_id=derive(mail_id, "reply"),
                from_customer=True,
                author=mail.from_name,
                text=mail.text or WRITTEN_EMPTY,
                channel=Channel.EMAIL,
                attachments=await keep_files(tx, mail_id, ticket_id, taken_files(mail.files)[0]),
            )
            await tx.execute([reply])
            return Receipt(mail_id, "reply", "", ticket_id)
        case Notes(ticket_id=ticket_id, by=by):
            note = AddNote(
                ticket_id=ticket_id,
                note_id=derive(mail_id, "note"),
                author=by.name,
                text=mail.text or WRITTEN_EMPTY,
            )
            await tx.execute([note])
            return Receipt(mail_id, "note", "written by a colleague", ticket_id)
        case Kept(reason=reason):
            return Receipt(mail_id, "kept", reason, None)


async def _open_ticket(tx: Transaction, mail_id: UUID, mail: ReceivedMail) -> UUID:
    ticket_id = derive(mail_id, "ticket")
    found = await whose_address(tx.connection, mail.from_address) if mail.from_address else None
    said = said_in(mail.text)
    ticket = SubmitTicket(
        ticket_id=ticket_id,
        subject=mail.subject or WITHOUT_SUBJECT,
        description=mail.text or WRITTEN_EMPTY,
        channel=Channel.EMAIL,
        requester=Requester(
            name=mail.from_name or "unknown",
            email=mail.from_address or None,
            contact_id=found.contact_id if found else None,
        ),
        account_id=found.account_id if found else None,
        account_name=found.account_name if found else None,
        impact=said.get("impact"),
        product_version=said.get("version") or (found.product_version if found else None),
        attachments=await keep_files(tx, mail_id, ticket_id, taken_files(mail.files)[0]),
    )
    await tx.execute([ticket])
    return ticket_id
