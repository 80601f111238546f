"""What has support noted for itself? No customer ever reads it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.support import InternalNoteAdded
from nexa_support.tables import metadata

notes = Table(
    "ticket_notes",
    metadata,
    Column("note_id", Uuid, primary_key=True),
    Column("ticket_id", Uuid),
    Column("version", Integer),
    Column("author", Text),
    Column("text", Text),
    Column("next_steps", Text),
    Column("at", DateTime(timezone=True)),
    Index("ticket_notes_ticket_idx", "ticket_id", "at", "version"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case InternalNoteAdded(note_id=note_id, ticket_id=ticket_id) as note:
            said = {"author": note.author, "text": note.text, "next_steps": note.next_steps}
            where = {"ticket_id": ticket_id, "version": fact.version, "at": fact.time}
            yield Put(notes, {"note_id": note_id}, where | said)
        case _:
            return


ticket_notes = ReadModel(name="ticket_notes", tables=(notes,), on=(InternalNoteAdded,), project=project)


async def list_notes(
    connection: AsyncConnection, ticket_id: UUID, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """The notes of a ticket, the oldest first."""
    query = select(notes).where(notes.c.ticket_id == ticket_id)
    return await paginate(
        connection, query, order=[notes.c.at, notes.c.version, notes.c.note_id], limit=limit, cursor=cursor
    )
