"""Who reported something hears that it arrived, what is answered, how the bug stands, and that it is mended: each once.

Who was told that it is mended hears too when that fix is taken back, or does not hold, and their ticket is open again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.support import (
    Channel,
    CsatRequested,
    Requester,
    TicketAcknowledged,
    TicketFields,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketSubmitted,
)
from nexa_notifier.notification.decisions import Notify

WRITTEN = frozenset({Channel.EMAIL, Channel.WEB})
"""Who wrote gets it confirmed; who called or chats has talked to somebody."""


@dataclass(frozen=True)
class Heard:
    """`mended`: the fix that the customer was told of and that holds, as far as they know; `undone`: that fix, where the last
    fact undid it.
    """

    mended: TicketResolved | None = None
    undone: TicketResolved | None = None


def evolve(heard: Heard, fact: Recorded) -> Heard:
    match fact.event:
        case TicketResolved(bug_id=UUID(), tell_customer=told) as resolved:
            return Heard(resolved if told else heard.mended)
        case TicketResolved():
            return Heard()
        case TicketReopened(bug_id=UUID()):
            return Heard(undone=heard.mended)
        case _:
            return Heard(heard.mended)


def react(heard: Heard, fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case TicketSubmitted() as ticket if ticket.channel in WRITTEN and ticket.split_from is None:
            yield from _write(ticket, ticket.requester, "ticket_received", derive(ticket.ticket_id, "received"), {})
        case TicketReplied(from_customer=False) as reply:
            yield from _write(
                reply, reply.requester, "ticket_reply", reply.reply_id, {"text": reply.text, "author": reply.author}
            )
        case TicketAcknowledged() as known:
            yield from _write(
                known,
                known.requester,
                "bug_acknowledged",
                _once(known.notice_id, known.ticket_id, fact.version, "acknowledged"),
                {
                    "status": known.status,
                    "priority": known.priority,
                    "eta": known.eta,
                    "workaround": known.workaround,
                },
            )
        case TicketResolved(tell_customer=True) as resolved:
            yield from _write(
                resolved,
                resolved.requester,
                "ticket_resolved" if resolved.bug_id is None else "bug_resolved",
                _once(resolved.notice_id, resolved.ticket_id, fact.version, "resolved"),
                {
                    "resolution": resolved.resolution,
                    "feature": resolved.feature_name or "issue",
                    "version": resolved.version or "",
                },
            )
        case TicketReopened() as reopened if heard.undone is not None:
            fix = heard.undone
            yield from _write(
                reopened,
                fix.requester,
                "fix_withdrawn",
                _once(fix.notice_id, fix.ticket_id, fact.version, "fix_withdrawn"),
                {"feature": fix.feature_name or "", "version": fix.version or ""},
            )
        case CsatRequested() as asked:
            yield from _write(asked, asked.requester, "csat", _once(asked.notice_id, asked.ticket_id, "csat"), {})
        case _:
            return


def _once(notice_id: UUID | None, *key: UUID | str | int) -> UUID:
    """Tickets of one customer that are about one thing share a notice; else the ticket's own key makes it one."""
    return derive(*key) if notice_id is None else derive(notice_id, key[-1])


def _write(
    ticket: TicketFields, to: Requester, kind: str, notification_id: UUID, variables: dict[str, str]
) -> Iterator[Notify]:
    if to.email is None:
        return
    yield Notify(
        notification_id=notification_id,
        kind=kind,
        about=ticket.ticket_id,
        address=to.email,
        template=f"{kind}.v1",
        ticket=ticket.reference,
        variables={
            "name": to.name.split(" ")[0],
            "subject": ticket.subject,
            "reference": ticket.reference,
            **variables,
        },
    )


def the_ticket(event: TicketFields) -> UUID:
    return event.ticket_id


write_to_customer = Process(
    name="write_to_customer",
    on=(TicketSubmitted, TicketReplied, TicketAcknowledged, TicketResolved, TicketReopened, CsatRequested),
    key=the_ticket,
    initial=Heard(),
    states=(Heard,),
    evolve=evolve,
    react=react,
)
