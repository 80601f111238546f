"""Mails over HTTP: handing one in, seeing what became of each, and making a ticket of one that was kept."""

import asyncio
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call, allow
from nexa_chassis.http.limits import body_limit
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.http.problems import Problem
from nexa_chassis.telemetry import current_traceparent
from nexa_support.api.access import SUPPORT, Agent, Teammate
from nexa_support.api.bodies import Cursor, Limit
from nexa_support.intake.html_text import safe_html
from nexa_support.intake.message import read_mail
from nexa_support.intake.receiving import Arrival, Receipt, accept, receive
from nexa_support.intake.smtp_listener import LARGEST_MAIL
from nexa_support.intake.tables import mails, ticket_files
from nexa_support.settings import support_settings

routes = APIRouter(tags=["mails"])

Sender = Annotated[Call, Depends(allow(*SUPPORT, "integration", "operator"))]
SHOWN = [each for each in mails.c if each.name != "raw"]
AS_A_FILE = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'"}


class Outcome(StrEnum):
    """What became of a mail."""

    TICKET = "ticket"
    REPLY = "reply"
    NOTE = "note"
    KEPT = "kept"


class ReceiptView(BaseModel):
    mail_id: UUID
    outcome: Outcome
    reason: str = Field(description="Why it was kept, or how else it came about.")
    ticket_id: UUID | None


class MailView(BaseModel):
    """A mail as it was understood; `faults` say what could not be read as it claims to be, and which files were left out."""

    mail_id: UUID
    received_at: datetime
    via: str = Field(description="smtp or api")
    from_name: str
    from_address: str
    subject: str
    size: int
    outcome: Outcome
    reason: str
    faults: list[str]
    ticket_id: UUID | None


class MailText(MailView):
    text: str = Field(description="As plain text, without what was quoted below our mark.")
    html: str | None = Field(
        description="As safe HTML, where it came as such: without scripts, styles, forms and pictures."
    )


@routes.post("/mails", status_code=201, dependencies=[Depends(body_limit(LARGEST_MAIL))])
async def hand_in(request: Request, call: Sender) -> ReceiptView:
    """A raw mail (RFC 5322, `message/rfc822`) becomes a ticket, a reply, or is kept with the reason. The same mail again
    changes nothing, so no Idempotency-Key is needed.
    """
    raw = await request.body()
    if not raw:
        raise Problem(422, "The body is the raw mail; it is empty.", kind="mail", title="No mail")
    arrival = Arrival(raw=raw, via="api")
    receipt = await receive(
        call.runtime, support_settings(), arrival, actor=call.actor, traceparent=current_traceparent()
    )
    return _view(receipt)


@routes.get("/mails")
async def list_mails(
    call: Teammate,
    outcome: Annotated[Outcome | None, Query(description="Only those of which this became.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[MailView]:
    """The latest first; `outcome=kept` are those that opened nothing. Notes that colleagues wrote by mail are among them."""
    query = select(*SHOWN)
    if outcome is not None:
        query = query.where(mails.c.outcome == outcome.value)
    order = [mails.c.received_at.desc(), mails.c.mail_id.desc()]
    async with call.query() as connection:
        page = await paginate(connection, query, order=order, limit=limit, cursor=cursor)
    return Page(items=[MailView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/mails/{mail_id}")
async def read_one(mail_id: UUID, call: Teammate) -> MailText:
    """One mail with its text."""
    async with call.query() as connection:
        row = (await connection.execute(select(mails).where(mails.c.mail_id == mail_id))).mappings().first()
    if row is None:
        raise _no_mail(mail_id)
    text, html = await asyncio.to_thread(_shown, bytes(row["raw"]))
    return MailText.model_validate({**row, "text": text, "html": html})


@routes.get("/mails/{mail_id}/raw", response_class=Response)
async def read_raw(mail_id: UUID, call: Agent) -> Response:
    """The bytes as they came, to save and never to show."""
    async with call.query() as connection:
        raw = (await connection.execute(select(mails.c.raw).where(mails.c.mail_id == mail_id))).scalar()
    if raw is None:
        raise _no_mail(mail_id)
    headers = {**AS_A_FILE, "content-disposition": f'attachment; filename="{mail_id}.eml"'}
    return Response(bytes(raw), media_type="message/rfc822", headers=headers)


@routes.post("/mails/{mail_id}/accept")
async def accept_mail(mail_id: UUID, call: Agent) -> ReceiptView:
    """A mail that was kept is a customer's after all: it becomes a ticket. Once; again it answers the same."""
    receipt = await accept(call.runtime, mail_id, actor=call.actor, traceparent=current_traceparent())
    if receipt is None:
        raise _no_mail(mail_id)
    return _view(receipt)


@routes.get("/attachments/{attachment_id}", response_class=Response)
async def read_attachment(attachment_id: UUID, call: Teammate) -> Response:
    """A file that came with a message, to save and never to run."""
    query = select(ticket_files).where(ticket_files.c.attachment_id == attachment_id)
    async with call.query() as connection:
        row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise NotFound(f"There is no attachment {attachment_id}.", rule="attachment.unknown")
    headers = {**AS_A_FILE, "content-disposition": f"attachment; filename*=UTF-8''{quote(row['filename'], safe='')}"}
    return Response(bytes(row["content"]), media_type="application/octet-stream", headers=headers)


def _shown(raw: bytes) -> tuple[str, str | None]:
    mail = read_mail(raw)
    return mail.text, safe_html(mail.html) if mail.html.strip() else None


def _view(receipt: Receipt) -> ReceiptView:
    return ReceiptView.model_validate(vars(receipt))


def _no_mail(mail_id: UUID) -> NotFound:
    return NotFound(f"There is no mail {mail_id}.", rule="mail.unknown")
