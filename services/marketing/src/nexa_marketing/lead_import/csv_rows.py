"""From a window of the file's bytes to its rows, so that one broken row costs that row and no other.

A window starts at the start of a row. A quote that is never closed would swallow the rest of the file: the row it opens in
is given up and reading goes on at the next line.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from nexa_marketing.lead_import.csv_format import ESCAPED_BYTE, CsvFormat

LINES_OF_ONE_ROW = 1_000
SHOWN_OF_A_CELL = 5_000
"""As much as a field or an attribute can hold: what is cut off a rejected cell could not have been taken anyway."""

NO_TEXT = "\ufeff\x1a"
"""A byte order mark, and the end of a file of old programs: a line of these has no text."""

UNCLOSED = "unexpected end of data"


@dataclass(frozen=True)
class Row:
    """A row of as many cells as the header has; `line` is the line of the file it starts in."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True)
class BrokenRow:
    """A row that cannot be read, and why; `cells` is what could be made out of it."""

    line: int
    reason: str
    column: str | None
    cells: Sequence[str]


@dataclass(frozen=True)
class Cursor:
    """Where reading goes on: a byte of the stored file and the line that starts there.

    `skipping`: in the middle of a line too long to read; it has been rejected, the rest of it is passed over.
    """

    offset: int
    line: int
    skipping: bool = False


@dataclass(frozen=True)
class Reading:
    """What one window gave. `blank` counts the lines and rows without any text."""

    rows: tuple[Row | BrokenRow, ...]
    blank: int
    cursor: Cursor


def read_window(window: bytes, cursor: Cursor, form: CsvFormat, *, last: bool, limit: int) -> Reading:
    """At most `limit` rows from the window that starts at the cursor; `last` if it reaches the end of the file."""
    newline = form.newline.encode()
    if cursor.skipping:
        end = window.find(newline)
        if end < 0:
            return Reading((), 0, Cursor(cursor.offset + len(window), cursor.line + last, skipping=not last))
        cursor = Cursor(cursor.offset + end + 1, cursor.line + 1)
        window = window[end + 1 :]
    rows: list[Row | BrokenRow] = []
    blank, more = 0, True
    while more:  # again only where lines without text filled a part
        reading, more = _read_part(window, cursor, form, last=last, limit=limit - len(rows))
        rows += reading.rows
        blank += reading.blank
        window = window[reading.cursor.offset - cursor.offset :]
        more = more and len(rows) < limit and reading.cursor.offset > cursor.offset
        cursor = reading.cursor
    return Reading(tuple(rows), blank, cursor)


def _read_part(window: bytes, cursor: Cursor, form: CsvFormat, *, last: bool, limit: int) -> tuple[Reading, bool]:
    """What the first lines give, no more of them than so many rows may take, and whether there are lines behind them."""
    most = limit + LINES_OF_ONE_ROW
    raw = window.split(form.newline.encode(), most)
    behind = len(raw) > most
    if behind or (last and not raw[-1]):
        raw.pop()
    elif not last:
        if len(raw) == 1:
            return _too_long(window, cursor, form), False
        raw.pop()
    return _read_lines(raw, cursor, form, last=last and not behind, limit=limit), behind


def _too_long(window: bytes, cursor: Cursor, form: CsvFormat) -> Reading:
    text = window[: 4 * SHOWN_OF_A_CELL].decode(form.encoding, "surrogateescape")
    reason = f"the row is longer than {len(window):,} bytes"
    broken = BrokenRow(cursor.line, reason, None, tolerant_cells(text, form))
    return Reading((broken,), 0, Cursor(cursor.offset + len(window), cursor.line, skipping=True))


def _read_lines(raw: list[bytes], cursor: Cursor, form: CsvFormat, *, last: bool, limit: int) -> Reading:
    lines = [f"{line.decode(form.encoding, 'surrogateescape')}\n" for line in raw]
    rows: list[Row | BrokenRow] = []
    blank = taken = 0
    more = True
    while more:
        more = False
        for found in _found_from(lines, taken, form):
            if len(rows) >= limit:
                break
            line = cursor.line + found.start
            if found.error is None:
                taken = found.after
                row = _checked(found.cells, line, form)
                if row is None:
                    blank += 1
                else:
                    rows.append(row)
            elif found.error == UNCLOSED and found.after == len(lines) and found.start > 0 and not last:
                pass  # it may be closed in the next window
            else:
                rows.append(_broken(lines[found.start], found, line, form))
                taken = found.start + 1
                more = True
    offset = cursor.offset + sum(map(len, raw[:taken])) + taken
    return Reading(tuple(rows), blank, Cursor(offset, cursor.line + taken))


@dataclass(frozen=True)
class _Found:
    """What the csv module made of the lines from `start` to before `after`: cells, or its error."""

    start: int
    after: int
    cells: list[str]
    error: str | None = None


def _found_from(lines: list[str], first: int, form: CsvFormat) -> Iterator[_Found]:
    """Rows from line `first` on, up to the end or the first error."""
    taken = start = first

    def feed() -> Iterator[str]:
        nonlocal taken
        for line in islice(lines, first, None):
            if taken - start >= LINES_OF_ONE_ROW:
                return
            taken += 1
            yield line

    reader = csv.reader(feed(), delimiter=form.separator, strict=True)
    while True:
        start = taken
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _Found(start, taken, [], str(error))
            return
        yield _Found(start, taken, cells)


def _checked(cells: list[str], line: int, form: CsvFormat) -> Row | BrokenRow | None:
    if not any(cells) or not any(cell.strip().strip(NO_TEXT) for cell in cells):
        return None
    columns = len(form.columns)
    if len(cells) > columns and not any(cells[columns:]):  # separators at the end, as spreadsheets write them
        cells = cells[:columns]
    if len(cells) != columns:
        noun = "cell" if len(cells) == 1 else "cells"
        surplus = f"; left over: {printable(cells[columns:][:10])}"[:300] if len(cells) > columns else ""
        reason = f"the row has {len(cells)} {noun}, the header names {columns} columns{surplus}"
        return BrokenRow(line, reason, None, printable(cells))
    joined = "".join(cells)
    if not joined.isascii() or "\x00" in joined:
        for column, cell in zip(form.columns, cells, strict=True):
            if "\x00" in cell:
                return BrokenRow(line, "the cell holds a NUL character", column, printable(cells))
            if ESCAPED_BYTE.search(cell) or "\ufffd" in cell:
                reason = f"the cell holds bytes that are not {form.encoding}"
                return BrokenRow(line, reason, column, printable(cells))
    return Row(line, cells)


def _broken(text: str, found: _Found, line: int, form: CsvFormat) -> BrokenRow:
    cells = tolerant_cells(text, form)
    column = form.columns[min(len(cells), len(form.columns)) - 1] if cells else None
    error = found.error or ""
    if error == UNCLOSED:
        reason = "a quote that opens here is never closed"
    elif "field larger" in error:
        reason = f"a cell is longer than {csv.field_size_limit():,} characters"
    elif "new-line character" in error:
        reason, column = "a carriage return stands in the middle of the row", None
    elif "expected after" in error and found.after - found.start > 1:
        reason = "a quote that opens here is not closed in its row"
    elif "expected after" in error:
        reason = "text follows a closing quote; a quote inside a quoted cell is written twice"
    else:
        reason, column = error, None
    return BrokenRow(line, reason, column, cells)


def tolerant_cells(text: str, form: CsvFormat) -> list[str]:
    """What can be made of a broken line, for a person to look at; shortened."""
    shortened = text[: 4 * SHOWN_OF_A_CELL].rstrip("\r\n")
    try:
        cells = next(csv.reader([shortened], delimiter=form.separator), [])
    except csv.Error:
        cells = shortened.split(form.separator)
    return printable(cells[: len(form.columns) + 1])


def printable(cells: Sequence[str]) -> list[str]:
    """Cells as they can be stored and shown: NUL and undecodable bytes spelled out, long ones cut."""
    return [
        cell[:SHOWN_OF_A_CELL].replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode() for cell in cells
    ]
