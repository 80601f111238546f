"""A customer who writes where nobody works any more is heard.

In a ticket that was merged: the one it goes on in does not wait for them, and is not settled. In one that was settled too
long ago to be reopened: a new ticket says what it follows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.support import (
    TicketFields,
    TicketMerged,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketStatus,
    TicketStatusChanged,
    TicketSubmitted,
    TicketUnmerged,
)
from nexa_support.ticket.commands import HearFromMerged, SubmitTicket


@dataclass(frozen=True)
class Left:
    """Whether anybody still works on a ticket, and what a new one takes over from it."""

    language: str = "en"
    product_version: str | None = None
    settled: bool = False
    into_id: UUID | None = None


def evolve(left: Left, fact: Recorded) -> Left:
    match fact.event:
        case TicketSubmitted(language=language, product_version=version):
            return replace(left, language=language, product_version=version)
        case TicketResolved() | TicketStatusChanged(status=TicketStatus.CLOSED):
            return replace(left, settled=True)
        case TicketReopened():
            return replace(left, settled=False)
        case TicketMerged(into_id=into_id):
            return replace(left, into_id=into_id)
        case TicketUnmerged():
            return replace(left, into_id=None)
        case _:
            return left


def react(left: Left, fact: Recorded, now: datetime) -> Iterator[HearFromMerged | SubmitTicket]:
    """A message that reopened its ticket came after that: a ticket that is settled at a message stays so."""
    match fact.event:
        case TicketReplied(from_customer=True, reference=reference) if left.into_id is not None:
            yield HearFromMerged(ticket_id=left.into_id, from_reference=reference)
        case TicketReplied(from_customer=True) as reply if left.settled:
            yield _new_ticket(left, reply, fact.time)
        case _:
            return


def _new_ticket(left: Left, reply: TicketReplied, at: datetime) -> SubmitTicket:
    return SubmitTicket(
        ticket_id=derive(reply.reply_id, "new-ticket"),
        subject=reply.subject,
        description=reply.text,
        channel=reply.channel,
        requester=reply.requester,
        account_id=reply.account_id,
        account_name=reply.account_name,
        product_version=left.product_version,
        language=left.language,
        attachments=reply.attachments,
        follows=reply.ticket_id,
        submitted_at=at,
    )


def of_ticket(event: TicketFields) -> UUID:
    return event.ticket_id


hear_late_customers = Process(
    name="hear_late_customers",
    on=(
        TicketSubmitted,
        TicketReplied,
        TicketStatusChanged,
        TicketResolved,
        TicketReopened,
        TicketMerged,
        TicketUnmerged,
    ),
    key=of_ticket,
    initial=Left(),
    states=(Left,),
    evolve=evolve,
    react=react,
)
