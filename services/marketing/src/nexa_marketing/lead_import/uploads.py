"""The uploaded file, kept in pieces in this service's own store, so that an import goes on after a restart."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import ScalarSelect, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from nexa_marketing.lead_import.csv_format import Intake, ReceivedFile
from nexa_marketing.lead_import.tables import chunks

PIECE = 512 * 1024


async def store_upload(
    engine: AsyncEngine, upload_id: UUID, body: AsyncIterator[bytes], intake: Intake
) -> ReceivedFile:
    """Store a body as it streams in, a piece per transaction; one that breaks off leaves nothing. Raises NotCsv."""
    stored = 0

    async def keep(data: bytes) -> None:
        nonlocal stored
        async with engine.begin() as connection:
            await connection.execute(insert(chunks).values(upload_id=upload_id, start=stored, data=data))
        stored += len(data)

    try:
        async for piece in _pieces(body):
            if data := await asyncio.to_thread(intake.feed, piece):
                await keep(data)
        rest, received = await asyncio.to_thread(intake.finish)
        if rest:
            await keep(rest)
        return received
    except BaseException:
        async with engine.begin() as connection:
            await remove_upload(connection, upload_id)
        raise


async def _pieces(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body in pieces of about PIECE bytes, whatever the network cut it into."""
    parts: list[bytes] = []
    size = 0
    async for part in body:
        parts.append(part)
        size += len(part)
        if size >= PIECE:
            yield b"".join(parts)
            parts, size = [], 0
    if size:
        yield b"".join(parts)


async def read_upload(connection: AsyncConnection, upload_id: UUID, offset: int, size: int) -> bytes:
    """At least `size` bytes from `offset` on, fewer at the end of the file."""
    wanted = (
        select(chunks.c.start, chunks.c.data)
        .where(chunks.c.upload_id == upload_id, chunks.c.start < offset + size)
        .where(chunks.c.start >= _chunk_at(upload_id, offset))
        .order_by(chunks.c.start)
    )
    rows = (await connection.execute(wanted)).all()
    if not rows:
        return b""
    return b"".join(row.data for row in rows)[offset - rows[0].start :]


def _chunk_at(upload_id: UUID, offset: int) -> ScalarSelect[int]:
    """Where the piece begins that holds this byte."""
    before = select(chunks.c.start).where(chunks.c.upload_id == upload_id, chunks.c.start <= offset)
    return before.order_by(chunks.c.start.desc()).limit(1).scalar_subquery()


async def remove_upload(connection: AsyncConnection, upload_id: UUID) -> None:
    await connection.execute(delete(chunks).where(chunks.c.upload_id == upload_id))
