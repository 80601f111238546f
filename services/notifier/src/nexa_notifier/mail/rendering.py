"""Templates and variables become a MIME message with a text and an HTML part."""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

environment = Environment(
    loader=PackageLoader("nexa_notifier.mail"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


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
) -> EmailMessage:
    """The mail as it goes out. Its Message-ID is the same however often it is rendered.

    A template is two files: `<name>.txt`, whose first line is the subject, and `<name>.html`.

    Raises jinja2.TemplateError where a variable is missing, ValueError where an address cannot stand in a header.
    """
    subject, _, body = _template(f"{template}.txt").render(variables).partition("\n")
    message = EmailMessage(policy=SMTP)
    message["Subject"] = " ".join(subject.split())
    message["From"] = sender
    message["To"] = recipient
    message["Date"] = format_datetime(queued_at)
    message["Message-ID"] = f"<{notification_id}@{parseaddr(sender)[1].partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.lstrip("\n"))
    message.add_alternative(_template(f"{template}.html").render(variables), subtype="html")
    return message
