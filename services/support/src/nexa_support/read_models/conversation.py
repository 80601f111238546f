"""What have customer and support said to each other? No note is ever in here.

A message is kept where it was written. It is read in the ticket that it was split into, and in the one that the ticket of
either goes on in.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel, Remove
from nexa_contracts.support import (
    TicketMerged,
    TicketReplied,
    TicketSplit,
    TicketSplitUndone,
    TicketSubmitted,
    TicketUnmerged,
)
from nexa_support.tables import metadata

MOST_SHOWN = 1_000
WORDS = "to_tsvector('simple', translate(coalesce({}, ''), '<_', '  '))"
"""The words of a text. PostgreSQL takes the square of the length for tags that are never closed and for `a_a_a_…`."""

messages = Table(
    "ticket_messages",
    metadata,
    Column("reply_id", Uuid, primary_key=True),
    Column("ticket_id", Uuid),
    Column("reference", Text),
    Column("version", Integer),
    Column("from_customer", Boolean),
    Column("contact_id", Uuid),
    Column("email", Text),
    Column("author", Text),
    Column("text", Text),
    Column("channel", Text),
    Column("attachments", JSON),
    Column("at", DateTime(timezone=True)),
    Index("ticket_messages_ticket_idx", "ticket_id", "at", "version"),
    Index("ticket_messages_search_idx", text(WORDS.format("text")), postgresql_using="gin"),
)
moved_messages = Table(
    "ticket_moved_messages",
    metadata,
    Column("reply_id", Uuid, primary_key=True),
    Column("new_ticket_id", Uuid, primary_key=True),
    Index("ticket_moved_messages_new_idx", "new_ticket_id"),
)
splits = Table(
    "ticket_splits",
    metadata,
    Column("new_ticket_id", Uuid, primary_key=True),
    Column("ticket_id", Uuid),
    Column("undone", Boolean),
)
mergers = Table(
    "ticket_mergers",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("into_id", Uuid),
    Index("ticket_mergers_into_idx", "into_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TicketSubmitted(split_from=None) as submitted:
            yield Put(messages, {"reply_id": submitted.ticket_id}, _first(submitted) | {"version": fact.version})
        case TicketReplied() as replied:
            said = {"version": fact.version, "at": fact.time, **_message(replied)}
            yield Put(messages, {"reply_id": replied.reply_id}, said)
        case TicketSplit(ticket_id=ticket_id, new_ticket_id=new_id, reply_ids=reply_ids):
            yield Put(splits, {"new_ticket_id": new_id}, {"ticket_id": ticket_id, "undone": False})
            for reply_id in reply_ids:
                yield Put(moved_messages, {"reply_id": reply_id, "new_ticket_id": new_id})
        case TicketSplitUndone(new_ticket_id=new_id):
            yield Put(splits, {"new_ticket_id": new_id}, {"undone": True})
        case TicketMerged(ticket_id=ticket_id, into_id=into_id):
            yield Put(mergers, {"ticket_id": ticket_id}, {"into_id": into_id})
        case TicketUnmerged(ticket_id=ticket_id):
            yield Remove(mergers, {"ticket_id": ticket_id})
        case _:
            return


def _first(submitted: TicketSubmitted) -> dict[str, object]:
    """What the ticket was opened with, as its first message; of one that was split off, that is one of its messages."""
    return {
        "ticket_id": submitted.ticket_id,
        "reference": submitted.reference,
        "from_customer": True,
        "contact_id": submitted.requester.contact_id,
        "email": submitted.requester.email,
        "author": submitted.requester.name,
        "text": submitted.description,
        "channel": submitted.channel.value,
        "attachments": [each.model_dump(mode="json") for each in submitted.attachments],
        "at": submitted.submitted_at,
    }


def _message(replied: TicketReplied) -> dict[str, object]:
    return {
        "ticket_id": replied.ticket_id,
        "reference": replied.reference,
        "from_customer": replied.from_customer,
        "contact_id": replied.requester.contact_id,
        "email": replied.requester.email,
        "author": replied.author,
        "text": replied.text,
        "channel": replied.channel.value,
        "attachments": [each.model_dump(mode="json") for each in replied.attachments],
    }


conversation = ReadModel(
    name="conversation",
    tables=(messages, moved_messages, splits, mergers),
    on=(TicketSubmitted, TicketReplied, TicketSplit, TicketSplitUndone, TicketMerged, TicketUnmerged),
    project=project,
)


def read_here(ticket_id: UUID) -> Select[Any]:
    """The ids of the messages that are read in this ticket, whichever they were written in."""
    family = select(literal(ticket_id, Uuid).label("ticket_id")).cte("family", recursive=True)
    family = family.union(select(mergers.c.ticket_id).where(mergers.c.into_id == family.c.ticket_id))
    moved = select(moved_messages.c.reply_id, splits.c.new_ticket_id).join_from(
        moved_messages, splits, moved_messages.c.new_ticket_id == splits.c.new_ticket_id
    )
    away = moved.where(splits.c.undone.is_(False)).subquery("away")
    place = func.coalesce(away.c.new_ticket_id, messages.c.ticket_id)
    query = select(messages.c.reply_id).join_from(messages, away, away.c.reply_id == messages.c.reply_id, isouter=True)
    return query.where(place.in_(select(family.c.ticket_id)))


async def list_messages(
    connection: AsyncConnection, ticket_id: UUID, *, limit: int | None = None, cursor: str | None = None
) -> Page[dict[str, Any]]:
    """The conversation, the oldest message first."""
    query = select(messages).where(messages.c.reply_id.in_(read_here(ticket_id)))
    order = [messages.c.at, messages.c.version, messages.c.reply_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def messages_with(
    connection: AsyncConnection, ticket_id: UUID, contact_id: UUID | None, email: str | None
) -> list[dict[str, Any]]:
    """What was said by or to the requester of this ticket alone; a merged ticket of somebody else stays theirs."""
    theirs = [messages.c.ticket_id == ticket_id]
    if contact_id is not None:
        theirs.append(messages.c.contact_id == contact_id)
    if email is not None:
        theirs.append(func.lower(messages.c.email) == email.lower())
    query = select(messages).where(messages.c.reply_id.in_(read_here(ticket_id)), or_(*theirs))
    query = query.order_by(messages.c.at, messages.c.version, messages.c.reply_id).limit(MOST_SHOWN)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def texts_of(connection: AsyncConnection, reply_ids: Sequence[UUID]) -> list[str]:
    """What these messages say, in the order in which they were written."""
    query = select(messages.c.text).where(messages.c.reply_id.in_(reply_ids))
    found = await connection.execute(query.order_by(messages.c.at, messages.c.version))
    return [str(row.text) for row in found]
