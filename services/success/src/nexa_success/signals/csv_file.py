"""Reads a CSV file of signals, one row per account and day: good rows, and each bad one with its line, column and reason.

A row stands on one line, so that a quote that is never closed costs its own row and no other.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import chain
from typing import TypeAlias, TypeVar
from uuid import UUID

from nexa_chassis.domain import Refused
from nexa_contracts.success import EngagementLevel, PaymentStatus
from nexa_success.account_version.decisions import number_of
from nexa_success.signals.decisions import check_day, check_values
from nexa_success.signals.state import NOTHING, Signals

MOST_ROWS = 200_000
LONGEST_LINE = 10_000
SHOWN = 60
REPORTED = (*Signals._fields, "version")
SEPARATORS = (",", ";", "\t", "|")

SPELLINGS: Mapping[str, Sequence[str]] = {
    "account_id": ("accountid",),
    "account": ("account", "accountname", "company", "companyname", "customer", "customername", "name"),
    "on": ("on", "date", "day"),
    "usage": ("usage", "usagepercent", "productusage", "dailyactive", "dailyactiveusers", "activeusers", "dau"),
    "adoption": ("adoption", "adoptionpercent", "featureadoption", "featuresinuse"),
    "support_tickets": ("supporttickets", "supportticket", "tickets", "ticketcount", "tickets30d", "supporttickets30d"),
    "payment": ("payment", "paymentstatus", "payments"),
    "engagement": ("engagement", "engagementlevel"),
    "nps": ("nps", "npsscore", "netpromoterscore"),
    "version": ("version", "productversion", "appversion"),
}
COLUMN_OF = {spelling: name for name, spellings in SPELLINGS.items() for spelling in spellings}

LINE_END = re.compile("\r\n|\n|\r")
NUMBER = re.compile(r"[+-]?[0-9]{1,20}([.,][0-9]{1,20})?")
WHOLE = re.compile(r"[+-]?[0-9]{1,20}([.,]0{1,20})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
UNDECODED = re.compile("[\udc80-\udcff]")

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


@dataclass(frozen=True)
class AccountId:
    """The account is named by its id."""

    account_id: UUID


@dataclass(frozen=True)
class AccountName:
    """The account is named by its name, in lower case here."""

    name: str


Named: TypeAlias = AccountId | AccountName


@dataclass(frozen=True)
class Row:
    """What one line reports."""

    line: int
    account: Named
    on: date
    signals: Signals
    version: str | None = None


@dataclass(frozen=True)
class Reject:
    """A line that is not taken; `column` as the file's header spells it, where one cell is to blame."""

    line: int
    column: str | None
    reason: str


@dataclass(frozen=True)
class SignalFile:
    """All rows of a file, each good or rejected. `ignored` are columns that mean nothing here."""

    rows: tuple[Row, ...]
    rejects: tuple[Reject, ...]
    ignored: tuple[str, ...]


class _Unusable(Exception):
    """The cell of this column cannot be used."""

    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def read_signals(body: bytes, now: datetime) -> SignalFile:
    """Raises Refused for a file that cannot be read at all."""
    lines = _lines(body)
    header = next(lines, None)
    if header is None:
        raise _no_file("The file is empty.")
    layout = _layout(header[1])
    seen: dict[tuple[Named, date], Row] = {}
    rows: list[Row] = []
    rejects: list[Reject] = []
    for line, text in lines:
        if len(rows) + len(rejects) == MOST_ROWS:
            raise _no_file(f"The file has more than {MOST_ROWS:,} rows; send it in parts.")
        try:
            row = layout.row(line, text, now)
            _check_first(row, seen.setdefault((row.account, row.on), row))
        except _Unusable as problem:
            column = layout.spelled.get(problem.column, problem.column) if problem.column else None
            rejects.append(Reject(line, column, problem.reason))
        else:
            rows.append(row)
    return SignalFile(tuple(rows), tuple(rejects), layout.ignored)


def _lines(body: bytes) -> Iterator[tuple[int, str]]:
    """Lines with text in them and their numbers, from 1."""
    if body.startswith((b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"\xff\xfe", b"\xfe\xff")):
        raise _no_file("The file is no CSV in UTF-8; save the sheet as CSV (UTF-8).")
    text = body.decode("utf-8-sig", "surrogateescape")
    start = 0
    for number, end in enumerate(chain(LINE_END.finditer(text), [None]), start=1):
        line = text[start : end.start() if end else None]
        start = end.end() if end else len(text)
        if line.strip(" \t,;|"):
            yield number, line


def _check_first(row: Row, first: Row) -> None:
    """The same row again is harmless; another one about the same day leaves open which of them counts."""
    if (row.signals, row.version) != (first.signals, first.version):
        reason = f"line {first.line} reports other values of this account and day; there is one row for each"
        raise _Unusable("on", reason)


@dataclass(frozen=True)
class _Layout:
    """Which cell means what. `spelled` gives a column's name as the file has it."""

    separator: str
    places: Mapping[str, int]
    spelled: Mapping[str, str]
    width: int
    ignored: tuple[str, ...]

    def row(self, line: int, text: str, now: datetime) -> Row:
        cells = self._cells(text)
        account, on = self._account(cells), self._on(cells)
        signals = Signals(
            usage=self._read(cells, "usage", _percent),
            adoption=self._read(cells, "adoption", _percent),
            support_tickets=self._read(cells, "support_tickets", _whole),
            payment=self._read(cells, "payment", _one_of(PaymentStatus)),
            engagement=self._read(cells, "engagement", _one_of(EngagementLevel)),
            nps=self._read(cells, "nps", _whole),
        )
        version = self._read(cells, "version", number_of)
        try:
            check_day(on, now)
            if version is None or signals != NOTHING:
                check_values(signals)
        except Refused as refused:
            raise _Unusable(refused.field, refused.message) from None
        return Row(line, account, on, signals, version)

    def _cells(self, text: str) -> list[str]:
        if len(text) > LONGEST_LINE:
            raise _Unusable(None, f"the row is longer than {LONGEST_LINE:,} characters")
        try:
            cells = next(csv.reader([text], delimiter=self.separator, strict=True))
        except csv.Error as error:
            raise _Unusable(None, f"the row cannot be read: {error}") from None
        if len(cells) != self.width:
            raise _Unusable(None, f"the row has {len(cells)} cells, the header names {self.width} columns")
        if "\x00" in text or not text.isascii():
            self._check_characters(cells)
        return [cell.strip() for cell in cells]

    def _check_characters(self, cells: Sequence[str]) -> None:
        for column, place in self.places.items():
            if "\x00" in cells[place]:
                raise _Unusable(column, "the cell holds a NUL character")
            if UNDECODED.search(cells[place]):
                raise _Unusable(column, "the cell holds bytes that are no UTF-8")

    def _account(self, cells: Sequence[str]) -> Named:
        if "account_id" in self.places:
            cell = cells[self.places["account_id"]]
            try:
                return AccountId(UUID(cell))
            except ValueError:
                raise _Unusable("account_id", f"{shown(cell)} is no id of an account") from None
        cell = cells[self.places["account"]]
        if not cell:
            raise _Unusable("account", "no account is named")
        return AccountName(cell.lower())

    def _on(self, cells: Sequence[str]) -> date:
        cell = cells[self.places["on"]]
        try:
            if DAY.fullmatch(cell):
                return date.fromisoformat(cell)
        except ValueError:
            raise _Unusable("on", f"there is no day {shown(cell)}") from None
        raise _Unusable("on", f"{shown(cell)} is no date; write it as 2025-11-24")

    def _read(self, cells: Sequence[str], column: str, read: Callable[[str], T]) -> T | None:
        place = self.places.get(column)
        if place is None or not cells[place]:
            return None
        try:
            return read(cells[place])
        except ValueError as error:
            raise _Unusable(column, str(error)) from None


def _layout(header: str) -> _Layout:
    if "\x00" in header or UNDECODED.search(header) or len(header) > LONGEST_LINE:
        raise _no_file("The first line is no header in UTF-8; save the file as CSV (UTF-8).")
    separator = max(SEPARATORS, key=header.count)
    try:
        names = next(csv.reader([header], delimiter=separator, strict=True))
    except csv.Error as error:
        raise _no_file(f"The header cannot be read: {error}.") from None
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, name in enumerate(names):
        column = COLUMN_OF.get(re.sub("[^a-z0-9]", "", name.lower()))
        if column is None:
            ignored.append(name.strip()[:SHOWN])
        elif column in places:
            raise _no_file(f"The columns {names[places[column]]!r} and {name!r} both mean {column}; leave one out.")
        else:
            places[column] = place
    _check_columns(places)
    spelled = {column: names[place].strip() for column, place in places.items()}
    return _Layout(separator, places, spelled, len(names), tuple(ignored))


def _check_columns(places: Mapping[str, int]) -> None:
    if "account_id" not in places and "account" not in places:
        raise _no_file("The header names no account; name a column account_id or account.")
    if "on" not in places:
        raise _no_file("The header names no day; name a column on or date.")
    if not any(name in places for name in REPORTED):
        raise _no_file(f"The header names no signal; name a column after one of {', '.join(REPORTED)}.")


def _percent(cell: str) -> float:
    number = cell.removesuffix("%").rstrip()
    if not NUMBER.fullmatch(number):
        raise ValueError(f"{shown(cell)} is no number")
    return float(number.replace(",", "."))


def _whole(cell: str) -> int:
    if not WHOLE.fullmatch(cell):
        raise ValueError(f"{shown(cell)} is no whole number")
    return int(re.split("[.,]", cell)[0])


def _one_of(kind: type[E]) -> Callable[[str], E]:
    def read(cell: str) -> E:
        try:
            return kind(cell.lower())
        except ValueError:
            raise ValueError(f"{shown(cell)} is none of {', '.join(kind)}") from None

    return read


def shown(cell: str) -> str:
    """A cell as a reason names it: quoted, on one line, not too long."""
    return repr(cell if len(cell) <= SHOWN else f"{cell[:SHOWN]}…")


def _no_file(message: str) -> Refused:
    return Refused(message, rule="signals.file", field="file")
