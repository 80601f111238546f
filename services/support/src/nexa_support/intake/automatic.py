"""Did a program write this mail? RFC 3834 (automatic answers), RFC 3464 (reports of delivery), and what programs do besides."""

import re
from collections.abc import Callable

_SENT_BY_PROGRAMS = ("x-autoreply", "x-autorespond", "x-auto-reply-from", "x-failed-recipients")
_SERVERS = frozenset({"mailer-daemon", "postmaster"})
_REPORTS = frozenset({"multipart/report", "message/delivery-status", "message/disposition-notification"})
_SUBJECT = re.compile(
    r"(?:auto(?:matic|mated)?[ -]?(?:reply|response)|out of (?:the )?office|automatische antwort|abwesenheitsnotiz"
    r"|r[ée]ponse automatique|respuesta autom[áa]tica|risposta automatica|undeliverable|undelivered mail returned"
    r"|delivery status notification|mail delivery (?:failed|failure)|returned mail|unzustellbar)",
    re.IGNORECASE,
)


def automatic(kind: str, header: Callable[[str], str], sender: str) -> str | None:
    """Why a program is taken to have written it, None for a person. `kind`: the media type; `header` gives one by its name."""
    if kind in _REPORTS:
        return "a report of a mail server"
    if header("Return-Path").strip() == "<>":
        return "a bounce"
    if sender.partition("@")[0] in _SERVERS:
        return "a mail server"
    if (header("Auto-Submitted") or "no").partition(";")[0].strip().lower() != "no":
        return "an automatic reply"
    precedence = header("Precedence").strip().lower()
    if precedence in ("bulk", "list", "junk", "auto_reply"):
        return f"precedence {precedence}"
    if any(header(name).strip() for name in _SENT_BY_PROGRAMS) or _SUBJECT.match(header("Subject").strip()):
        return "an automatic reply"
    if header("List-Id") or header("List-Unsubscribe"):
        return "a mailing list"
    return None
