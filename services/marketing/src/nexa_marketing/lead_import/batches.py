"""The rows of an import's next step, read and interpreted off the event loop, the next ones while these are written."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from nexa_marketing.lead_import.csv_rows import Cursor, read_window
from nexa_marketing.lead_import.interpret import Candidate, Interpreter, Rejected, Setting
from nexa_marketing.lead_import.mapping import ColumnPlan
from nexa_marketing.lead_import.state import StoredFile
from nexa_marketing.lead_import.uploads import read_upload

WINDOW = 1024 * 1024
IMPORTS_AHEAD = 4


@dataclass(frozen=True)
class Batch:
    """What the rows tell, how many lines had no text, where the next batch begins, and what is read of it already."""

    rows: tuple[Candidate | Rejected, ...]
    blank: int
    cursor: Cursor
    behind: bytes


@dataclass(frozen=True)
class Reader:
    """Reads a stored file by a plan, from any place, at most `limit` rows at a time."""

    engine: AsyncEngine
    file: StoredFile
    plan: ColumnPlan
    setting: Setting
    limit: int

    async def read(self, cursor: Cursor, begun: bytes = b"") -> Batch:
        """The rows at the cursor. `begun`: bytes that stand there, as the batch before left them."""
        at = cursor.offset + len(begun)
        if len(begun) < WINDOW and at < self.file.stored:
            async with self.engine.connect() as connection:
                begun += await read_upload(connection, self.file.upload_id, at, WINDOW - len(begun))
        return await asyncio.to_thread(self._parse, begun, cursor)

    def _parse(self, data: bytes, cursor: Cursor) -> Batch:
        """What one window of the data gives: the same, however much of it was read already."""
        window = data[:WINDOW]
        last = cursor.offset + len(window) >= self.file.stored
        reading = read_window(window, cursor, self.file.format, last=last, limit=self.limit)
        interpreter = Interpreter(self.plan, self.setting)
        rows = tuple([interpreter.read(row) for row in reading.rows])
        return Batch(rows, reading.blank, reading.cursor, data[reading.cursor.offset - cursor.offset :])


class ReadAhead:
    """Has the batch after the one asked for read meanwhile. It holds one batch of a few imports, so memory is bounded.

    Nothing depends on it: a batch that is not there, or was read by another plan, is read when it is asked for.
    """

    def __init__(self) -> None:
        self._ahead: OrderedDict[UUID, tuple[Reader, Cursor, asyncio.Task[Batch]]] = OrderedDict()

    async def batch(self, reader: Reader, cursor: Cursor) -> Batch:
        kept = self._ahead.pop(reader.file.upload_id, None)
        if kept is not None and kept[:2] == (reader, cursor):
            batch = await kept[2]
        else:
            batch = await reader.read(cursor)
        if batch.cursor.offset < reader.file.stored:
            following = asyncio.create_task(reader.read(batch.cursor, batch.behind))
            self._ahead[reader.file.upload_id] = (reader, batch.cursor, following)
            if len(self._ahead) > IMPORTS_AHEAD:
                self._ahead.popitem(last=False)[1][2].cancel()
        return batch
