"""Which column means what: given by a person, or guessed from the header and the first values."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nexa_chassis.domain import Refused

LEFT_OUT = "-"
REJECT_COLUMNS = ("Rejected line", "Rejected because")
"""What the reject file adds to the original columns; left out when it is sent again."""

HEADERS: Mapping[str, tuple[str, ...]] = {
    "email": (
        "email", "e mail", "email address", "e mail address", "mail", "work email", "business email", "user email",
        "registrant email", "attendee email", "email 1", "correo electronico", "correo", "adresse e mail",
        "adresse email", "courriel", "e mail adresse", "mailadresse", "indirizzo email",
    ),
    "first_name": (
        "first name", "firstname", "given name", "forename", "fname", "first", "vorname", "prenom", "nombre", "nome",
    ),
    "last_name": (
        "last name", "lastname", "surname", "family name", "lname", "last", "nachname", "familienname",
        "nom de famille", "apellido", "apellidos", "cognome",
    ),
    "full_name": (
        "name", "full name", "fullname", "contact name", "attendee name", "registrant name", "user name original name",
        "lead name", "contact", "nom", "nom complet", "nombre completo", "vollstandiger name", "nome completo",
    ),
    "company": (
        "company", "company name", "organization", "organisation", "organization name", "organisation name",
        "account name", "account", "employer", "firma", "unternehmen", "entreprise", "societe", "empresa", "azienda",
    ),
    "title": (
        "title", "job title", "jobtitle", "position", "role", "job role", "job position", "designation", "function",
        "berufsbezeichnung", "titel", "poste", "fonction", "cargo", "puesto", "qualifica",
    ),
    "company_size": (
        "company size", "companysize", "employees", "number of employees", "no of employees", "employee count",
        "headcount", "size", "organization size", "organisation size", "unternehmensgrosse", "mitarbeiter",
        "mitarbeiterzahl", "taille de l entreprise", "effectif", "tamano de la empresa", "empleados",
    ),
    "country": (
        "country", "country region", "country region name", "country name", "country code", "land", "pays", "pais",
        "paese", "location country",
    ),
    "phone": (
        "phone", "phone number", "telephone", "mobile", "mobile phone", "work phone", "business phone", "telefon",
        "telefonnummer", "tel", "telephone number", "telefono", "numero de telephone",
    ),
    "registered_at": (
        "registration time", "registered at", "registration date", "registered on", "registration date time",
        "registration timestamp", "sign up date", "signup date", "signed up at", "registered", "date registered",
        "anmeldedatum", "registrierungsdatum", "registriert am", "date d inscription", "fecha de registro",
    ),
    "registered_early": ("registered early", "early registration", "early bird", "early registrant"),
    "attended": (
        "attended", "attendance", "attended live", "attended webinar", "attended event", "did attend", "present",
        "joined", "teilgenommen", "participated", "a participe", "asistio", "attended yes no",
    ),
    "questions_asked": (
        "questions asked", "questions", "question count", "number of questions", "asked questions",
        "no of questions asked", "fragen", "gestellte fragen", "questions posees", "preguntas",
    ),
    "content_downloaded": (
        "downloads", "content downloaded", "downloaded", "resources downloaded", "handouts downloaded",
        "content downloads", "downloaded resources", "downloaded content", "number of downloads", "handouts",
        "heruntergeladen", "telechargements", "descargas",
    ),
    "emails_opened": ("emails opened", "email opens", "opens", "opened", "email opened", "e mails opened"),
    "emails_clicked": (
        "emails clicked", "email clicks", "clicks", "clicked", "email clicked", "links clicked", "e mails clicked",
    ),
    "territory": ("territory", "sales territory", "region", "sales region", "vertriebsgebiet"),
    "product_interest": ("product interest", "product of interest", "interested in", "product"),
    "pricing_visits": ("pricing page visits", "pricing visits", "pricing page visited", "visited pricing page"),
}  # fmt: skip

FIELDS = tuple(HEADERS)
_FIELD_OF_HEADER = {header: field for field, headers in HEADERS.items() for header in headers}
_LOOKS_LIKE_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class ColumnMeaning:
    """One column: the field it fills (None: kept as an attribute, "-": left out) and who said so."""

    column: str
    field: str | None
    how: str
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choices:
    """What a person said about an import: a field per column, the column leads are matched by, values for every row."""

    fields: Mapping[str, str]
    match_key: str | None
    constants: Mapping[str, str]

    def over(self, earlier: "Choices") -> "Choices":
        """These choices laid over earlier ones."""
        return Choices(
            {**earlier.fields, **self.fields},
            self.match_key or earlier.match_key,
            {**earlier.constants, **self.constants},
        )


@dataclass(frozen=True)
class ColumnPlan:
    """The meaning of every column, in the order of the file; `match_key` is a column, None while nobody knows one."""

    columns: tuple[ColumnMeaning, ...]
    match_key: str | None
    constants: Mapping[str, str]

    @property
    def fields(self) -> dict[str, str | None]:
        """Column to field, for every column."""
        return {meaning.column: meaning.field for meaning in self.columns}


def settled_plan(fields: Mapping[str, str | None], match_key: str, constants: Mapping[str, str]) -> ColumnPlan:
    """A plan that has been decided: nothing is guessed any more."""
    columns = tuple(ColumnMeaning(column, field, "given" if field else "attribute") for column, field in fields.items())
    return ColumnPlan(columns, match_key, constants)


def plan_columns(columns: Sequence[str], first_rows: Sequence[Sequence[str]], choices: Choices) -> ColumnPlan:
    """What was chosen, and a guess for every other column. Raises Refused for an unknown column or field."""
    given = _checked_fields(columns, choices.fields)
    for field in choices.constants:
        _check_field(field, "constants")
    samples = {column: _samples(first_rows, index) for index, column in enumerate(columns)}
    taken = {*given.values(), *choices.constants}
    meanings: list[ColumnMeaning] = []
    for column in columns:
        if column in given:
            field, how = given[column], "left out" if given[column] == LEFT_OUT else "given"
            meanings.append(ColumnMeaning(column, field, how, samples[column]))
            continue
        if column in REJECT_COLUMNS:
            meanings.append(ColumnMeaning(column, LEFT_OUT, "left out", samples[column]))
            continue
        guess = guess_field(column, samples[column])
        if guess is None or guess in taken:
            meanings.append(ColumnMeaning(column, None, "attribute", samples[column]))
        else:
            taken.add(guess)
            meanings.append(ColumnMeaning(column, guess, "guessed", samples[column]))
    return ColumnPlan(tuple(meanings), _match_column(meanings, choices.match_key), choices.constants)


def guess_field(column: str, samples: Sequence[str]) -> str | None:
    """The field a header names in one of its known spellings, or that its values give away."""
    if field := _FIELD_OF_HEADER.get(plain(column)):
        return field
    if samples and all(_LOOKS_LIKE_EMAIL.fullmatch(sample.strip()) for sample in samples):
        return "email"
    return None


def _match_column(meanings: Sequence[ColumnMeaning], asked: str | None) -> str | None:
    if asked is None:
        return next((meaning.column for meaning in meanings if meaning.field == "email"), None)
    for meaning in meanings:
        if plain(meaning.column) == plain(asked) or meaning.field == asked:
            return meaning.column
    names = ", ".join(repr(meaning.column) for meaning in meanings)
    raise Refused(
        f"There is no column {asked!r} to match by; the file has {names}.", rule="import.column", field="match_key"
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
                message = f"Two columns are mapped to {field!r}; map one, leave the other out with {LEFT_OUT!r}."
                raise Refused(message, rule="import.field_twice", field="mapping")
        checked[column] = field
    return checked


def _check_field(field: str, where: str) -> None:
    if field not in FIELDS:
        known = ", ".join(FIELDS)
        raise Refused(f"There is no field {field!r}; known are {known}.", rule="import.field", field=where)


def _samples(rows: Sequence[Sequence[str]], index: int) -> tuple[str, ...]:
    values = (row[index][:80] for row in rows if index < len(row) and row[index].strip())
    return tuple(dict.fromkeys(values))[:3]


def plain(header: str) -> str:
    """A header without case, accents, punctuation or doubled spaces: "E-Mail_Adresse*" is "e mail adresse"."""
    decomposed = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header).replace("ß", "ss"))
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.findall(r"[^\W_]+", letters.casefold()))
