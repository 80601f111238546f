"""Which column means what: given by a person, or guessed from the header and the first values."""

import dataclasses
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from nexa_chassis.domain import Refused
from nexa_marketing.lead_import.date_order import DateOrder
from nexa_marketing.lead_import.headers import FIELDS, LOOKS_LIKE_EMAIL, bare, field_in_header, field_of_header, plain

LEFT_OUT = "-"
REJECT_COLUMNS = ("Rejected line", "Rejected because")
"""What the reject file adds to the original columns; left out when it is sent again."""

JOINED_BY: Mapping[str, str] = {
    **dict.fromkeys(("first_name", "last_name", "full_name", "company", "title", "territory", "product_interest"), " "),
    "registered_at": " ",
    "content_downloaded": ";",
}
"""Fields that several columns can fill together, and what stands between their parts unless it is said."""

FIRST_OR_WHOLE = frozenset({"nombre", "nome"})
"""Headers of a first name that stand for the whole one where there is no column for the last."""


@dataclass(frozen=True)
class ColumnMeaning:
    """One column: the field it fills (None: kept as an attribute, "-": left out) and who said so."""

    column: str
    field: str | None
    how: str
    samples: tuple[str, ...] = ()


class ImportMode(StrEnum):
    """What an import may do: make leads, change known ones, or both."""

    CREATE = "create"
    UPDATE = "update"
    BOTH = "both"


@dataclass(frozen=True)
class Choices:
    """What a person said about an import.

    `fields`: a field per column; several columns of one field are joined by what `joins` says for it. `match_keys`: the
    columns that tell leads apart, the first that finds one decides. `constants`: values for rows that have none.
    """

    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    match_keys: tuple[str, ...] = ()
    constants: Mapping[str, str] = dataclasses.field(default_factory=dict)
    mode: ImportMode | None = None
    joins: Mapping[str, str] = dataclasses.field(default_factory=dict)
    date_order: DateOrder | None = None

    def over(self, earlier: "Choices") -> "Choices":
        """These choices laid over earlier ones."""
        return Choices(
            {**earlier.fields, **self.fields},
            self.match_keys or earlier.match_keys,
            {**earlier.constants, **self.constants},
            self.mode or earlier.mode,
            {**earlier.joins, **self.joins},
            self.date_order or earlier.date_order,
        )


@dataclass(frozen=True)
class ColumnPlan:
    """The meaning of every column, in the order of the file; `match_keys` are columns, none while nobody knows one.

    `date_order` of dates with slashes; `date_order_how`: given, guessed, or assumed where no date tells.
    """

    columns: tuple[ColumnMeaning, ...]
    match_keys: tuple[str, ...]
    constants: Mapping[str, str]
    mode: ImportMode = ImportMode.BOTH
    joins: Mapping[str, str] = dataclasses.field(default_factory=dict)
    date_order: DateOrder = DateOrder.MONTH_FIRST
    date_order_how: str = "given"

    @property
    def fields(self) -> dict[str, str | None]:
        """Column to field, for every column."""
        return {meaning.column: meaning.field for meaning in self.columns}


def settled_plan(
    fields: Mapping[str, str | None],
    match_keys: tuple[str, ...],
    constants: Mapping[str, str],
    mode: ImportMode = ImportMode.BOTH,
    joins: Mapping[str, str] | None = None,
    date_order: DateOrder = DateOrder.MONTH_FIRST,
) -> ColumnPlan:
    """A plan that has been decided: nothing is guessed any more."""
    columns = tuple(ColumnMeaning(column, field, "given" if field else "attribute") for column, field in fields.items())
    return ColumnPlan(columns, match_keys, constants, mode, joins or {}, date_order)


def plan_columns(
    columns: Sequence[str],
    first_rows: Sequence[Sequence[str]],
    choices: Choices,
    date_orders: Mapping[str, DateOrder] | None = None,
) -> ColumnPlan:
    """What was chosen, and a guess for every other column. Raises Refused for an unknown column or field."""
    given = _checked_fields(columns, choices.fields)
    for name in choices.constants:
        _check_field(name, "constants")
    for name in choices.joins:
        _check_joined(name, "joins")
    samples = {column: _samples(first_rows, index) for index, column in enumerate(columns)}
    open_columns = [column for column in columns if column not in given and column not in REJECT_COLUMNS]
    guesses = _guesses({column: samples[column] for column in open_columns}, {*given.values(), *choices.constants})
    meanings: list[ColumnMeaning] = []
    for column in columns:
        if column in given:
            field, how = given[column], "left out" if given[column] == LEFT_OUT else "given"
            meanings.append(ColumnMeaning(column, field, how, samples[column]))
        elif column in REJECT_COLUMNS:
            meanings.append(ColumnMeaning(column, LEFT_OUT, "left out", samples[column]))
        elif column in guesses:
            meanings.append(ColumnMeaning(column, guesses[column], "guessed", samples[column]))
        else:
            meanings.append(ColumnMeaning(column, None, "attribute", samples[column]))
    keys = _match_columns(meanings, choices.match_keys)
    mode = choices.mode or ImportMode.BOTH
    order, how = _date_order(meanings, choices.date_order, date_orders or {})
    return ColumnPlan(tuple(meanings), keys, choices.constants, mode, choices.joins, order, how)


def _date_order(
    meanings: Sequence[ColumnMeaning], given: DateOrder | None, told: Mapping[str, DateOrder]
) -> tuple[DateOrder, str]:
    """As webinar tools write it, the month is first, unless the dates of the file tell otherwise."""
    if given is not None:
        return given, "given"
    of_dates = [told[each.column] for each in meanings if each.field == "registered_at" and each.column in told]
    return (of_dates[0], "guessed") if of_dates else (DateOrder.MONTH_FIRST, "assumed")


def _guesses(samples: Mapping[str, Sequence[str]], taken: Set[str]) -> dict[str, str]:
    """A field for each column that tells one, by its name first, then by a part of it, then by its values; no field twice."""
    guesses: dict[str, str] = {}
    for guess in (_by_name, _by_part_of_name, _by_values):
        for column in samples:
            field = None if column in guesses else guess(column, samples[column])
            if field is not None and field not in taken and field not in guesses.values():
                guesses[column] = field
    return _names_in_context(guesses, taken)


def _names_in_context(guesses: dict[str, str], taken: Set[str]) -> dict[str, str]:
    """Beside a first name, "Name" or "Nom" is the last name; "Nombre" without a last name beside it is the whole one."""
    known = {*guesses.values(), *taken}
    if "last_name" in known:
        return guesses
    if "first_name" in known and "full_name" in guesses.values():
        return {column: "last_name" if field == "full_name" else field for column, field in guesses.items()}
    if "full_name" in known:
        return guesses
    return {
        column: "full_name" if field == "first_name" and bare(column) in FIRST_OR_WHOLE else field
        for column, field in guesses.items()
    }


def _by_name(column: str, samples: Sequence[str]) -> str | None:
    return field_of_header(column)


def _by_part_of_name(column: str, samples: Sequence[str]) -> str | None:
    return field_in_header(column)


def _by_values(column: str, samples: Sequence[str]) -> str | None:
    found = samples and all(LOOKS_LIKE_EMAIL.fullmatch(sample.strip()) for sample in samples)
    return "email" if found else None


def _match_columns(meanings: Sequence[ColumnMeaning], asked: Sequence[str]) -> tuple[str, ...]:
    if not asked:
        return tuple(meaning.column for meaning in meanings if meaning.field == "email")[:1]
    return tuple(dict.fromkeys(_match_column(meanings, name) for name in asked))


def _match_column(meanings: Sequence[ColumnMeaning], asked: str) -> str:
    for meaning in meanings:
        if plain(meaning.column) == plain(asked) or meaning.field == asked:
            return meaning.column
    names = ", ".join(repr(meaning.column) for meaning in meanings)
    raise Refused(
        f"There is no column {asked!r} to match by; the file has {names}.", rule="import.column", field="match_keys"
    )


def _checked_fields(columns: Sequence[str], fields: Mapping[str, str]) -> dict[str, str]:
    by_plain = {plain(column): column for column in columns}
    checked: dict[str, str] = {}
    for name, field in fields.items():
        column = name if name in columns else by_plain.get(plain(name))
        if column is None:
            names = ", ".join(repr(column) for column in columns)
            raise Refused(f"There is no column {name!r}; the file has {names}.", rule="import.column", field="mapping")
        if field != LEFT_OUT:
            _check_field(field, "mapping")
            if field in checked.values():
                _check_joined(field, "mapping")
        checked[column] = field
    return checked


def _check_field(field: str, where: str) -> None:
    if field not in FIELDS:
        known = ", ".join(FIELDS)
        raise Refused(f"There is no field {field!r}; known are {known}.", rule="import.field", field=where)


def _check_joined(field: str, where: str) -> None:
    _check_field(field, where)
    if field not in JOINED_BY:
        message = f"Several columns cannot be joined into {field!r}; map one, leave the others out with {LEFT_OUT!r}."
        raise Refused(message, rule="import.field_twice", field=where)


def _samples(rows: Sequence[Sequence[str]], index: int) -> tuple[str, ...]:
    values = (row[index][:80] for row in rows if index < len(row) and row[index].strip())
    return tuple(dict.fromkeys(values))[:3]
