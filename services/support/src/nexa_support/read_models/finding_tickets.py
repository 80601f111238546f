"""Which tickets are of this kind, whose are they, and which wait?"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.support import Severity, TicketPriority, TicketStatus, TicketType
from nexa_support.read_models.conversation import WORDS, messages
from nexa_support.read_models.ticket_list import NAMES, needs_a_person, shown, shown_status, tickets

TEXT = WORDS.format("ticket_messages.text")
SETTLED = (TicketStatus.RESOLVED.value, TicketStatus.CLOSED.value)


async def list_tickets(
    connection: AsyncConnection,
    *,
    status: TicketStatus | None = None,
    type: TicketType | None = None,
    priority: TicketPriority | None = None,
    severity: Severity | None = None,
    agent_id: UUID | None = None,
    account_id: UUID | None = None,
    bug_id: UUID | None = None,
    feature: str | None = None,
    unsettled: bool = False,
    unassigned: bool = False,
    unknown_account: bool = False,
    needs_person: bool = False,
    q: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[dict[str, Any]]:
    """Tickets, the newest first."""
    query = shown()
    equal: dict[str, object] = {"type": type, "priority": priority, "severity": severity, "agent_id": agent_id}
    equal |= {"account_id": account_id, "bug_id": bug_id, "feature": feature}
    for name, value in equal.items():
        if value is not None:
            query = query.where(tickets.c[name] == value)
    if status is not None:
        query = query.where(shown_status == status.value)
    if unsettled:
        query = query.where(tickets.c.into_id.is_(None), tickets.c.work_status.not_in(SETTLED))
    if unassigned:
        query = query.where(tickets.c.agent_id.is_(None))
    if unknown_account:
        query = query.where(tickets.c.account_id.is_(None))
    if needs_person:
        query = query.where(needs_a_person, tickets.c.into_id.is_(None), tickets.c.work_status.not_in(SETTLED))
    if q:
        query = query.where(_about(q))
    order = [tickets.c.submitted_at.desc(), tickets.c.ticket_id.desc()]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


def _about(q: str) -> ColumnElement[bool]:
    """Whether reference, subject, account, requester or a message of the conversation says these words."""
    words = func.websearch_to_tsquery(text("'simple'"), q)
    named = select(tickets.c.ticket_id).where(literal_column(NAMES).op("@@")(words))
    whole_words = func.websearch_to_tsquery(text("'simple'"), q.replace("<", " ").replace("_", " "))
    said = select(messages.c.ticket_id).where(literal_column(TEXT).op("@@")(whole_words))
    return tickets.c.ticket_id.in_(named.union(said))


async def waiting_tickets(
    connection: AsyncConnection, *, limit: int | None = None, cursor: str | None = None
) -> Page[dict[str, Any]]:
    """The open tickets that nobody can take now, those first that have waited longest."""
    query = shown().where(tickets.c.waiting_since.is_not(None), tickets.c.into_id.is_(None))
    return await paginate(
        connection, query, order=[tickets.c.waiting_since, tickets.c.ticket_id], limit=limit, cursor=cursor
    )
