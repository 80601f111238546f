"""What becomes of a mail: a ticket, a reply to one, a colleague's note, or kept until a person says so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.support import AgentName
from nexa_support.intake.free_mail import FREE_MAIL
from nexa_support.intake.message import ReceivedMail

MOST_PER_HOUR = 30
"""More mails of one sender in an hour are a loop or a flood."""
_REFERENCE = re.compile(r"\bT-[0-9A-HJKMNP-TV-Z]{10}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Known:
    """What the store says of a mail. `answered`: the ticket by its thread or the address it was sent to; `mentioned`: the one
    that the subject names; `mentioned_requester`: who that one is with.
    """

    support_address: str
    mail_from: str = ""
    is_duplicate: bool = False
    in_last_hour: int = 0
    answered: UUID | None = None
    mentioned: UUID | None = None
    mentioned_requester: str | None = None
    colleague: AgentName | None = None


@dataclass(frozen=True)
class OpensTicket:
    pass


@dataclass(frozen=True)
class Replies:
    ticket_id: UUID


@dataclass(frozen=True)
class Notes:
    """A colleague wrote to a ticket: who an address belongs to is not proved, so no customer sees it."""

    ticket_id: UUID
    by: AgentName


@dataclass(frozen=True)
class Kept:
    """It opens nothing by itself; `reason` says why."""

    reason: str


Outcome: TypeAlias = OpensTicket | Replies | Notes | Kept


def sort(mail: ReceivedMail, known: Known) -> Outcome:
    reason = _kept_because(mail, known)
    if reason is not None:
        return Kept(reason)
    ticket_id = known.answered or _mentioned(mail, known)
    if known.colleague is not None:
        return Notes(ticket_id, known.colleague) if ticket_id else Kept("written by a colleague, to no ticket")
    return Replies(ticket_id) if ticket_id else OpensTicket()


def is_ours(address: str, own: str) -> bool:
    """Support's address, or a ticket's: the same with a plus and the reference."""
    local, _, domain = address.lower().rpartition("@")
    ours, _, where = own.partition("@")
    return domain == where and (local == ours or local.startswith(f"{ours}+"))


def references_in(text: str) -> tuple[str, ...]:
    """References of tickets in a subject or an address, in capitals."""
    return tuple(dict.fromkeys(each.upper() for each in _REFERENCE.findall(text)))


def addressed_to(mail: ReceivedMail, own: str, recipients: tuple[str, ...]) -> Iterator[str]:
    """References in the addresses it was sent to: `support+T-7K3QX2M9AB@…`."""
    for address in (*recipients, *mail.recipients):
        if is_ours(address, own):
            yield from references_in(address.rpartition("@")[0].partition("+")[2])


def _kept_because(mail: ReceivedMail, known: Known) -> str | None:
    if known.is_duplicate:
        return "received before"
    if mail.automatic is not None:
        return mail.automatic
    if not mail.from_address:
        return "nobody to answer to: it has no sender"
    if any(each == known.mail_from or is_ours(each, known.support_address) for each in mail.senders):
        return "our own mail came back"
    if known.in_last_hour >= MOST_PER_HOUR:
        return f"more than {MOST_PER_HOUR} mails of one sender in an hour"
    if not (mail.subject or mail.text or mail.files):
        return "empty"
    return None


def _mentioned(mail: ReceivedMail, known: Known) -> UUID | None:
    """A reference in the subject is no secret: only who the ticket is with, or somebody of that company, replies by it."""
    if known.mentioned is None or known.mentioned_requester is None:
        return None
    requester = known.mentioned_requester.lower()
    domain = requester.rpartition("@")[2]
    of_the_company = domain not in FREE_MAIL and mail.from_address.rpartition("@")[2] == domain
    return known.mentioned if of_the_company or mail.from_address == requester else None
