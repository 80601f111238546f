"""Which ticket is an answered mail of ours about?"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import Column, Table, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.notifier import EmailSent
from nexa_support.read_models.ticket_list import tickets
from nexa_support.tables import metadata

ABOUT_TICKETS = frozenset(
    {"ticket_received", "ticket_reply", "bug_acknowledged", "bug_resolved", "fix_withdrawn", "ticket_resolved", "csat"}
)

mails_of_tickets = Table(
    "sent_mails",
    metadata,
    Column("notification_id", Uuid, primary_key=True),
    Column("ticket_id", Uuid),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case EmailSent(notification_id=notification_id, kind=kind, about=about) if kind in ABOUT_TICKETS:
            yield Put(mails_of_tickets, {"notification_id": notification_id}, {"ticket_id": about})
        case _:
            return


sent_mails = ReadModel(
    name="sent_mails", tables=(mails_of_tickets,), on=(EmailSent,), project=project, from_topics=True
)


async def ticket_answered(connection: AsyncConnection, notification_ids: Sequence[UUID]) -> UUID | None:
    """The ticket of the first of these mails that is about one."""
    query = select(mails_of_tickets.c.notification_id, mails_of_tickets.c.ticket_id)
    query = query.join(tickets, tickets.c.ticket_id == mails_of_tickets.c.ticket_id)
    query = query.where(mails_of_tickets.c.notification_id.in_(notification_ids))
    found = {row.notification_id: row.ticket_id for row in (await connection.execute(query)).all()}
    return next((found[each] for each in notification_ids if each in found), None)
