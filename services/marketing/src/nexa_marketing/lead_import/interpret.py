"""From a row's cells to what it tells of a lead, or to the reason why it cannot be taken."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple, TypeVar

from nexa_chassis.domain import Refused
from nexa_contracts.marketing import Audience, CompanySize, Engagement, LeadSourceKind
from nexa_marketing.lead.normalise import company_size_of, country_of, in_audience, split_name
from nexa_marketing.lead.state import Profile
from nexa_marketing.lead_import.csv_rows import BrokenRow, Row, printable
from nexa_marketing.lead_import.headers import plain
from nexa_marketing.lead_import.mapping import JOINED_BY, LEFT_OUT, ColumnPlan
from nexa_marketing.lead_import.values import (
    Unclear,
    count_of,
    downloads_of,
    email_of,
    moment_of,
    plain_cell,
    text_of,
    yes_or_no,
)

T = TypeVar("T")

EMAIL_KEY = "email"
EARLY_DAYS = 14
LONGEST_TEXT = 300
LONGEST_ATTRIBUTE = 5_000
MOST_ATTRIBUTE_TEXT = 100_000
LONGEST_KEY = 200

_shared_engagement = lru_cache(maxsize=250)(Engagement)
"""Most rows of a file tell one of a few engagements. They share it: it is half of what a lead takes in memory."""


@dataclass(frozen=True)
class Setting:
    """What the rows of an import have in common."""

    start_date: date
    audience: Audience | None
    source_label: str
    source_kind: LeadSourceKind


class MatchKey(NamedTuple):
    """What tells leads apart: `kind` is "email" or the plain name of a column. Unique over all campaigns."""

    kind: str
    value: str

    @property
    def called(self) -> str:
        """What people call the kind of key."""
        return "e-mail address" if self.kind == EMAIL_KEY else self.kind


@dataclass(frozen=True)
class Candidate:
    """A row that tells of a lead, found by the first of its keys that is known. There is at least one."""

    line: int
    match: tuple[MatchKey, ...]
    profile: Profile
    cells: Sequence[str] = ()

    @property
    def keys(self) -> tuple[MatchKey, ...]:
        """The keys to match by, and the e-mail address, which is one lead's in any case."""
        if self.profile.email is None or EMAIL_KEY in [key.kind for key in self.match]:
            return self.match
        return (*self.match, MatchKey(EMAIL_KEY, self.profile.email))


@dataclass(frozen=True)
class Rejected:
    """A row that is not taken, with the column at fault where there is one."""

    line: int
    column: str | None
    reason: str
    cells: Sequence[str]


class _Cell(NamedTuple):
    column: str
    text: str


class Interpreter:
    """Reads rows by a plan. Pure; made once per import."""

    def __init__(self, plan: ColumnPlan, setting: Setting) -> None:
        self._setting = setting
        self._date_order = plan.date_order
        self._fields = _places(plan)
        self._attributes = [(i, m.column) for i, m in enumerate(plan.columns) if m.field is None]
        self._constants = {field: _Cell(f"constant {field}", value) for field, value in plan.constants.items()}
        self._told_of = self._fields.keys() | self._constants.keys()
        self._joins = {**JOINED_BY, **plan.joins}
        places = {meaning.column: place for place, meaning in enumerate(plan.columns)}
        self._keys = [
            (places[column], column, EMAIL_KEY if plan.fields[column] == "email" else plain(column))
            for column in plan.match_keys
        ]

    def read(self, row: Row | BrokenRow) -> Candidate | Rejected:
        if isinstance(row, BrokenRow):
            return Rejected(row.line, row.column, row.reason, row.cells)
        try:
            profile = self._profile(row.cells)
            return Candidate(row.line, self._match(row.cells, profile), profile, row.cells)
        except _Unreadable as error:
            return Rejected(row.line, error.column, error.reason, printable(row.cells))

    def _match(self, cells: Sequence[str], profile: Profile) -> tuple[MatchKey, ...]:
        found: list[MatchKey] = []
        for index, column, kind in self._keys:
            value = profile.email if kind == EMAIL_KEY else plain_cell(cells[index].strip())
            if value and len(value) > LONGEST_KEY:
                raise _Unreadable(column, f"the cell to match by is longer than {LONGEST_KEY} characters")
            if value:
                found.append(MatchKey(kind, value))
        if found:
            return tuple(found)
        if len(self._keys) > 1:
            columns = ", ".join(repr(column) for _, column, _ in self._keys)
            raise _Unreadable(None, f"there is nothing to match by: {columns} are empty")
        _, column, kind = self._keys[0]
        raise _Unreadable(
            column, "there is no e-mail address" if kind == EMAIL_KEY else "the cell to match by is empty"
        )

    def _profile(self, cells: Sequence[str]) -> Profile:
        def text(field: str) -> str | None:
            return self._value(cells, field, _short_text, None)

        size_text = text("company_size")
        size = company_size_of(size_text)
        country_text = text("country")
        country = country_of(country_text)
        title = text("title")
        attributes = self._kept(cells)
        if size_text is not None and size is CompanySize.UNKNOWN:
            attributes[self._column("company_size")] = size_text
        if country_text is not None and country is None:
            attributes[self._column("country")] = country_text
        first_name, last_name = text("first_name"), text("last_name")
        if first_name is None and last_name is None and (name := text("full_name")):
            first_name, last_name = split_name(name)
        return Profile(
            email=self._value(cells, "email", email_of, None),
            first_name=first_name,
            last_name=last_name,
            phone=text("phone"),
            company=text("company"),
            title=title,
            company_size=size,
            country=country,
            territory=text("territory"),
            product_interest=text("product_interest"),
            source_label=self._setting.source_label,
            source_kind=self._setting.source_kind,
            in_target_audience=in_audience(self._setting.audience, size, title, country),
            engagement=self._engagement(cells),
            attributes=attributes,
        )

    def _engagement(self, cells: Sequence[str]) -> Engagement:
        def count(field: str) -> int:
            return self._value(cells, field, count_of, 0)

        downloads = self._cell(cells, "content_downloaded")
        return _shared_engagement(
            registered_early=self._registered_early(cells),
            attended=self._value(cells, "attended", yes_or_no, False),
            questions_asked=count("questions_asked"),
            content_downloaded=_told(downloads, lambda text: downloads_of(text, downloads.column)) if downloads else (),
            emails_opened=count("emails_opened"),
            emails_clicked=count("emails_clicked"),
            pricing_visits=count("pricing_visits"),
        )

    def _registered_early(self, cells: Sequence[str]) -> bool:
        """By a column that says so, else 14 days or more from the registration to the campaign's start."""
        if self._cell(cells, "registered_early") is not None:
            return self._value(cells, "registered_early", yes_or_no, False)
        registered_at = self._value(cells, "registered_at", lambda text: moment_of(text, self._date_order), None)
        return registered_at is not None and (self._setting.start_date - registered_at.date()).days >= EARLY_DAYS

    def _kept(self, cells: Sequence[str]) -> dict[str, str]:
        kept: dict[str, str] = {}
        for index, column in self._attributes:
            value = plain_cell(cells[index].strip())
            if len(value) > LONGEST_ATTRIBUTE:
                raise _Unreadable(column, f"the text is longer than {LONGEST_ATTRIBUTE:,} characters")
            if value:
                kept[column] = value
        if len(kept) * LONGEST_ATTRIBUTE > MOST_ATTRIBUTE_TEXT and sum(map(len, kept.values())) > MOST_ATTRIBUTE_TEXT:
            reason = f"the columns without a field hold more than {MOST_ATTRIBUTE_TEXT:,} characters"
            raise _Unreadable(None, reason)
        return kept

    def _value(self, cells: Sequence[str], field: str, parse: Callable[[str], T], nothing: T) -> T:
        cell = self._cell(cells, field) if field in self._told_of else None
        return nothing if cell is None else _told(cell, parse)

    def _cell(self, cells: Sequence[str], field: str) -> _Cell | None:
        """The cell of the field's column, or of its columns joined; the constant where there is none or it is empty."""
        if places := self._fields.get(field):
            parts = [place for place in places if cells[place[0]] and not cells[place[0]].isspace()]
            if len(parts) == 1:
                index, column = parts[0]
                return _Cell(column, plain_cell(cells[index]))
            if parts:
                text = self._joins[field].join(plain_cell(cells[index].strip()) for index, _ in parts)
                return _Cell(" + ".join(column for _, column in parts), text)
        return self._constants.get(field)

    def _column(self, field: str) -> str:
        places = self._fields.get(field)
        return places[0][1] if places else field


def _places(plan: ColumnPlan) -> dict[str, list[tuple[int, str]]]:
    """The columns of each field, by their place and name."""
    places: dict[str, list[tuple[int, str]]] = {}
    for place, meaning in enumerate(plan.columns):
        if meaning.field and meaning.field != LEFT_OUT:
            places.setdefault(meaning.field, []).append((place, meaning.column))
    return places


class _Unreadable(Exception):
    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def _told(cell: _Cell, parse: Callable[[str], T]) -> T:
    try:
        return parse(cell.text)
    except Unclear as unclear:
        raise _Unreadable(cell.column, str(unclear)) from None


def _short_text(text: str) -> str | None:
    return text_of(text, LONGEST_TEXT)


PARSERS: Mapping[str, Callable[[str], object]] = {
    "email": email_of,
    "registered_at": moment_of,
    "registered_early": yes_or_no,
    "attended": yes_or_no,
    "questions_asked": count_of,
    "emails_opened": count_of,
    "emails_clicked": count_of,
    "pricing_visits": count_of,
    "content_downloaded": lambda text: downloads_of(text, "constant"),
}


def check_constants(constants: Mapping[str, str]) -> None:
    """Raises Refused for a constant that would reject every row."""
    for field, value in constants.items():
        try:
            PARSERS.get(field, _short_text)(value)
        except Unclear as unclear:
            raise Refused(
                f"The constant for {field!r}: {unclear}.", rule="import.constant", field="constants"
            ) from None
        if field == "country" and country_of(value) is None:
            raise Refused(f"{value!r} is no country.", rule="import.constant", field="constants")
