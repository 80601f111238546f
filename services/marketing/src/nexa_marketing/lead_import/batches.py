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
    """What the rows tell, how many lines had no text, and where the next batch begins."""

    rows: tuple[Candidate | Rejected, ...]
    blank: int
    cursor: Cursor


@dataclass(frozen=True)
class Reader:
    """Reads a stored file by a plan, from any place, at most `limit` rows at a time."""

    engine: AsyncEngine
    file: StoredFile
    plan: ColumnPlan
    setting: Setting
    limit: int

    async def read(self, cursor: Cursor) -> Batch:
        async with self.engine.connect() as connection:
            window = await read_upload(connection, self.file.upload_id, cursor.offset, WINDOW)
        return await asyncio.to_thread(self._parse, window, cursor)

    def _parse(self, window: bytes, cursor: Cursor) -> Batch:
        last = cursor.offset + len(window) >= self.file.stored
        reading = read_window(window, cursor, self.file.format, last=last, limit=self.limit)
        interpreter = Interpreter(self.plan, self.setting)
        return Batch(tuple(interpreter.read(row) for row in reading.rows), reading.blank, reading.cursor)


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
            following = asyncio.create_task(reader.read(batch.cursor))
            self._ahead[reader.file.upload_id] = (reader, batch.cursor, following)
            if len(self._ahead) > IMPORTS_AHEAD:
                self._ahead.popitem(last=False)[1][2].cancel()
        return batch
