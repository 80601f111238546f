"""Templates and variables become a MIME message with a text and an HTML part."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from nexa_notifier.mail.invitation import calendar_text
from nexa_notifier.mail.links import MailLinks
from nexa_notifier.notification.events import Invitation

REPLY_MARK = "##- Please write above this line -##"
"""Support takes what follows it in an answer for what was quoted."""

environment = Environment(
    loader=PackageLoader("nexa_notifier.mail"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)

LONG_LINES = SMTP.clone(max_line_length=998)
"""A header's address that is longer than a usual line would be written as an encoded word, which no mail program follows."""


@cache
def _template(name: str) -> Template:
    return environment.get_template(name)


def render(
    *,
    notification_id: UUID,
    template: str,
    variables: Mapping[str, str],
    sender: str,
    recipient: str,
    queued_at: datetime,
    invitation: Invitation | None = None,
    links: MailLinks | None = None,
    reply_to: str | None = None,
    survey: Sequence[str] = (),
) -> EmailMessage:
    """The mail as it goes out: the same bytes however often it is rendered.

    `links` makes it a marketing mail: with a way to unsubscribe, by link and by one click (RFC 8058).

    `reply_to` is a ticket's address: what is written above the mark becomes part of its conversation. `survey` has the address
    of each score.

    A template is two files: `<name>.txt`, whose first line is the subject, and `<name>.html`.

    Raises jinja2.TemplateError where a variable is missing, ValueError where an address cannot stand in a header.
    """
    subject, _, body = _template(f"{template}.txt").render(variables, survey=survey).partition("\n")
    message = EmailMessage(policy=SMTP)
    message["Subject"] = " ".join(subject.split())
    message["From"] = sender
    message["To"] = recipient
    message["Date"] = format_datetime(queued_at)
    message["Message-ID"] = f"<{notification_id}@{parseaddr(sender)[1].partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if reply_to is not None:
        message["Reply-To"] = reply_to
        body = f"{REPLY_MARK}\n\n{body.lstrip()}"
    if links is not None:
        message["List-Unsubscribe"] = f"<{links.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        body += f"\n\nTo get no more of these mails: {links.unsubscribe}\n"
    message.set_content(body.lstrip("\n"))
    mark = REPLY_MARK if reply_to is not None else ""
    html = html_of(template, {**variables, "reply_mark": mark}, links, survey)
    message.add_alternative(html, subtype="html")
    if invitation is not None:
        _invite(message, invitation, sender, queued_at)
    _set_boundaries(message, notification_id)
    if links is not None:
        message.policy = LONG_LINES
    return message


def html_of(template: str, variables: Mapping[str, str], links: MailLinks | None, survey: Sequence[str] = ()) -> str:
    """The HTML part; `links` has the mail's own links afterwards. A template calls `follow` on each address it links to."""
    return _template(f"{template}.html").render(
        variables, links=links, survey=survey, follow=links.follow if links else str
    )


def _invite(message: EmailMessage, invitation: Invitation, sender: str, queued_at: datetime) -> None:
    """The entry stands in the message twice: as an alternative, for calendars, and as a file, for all others."""
    name, address = parseaddr(sender)
    text = calendar_text(invitation, organizer_name=name, organizer=address, stamped_at=queued_at)
    params = {"method": invitation.method.value, "charset": "utf-8", "component": "VEVENT"}
    message.add_alternative(text, maintype="text", subtype="calendar", cte="base64", params=params)
    message.add_attachment(text, maintype="application", subtype="ics", filename="invite.ics")


def _set_boundaries(message: EmailMessage, notification_id: UUID) -> None:
    for depth, part in enumerate(each for each in message.walk() if each.is_multipart()):
        part.set_boundary(f"={notification_id.hex}={depth}=")
