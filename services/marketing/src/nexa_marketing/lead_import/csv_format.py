"""What kind of CSV file this is: encoding, line ends, separator, columns; found while the bytes stream past, once."""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nexa_marketing.lead_import.encodings import (
    BYTE_ORDER_MARKS,
    NON_ASCII,
    WIDE,
    known_encoding,
    legacy_encoding,
    wide_encoding,
)
from nexa_marketing.lead_import.headers import LOOKS_LIKE_EMAIL, field_of_header
from nexa_marketing.lead_import.not_csv import SIGNATURE_BYTES, NotCsv, check_signature

SAMPLE = 64 * 1024
HEADER_LIMIT = 256 * 1024
COLUMN_LIMIT = 2_000
PREAMBLE_LINES = 60
"""In how many of the first lines the header is looked for."""
SEPARATORS = (",", ";", "\t", "|")

ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class CsvFormat:
    """How the stored bytes are read. `newline` is the byte that ends a line; the first data row starts at byte
    `first_row`, which is line `first_line` of the file.
    """

    encoding: str
    separator: str
    newline: str
    columns: tuple[str, ...]
    first_row: int
    first_line: int


@dataclass(frozen=True)
class ReceivedFile:
    """The facts of an upload: its own size and digest, the size as stored, its format and its first bytes as stored."""

    size: int
    sha256: str
    stored: int
    format: CsvFormat
    head: bytes


class Intake:
    """Takes an upload piece by piece, gives back the bytes to store, and knows the format at the end.

    UTF-16 and UTF-32 are stored as UTF-8, so that a line ends at the same byte in every stored file; all else is stored as
    it came. Memory: the head of the file and a sample of its lines that are not ASCII.
    """

    def __init__(self, encoding: str | None = None, separator: str | None = None) -> None:
        self._given_encoding = known_encoding(encoding)
        self._given_separator = separator
        self._digest = hashlib.sha256()
        self._size = 0
        self._stored = 0
        self._head = b""
        self._started = False
        self._transcode: codecs.IncrementalDecoder | None = None
        self._utf8 = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._good = 0
        self._bad = 0
        self._foreign = b""

    def feed(self, piece: bytes) -> bytes:
        self._digest.update(piece)
        self._size += len(piece)
        if not self._started:
            self._head += piece
            if len(self._head) < SIGNATURE_BYTES:
                return b""
            piece, self._head = self._begin(self._head), b""
        return self._keep(self._decoded(piece, final=False))

    def finish(self) -> tuple[bytes, ReceivedFile]:
        """The last bytes to store and what was received. Raises NotCsv."""
        rest = b""
        if not self._started:
            piece, self._head = self._begin(self._head), b""
            rest = self._keep(self._decoded(piece, final=True))
        elif self._transcode is not None:
            rest = self._keep(self._decoded(b"", final=True))
        if not self._stored:
            raise NotCsv("The file is empty.")
        form = read_header(self._head, self._encoding(), self._given_separator)
        return rest, ReceivedFile(self._size, self._digest.hexdigest(), self._stored, form, self._head[:SAMPLE])

    def _begin(self, head: bytes) -> bytes:
        self._started = True
        for mark, encoding in BYTE_ORDER_MARKS:
            if head.startswith(mark):
                self._read_as(encoding)
                head = head[len(mark) :]
                check_signature(head)
                return head
        check_signature(head)
        if wide := self._given_wide() or wide_encoding(head):
            self._read_as(wide)
        return head

    def _given_wide(self) -> str | None:
        """A wide encoding that was said; one whose byte order was not is taken for little-endian, as most programs write it."""
        given = self._given_encoding
        if given not in WIDE:
            return None
        return f"{given}-le" if given in {"utf-16", "utf-32"} else given

    def _read_as(self, encoding: str) -> None:
        if encoding != "utf-8":
            self._transcode = codecs.getincrementaldecoder(encoding)("replace")

    def _decoded(self, piece: bytes, *, final: bool) -> bytes:
        if self._transcode is None:
            return piece
        return self._transcode.decode(piece, final).encode("utf-8", "replace")

    def _keep(self, piece: bytes) -> bytes:
        self._stored += len(piece)
        if len(self._head) < HEADER_LIMIT:
            self._head += piece[: HEADER_LIMIT - len(self._head)]
        self._look_at_encoding(piece)
        return piece

    def _look_at_encoding(self, piece: bytes) -> None:
        if piece.isascii() and not self._utf8.getstate()[0]:
            return
        text = self._utf8.decode(piece)
        bad = len(ESCAPED_BYTE.findall(text))
        self._bad += bad
        self._good += len(NON_ASCII.findall(text)) - bad
        if bad and len(self._foreign) < SAMPLE:
            lines = (line for line in piece.split(b"\n") if not line.isascii())
            self._foreign += b"\n".join(lines)[: SAMPLE - len(self._foreign)]

    def _encoding(self) -> str:
        if self._given_encoding and self._transcode is None:
            return self._given_encoding
        return "utf-8" if self._good >= self._bad else legacy_encoding(self._foreign)


def read_header(head: bytes, encoding: str, separator: str | None = None) -> CsvFormat:
    """Line ends, separator and columns from the first bytes of the file. Raises NotCsv.

    Webinar tools write a report's title and figures above its table: lines without any known column are passed over where one
    with an e-mail column follows.
    """
    newline = "\n" if b"\n" in head or b"\r" not in head else "\r"
    lines = list(_first_lines(head, encoding, newline))
    first = next((line for line in lines if line.text.strip()), None)
    if first is None:
        raise NotCsv("The file has no header: its first lines are empty.")
    if _says_separator(first.text):
        separator = first.text[4]
        lines = lines[first.number :]
        first = next((line for line in lines if line.text.strip()), first)
    header = _below_preamble(lines, first, separator)
    if header.end >= HEADER_LIMIT:
        raise NotCsv(f"Line {header.number}, the header, is longer than {HEADER_LIMIT:,} bytes: is it a CSV file?")
    if "\x00" in header.text or ESCAPED_BYTE.search(header.text):
        raise NotCsv(f"Line {header.number}, the header, is not {encoding} text; save the file as UTF-8.")
    if header.text.count('"') % 2:
        raise NotCsv(f"A quote in line {header.number}, the header, is never closed.")
    separator = separator or guess_separator(header.text)
    columns = _named(_cells(header.text, separator))
    if any(LOOKS_LIKE_EMAIL.fullmatch(column) for column in columns):
        raise NotCsv(f"Line {header.number} names no columns but holds an e-mail address; put a header above it.")
    if len(columns) > COLUMN_LIMIT:
        raise NotCsv(f"The header names {len(columns):,} columns; at most {COLUMN_LIMIT:,} can be read.")
    return CsvFormat(encoding, separator, newline, columns, header.end, header.number + 1)


@dataclass(frozen=True)
class _Line:
    """A line's number, from 1, its text, and the byte after it."""

    number: int
    text: str
    end: int


def _first_lines(head: bytes, encoding: str, newline: str) -> Iterator[_Line]:
    start = 0
    for number in range(1, PREAMBLE_LINES + 1):
        if start >= len(head):
            return
        end = head.find(newline.encode(), start)
        end = len(head) if end < 0 else end + 1
        yield _Line(number, head[start:end].decode(encoding, "surrogateescape").strip("\r\n"), end)
        start = end


def _says_separator(text: str) -> bool:
    """Excel's own first line: "sep=;"."""
    return text.lower().startswith("sep=") and len(text) == 5


def _below_preamble(lines: Sequence[_Line], first: _Line, separator: str | None) -> _Line:
    if _fields_in(first, separator):
        return first
    return next(
        (line for line in lines if "email" in (fields := _fields_in(line, separator)) and len(fields) > 1), first
    )


def _fields_in(line: _Line, separator: str | None) -> set[str]:
    if line.text.count('"') % 2 or len(line.text) > HEADER_LIMIT // 4:
        return set()
    cells = _cells(line.text, separator or guess_separator(line.text))
    return {field for cell in cells if (field := field_of_header(cell))}


def _cells(text: str, separator: str) -> list[str]:
    """The cells of one line. Raises NotCsv."""
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error as error:
        raise NotCsv(f"The header cannot be read as CSV: {error}.") from None


def guess_separator(header: str) -> str:
    """The separator that splits the header into the most known columns, else into the most columns."""

    def columns(separator: str) -> tuple[int, int]:
        cells = _cells(header, separator)
        return sum(field_of_header(cell) is not None for cell in cells), len(cells)

    return max(SEPARATORS, key=columns)


def _named(cells: list[str]) -> tuple[str, ...]:
    """Column names, unique and not empty: "Column 3" for a blank one, "Email (2)" for the second of a name."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = original = " ".join(cell.split()) or f"Column {number}"
        again = 2
        while name in names:
            name = f"{original} ({again})"
            again += 1
        names.append(name)
    return tuple(names)
