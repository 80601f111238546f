"""Where the links in marketing mails lead: the picture of an opened mail, a link that is followed, unsubscribing.

Public: who holds a signed link got it in a mail. A link leads only to what stood in that mail. Nothing of who asks is kept but
why it is taken to be a program.
"""

from base64 import b64decode
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Row, select

from nexa_chassis.domain import NotFound, derive
from nexa_chassis.http.call import Call, public
from nexa_chassis.origin import Origin
from nexa_notifier.mail.classes import Cause
from nexa_notifier.mail.links import MailLinks, Purpose, read
from nexa_notifier.mail.machines import why_machine
from nexa_notifier.mail.rendering import environment, html_of
from nexa_notifier.mail.waiting import recipient_of
from nexa_notifier.notification.answers import Answer, RecordClicked, RecordOpened, RequestUnsubscribe
from nexa_notifier.read_models.directory import directory
from nexa_notifier.read_models.mail_queue import mail_queue
from nexa_notifier.settings import LinkSettings
from nexa_notifier.suppression.decisions import SuppressAddress

routes = APIRouter(tags=["answers to mails"])

Anyone = Annotated[Call, Depends(public)]
PICTURE = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""One transparent pixel, GIF."""

UNSEEN = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}


@routes.head("/opened/{token}.gif", include_in_schema=False)
@routes.get("/opened/{token}.gif", response_class=Response)
async def opened(token: str, call: Anyone, request: Request) -> Response:
    """The picture that tells of an opened mail."""
    links, mail, _ = await _answered(call, Purpose.OPENED, token)
    if links.settings.tracking:
        machine = _machine(call, request, mail)
        await _record(call, RecordOpened(notification_id=links.notification_id, machine=machine))
    return Response(PICTURE, media_type="image/gif", headers=UNSEEN)


@routes.head("/follow/{token}", include_in_schema=False)
@routes.get("/follow/{token}", status_code=302, response_class=RedirectResponse)
async def follow(token: str, call: Anyone, request: Request) -> Response:
    """On to where the link of the mail leads."""
    links, mail, link = await _answered(call, Purpose.FOLLOW, token)
    urls = _urls(links, mail)
    if link >= len(urls):
        raise _unknown()
    if links.settings.tracking:
        machine = _machine(call, request, mail)
        clicked = RecordClicked(notification_id=links.notification_id, link=link, url=urls[link], machine=machine)
        await _record(call, clicked)
    return RedirectResponse(urls[link], 302, headers=UNSEEN)


def _urls(links: MailLinks, mail: Row[tuple[object, ...]]) -> list[str]:
    """The addresses in the mail, by writing it once more; also where clicks are no longer followed."""
    tracking = LinkSettings(links.settings.base_url, links.settings.secrets, tracking=True)
    written = MailLinks(tracking, links.notification_id)
    html_of(mail.template, mail.variables, written)
    return written.urls


@routes.get("/unsubscribe/{token}", response_class=HTMLResponse)
async def ask_to_confirm(token: str, call: Anyone) -> Response:
    """A page with one button. It changes nothing by itself: programs follow links too."""
    await _answered(call, Purpose.UNSUBSCRIBE, token)
    return _page("unsubscribe.html", done=False)


@routes.post("/unsubscribe/{token}", response_class=HTMLResponse)
async def unsubscribe(token: str, call: Anyone) -> Response:
    """No more marketing mails, by the page's button or a mail program's one click (RFC 8058). Asked again, it stays so."""
    links, mail, _ = await _answered(call, Purpose.UNSUBSCRIBE, token)
    commands: list[Answer | SuppressAddress] = [RequestUnsubscribe(notification_id=links.notification_id)]
    if mail.recipient is not None:
        commands.append(
            SuppressAddress(
                suppression_id=derive(links.notification_id, Cause.UNSUBSCRIBED),
                address=mail.recipient,
                cause=Cause.UNSUBSCRIBED,
                reason="asked for by the link of a mail",
            )
        )
    await _record(call, *commands)
    return _page("unsubscribe.html", done=True)


async def _answered(call: Call, purpose: Purpose, token: str) -> tuple[MailLinks, Row[tuple[object, ...]], int]:
    """The mail that the link stood in, and the link's place. Raises NotFound for one that was not signed here."""
    settings = LinkSettings.from_environment()
    signed = read(settings.secrets, purpose, token) if settings else None
    if settings is None or signed is None:
        raise _unknown()
    notification_id, link = signed
    return MailLinks(settings, notification_id), await _mail(call, notification_id), link


async def _mail(call: Call, notification_id: UUID) -> Row[tuple[object, ...]]:
    columns = mail_queue.c
    query = (
        select(columns.template, columns.variables, columns.settled_at, recipient_of().label("recipient"))
        .join_from(mail_queue, directory, directory.c.person_id == columns.person_id, isouter=True)
        .where(columns.notification_id == notification_id)
    )
    async with call.query() as connection:
        row = (await connection.execute(query)).first()
    if row is None:
        raise _unknown()
    return row


def _machine(call: Call, request: Request, mail: Row[tuple[object, ...]]) -> str | None:
    said = request.headers
    purpose = " ".join(said.get(name, "") for name in ("purpose", "sec-purpose", "x-moz", "x-purpose"))
    since: timedelta | None = call.now - mail.settled_at if mail.settled_at else None
    return why_machine(request.method, said.get("user-agent", ""), purpose, since)


async def _record(call: Call, *commands: Answer | SuppressAddress) -> None:
    """Each of these is told once by its decision, so no key of the request's is needed."""
    await call.runtime.store.execute(commands, Origin(actor=call.actor, correlation_id=str(uuid4())))


def _page(template: str, **given: object) -> Response:
    return HTMLResponse(environment.get_template(f"pages/{template}").render(given), headers=UNSEEN)


def _unknown() -> NotFound:
    return NotFound("This link is not, or no longer, good.", rule="link.unknown")
