"""From a row's cells to what it tells of a lead, or to the reason why it cannot be taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from nexa_contracts.marketing import Audience, CompanySize, Engagement, LeadSourceKind
from nexa_marketing.lead.normalise import company_size_of, country_of, in_audience, split_name
from nexa_marketing.lead.state import Profile
from nexa_marketing.lead_import.csv_rows import BrokenRow, Row, printable
from nexa_marketing.lead_import.mapping import LEFT_OUT, ColumnPlan, plain
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


@dataclass(frozen=True)
class Setting:
    """What the rows of an import have in common."""

    start_date: date
    audience: Audience | None
    source_label: str
    source_kind: LeadSourceKind


@dataclass(frozen=True)
class MatchKey:
    """What tells leads apart: `kind` is "email" or the plain name of a column. Unique over all campaigns."""

    kind: str
    value: str


@dataclass(frozen=True)
class Candidate:
    """A row that tells of a lead."""

    line: int
    key: MatchKey
    profile: Profile
    cells: Sequence[str] = ()

    @property
    def keys(self) -> tuple[MatchKey, ...]:
        """The key, and the e-mail address as a second one where it is not the key itself."""
        if self.key.kind == EMAIL_KEY or self.profile.email is None:
            return (self.key,)
        return (self.key, MatchKey(EMAIL_KEY, self.profile.email))


@dataclass(frozen=True)
class Rejected:
    """A row that is not taken, with the column at fault where there is one."""

    line: int
    column: str | None
    reason: str
    cells: Sequence[str]


@dataclass(frozen=True)
class _Cell:
    column: str
    text: str


class Interpreter:
    """Reads rows by a plan. Pure; made once per import."""

    def __init__(self, plan: ColumnPlan, setting: Setting) -> None:
        self._setting = setting
        self._fields = {m.field: (i, m.column) for i, m in enumerate(plan.columns) if m.field and m.field != LEFT_OUT}
        self._attributes = [(i, m.column) for i, m in enumerate(plan.columns) if m.field is None]
        self._constants = {field: _Cell(f"constant {field}", value) for field, value in plan.constants.items()}
        key = next((i, m) for i, m in enumerate(plan.columns) if m.column == plan.match_key)
        self._key_index, self._key_column = key[0], key[1].column
        self._key_kind = EMAIL_KEY if key[1].field == "email" else plain(key[1].column)

    def read(self, row: Row | BrokenRow) -> Candidate | Rejected:
        if isinstance(row, BrokenRow):
            return Rejected(row.line, row.column, row.reason, row.cells)
        try:
            profile = self._profile(row.cells)
            return Candidate(row.line, self._key(row.cells, profile), profile, row.cells)
        except _Unreadable as error:
            return Rejected(row.line, error.column, error.reason, printable(row.cells))

    def _key(self, cells: Sequence[str], profile: Profile) -> MatchKey:
        if self._key_kind == EMAIL_KEY:
            if profile.email is None:
                raise _Unreadable(self._key_column, "there is no e-mail address")
            return MatchKey(EMAIL_KEY, profile.email)
        value = plain_cell(cells[self._key_index].strip())
        if not value:
            raise _Unreadable(self._key_column, "the cell to match by is empty")
        if len(value) > LONGEST_KEY:
            raise _Unreadable(self._key_column, f"the cell to match by is longer than {LONGEST_KEY} characters")
        return MatchKey(self._key_kind, value)

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
        return Engagement(
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
        registered_at = self._value(cells, "registered_at", moment_of, None)
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
        cell = self._cell(cells, field)
        return nothing if cell is None else _told(cell, parse)

    def _cell(self, cells: Sequence[str], field: str) -> _Cell | None:
        """The cell of the field's column; the constant where the column is missing or the cell empty."""
        if place := self._fields.get(field):
            index, column = place
            if (text := cells[index]) and not text.isspace():
                return _Cell(column, plain_cell(text))
        return self._constants.get(field)

    def _column(self, field: str) -> str:
        place = self._fields.get(field)
        return place[1] if place else field


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
