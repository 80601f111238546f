"""What a cell's text means: addresses, dates, counts, yes and no, company sizes, countries. Unclear text raises Unclear."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from nexa_marketing.lead_import.date_order import DateOrder

YES = frozenset(
    {"yes", "y", "true", "t", "1", "x", "ja", "j", "oui", "o", "si", "sí", "s", "sim", "on", "✓", "✔"}
    | {"attended", "joined", "present", "checked", "checked in", "live", "on demand", "wahr", "vrai", "verdadero"}
    | {
        "teilgenommen",
        "anwesend",
        "eingecheckt",
        "participé",
        "présent",
        "présente",
        "asistió",
        "presente",
        "participou",
    }
)
NO = frozenset(
    {"", "no", "n", "false", "f", "0", "nein", "non", "off", "-", "–", "n/a", "na", "none", "null"}
    | {"absent", "registered", "no show", "no-show", "did not attend", "attending", "not attending", "not checked in"}
    | {
        "falsch",
        "faux",
        "falso",
        "angemeldet",
        "abwesend",
        "nicht teilgenommen",
        "absente",
        "inscrit",
        "no asistió",
        "ausente",
    }
)
NOTHING = frozenset({"", "-", "–", "n/a", "na", "none", "null", "#n/a", "nan"})
WORDS = YES | NO | NOTHING
PLAIN_ADDRESS = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
RESERVED_ENDINGS = (".test", ".invalid", ".local", ".localhost", ".arpa", ".onion")
TIMES = (" %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "")
MONTH_FIRST, DAY_FIRST = (tuple(f"{date}{time}" for time in TIMES) for date in ("%m/%d/%Y", "%d/%m/%Y"))
SLASHES = {DateOrder.MONTH_FIRST: (*MONTH_FIRST, *DAY_FIRST), DateOrder.DAY_FIRST: (*DAY_FIRST, *MONTH_FIRST)}
"""What can only be meant the other way is read the other way."""
DATE_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%b %d, %Y %I:%M %p", "%b %d, %Y %I:%M:%S %p", "%b %d, %Y %H:%M:%S", "%b %d, %Y %H:%M", "%b %d, %Y",
    "%B %d, %Y %I:%M %p", "%B %d, %Y %H:%M", "%B %d, %Y", "%d %b %Y %H:%M", "%d %b %Y", "%d %B %Y",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
INVISIBLE = "\ufeff\u200b"
"""What copied and concatenated files leave around a cell: byte order mark, zero-width space."""

LARGEST_COUNT = 10_000


class Unclear(Exception):
    """The text does not say what the column is for; the message tells why."""


def neutral(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that would start one gets an apostrophe in front."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def plain_cell(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from reading a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS else cell


def text_of(cell: str, longest: int) -> str | None:
    """Trimmed, inner white space single; None where there is nothing."""
    text = " ".join(cell.split())
    if text.casefold() in NOTHING:
        return None
    if len(text) > longest:
        raise Unclear(f"the text is longer than {longest:,} characters")
    return text


def email_of(cell: str) -> str | None:
    """The address in the form leads are matched by: lower case, no display name. No name server is asked."""
    address = cell.strip().strip(INVISIBLE).removeprefix("mailto:")
    if address.casefold() in NOTHING:
        return None
    lowered = address.lower()
    if len(lowered) <= 190 and PLAIN_ADDRESS.fullmatch(lowered) and not lowered.endswith(RESERVED_ENDINGS):
        local, _, domain = lowered.partition("@")
        if len(local) <= 64 and max(map(len, domain.split("."))) <= 63:
            return lowered
    try:
        return validate_email(address, check_deliverability=False, allow_display_name=False).normalized.lower()
    except EmailNotValidError as error:
        raise Unclear(f"{address[:100]!r} is not an e-mail address: {str(error).rstrip('.')}") from None


def yes_or_no(cell: str) -> bool:
    text = cell.strip().casefold()
    if text in YES:
        return True
    if text in NO:
        return False
    raise Unclear(f"{cell[:40]!r} is neither yes nor no")


def count_of(cell: str) -> int:
    text = cell.strip().replace(",", "")
    if text.casefold() in NOTHING or text.casefold() in NO:
        return 0
    if text.casefold() in YES and text != "1":
        return 1
    try:
        number = float(text)
    except ValueError:
        raise Unclear(f"{cell[:40]!r} is not a number") from None
    if not number.is_integer() or not 0 <= number <= LARGEST_COUNT:
        raise Unclear(f"{cell[:40]!r} is not a whole number from 0 to {LARGEST_COUNT:,}")
    return int(number)


def downloads_of(cell: str, column: str) -> tuple[str, ...]:
    """Names of what was downloaded, given as names (split at ; or |), as a count, or as yes and no."""
    text = cell.strip()
    if (
        text[:1].isalpha() and text.casefold() not in WORDS
    ):  # no number, as most cells; an exception for each takes longer
        return _names_in(text)
    try:
        count = count_of(text)
    except Unclear as unclear:
        if re.fullmatch(r"-?[\d.,]+", text):
            raise unclear
        return _names_in(text)
    if count > 100:
        raise Unclear(f"{count:,} downloads are more than the 100 that can be kept")
    return (column,) if count == 1 else tuple(f"{column} {number}" for number in range(1, count + 1))


def _names_in(text: str) -> tuple[str, ...]:
    names = [" ".join(name.split())[:200] for name in text.replace("|", ";").split(";")]
    return tuple(dict.fromkeys([name for name in names if name]))[:100]


def moment_of(cell: str, order: DateOrder = DateOrder.MONTH_FIRST) -> datetime | None:
    """A date and time; UTC where no zone is given. `order` is that of dates with slashes."""
    text = " ".join(cell.split())
    if text.casefold() in NOTHING:
        return None
    try:
        return _utc(datetime.fromisoformat(text))
    except ValueError:
        pass
    unzoned = re.sub(r" ?(UTC|GMT|Z)$", "", text)
    for form in SLASHES[order] if unzoned[:3].count("/") else DATE_FORMATS:
        try:
            return datetime.strptime(unzoned, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise Unclear(f"{cell[:40]!r} is not a date and time; write it as 2025-10-28 14:30")


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@lru_cache(maxsize=4096)
def employees_of(cell: str) -> int | None:
    """The lower end of a head count: 1000 for "1,000-4,999", 5000 for "5k+"; None where it is no number."""
    text = cell.casefold().replace(",", "").replace("'", "").replace(" ", "")
    if below := re.match(r"(?:<|under|lessthan|upto)(\d+)", text):
        return max(0, int(below.group(1)) - 1)
    number = re.match(r"[>≥]?=?~?(?:over|morethan)?(\d+(?:\.\d+)?)(k|tsd)?", text)
    if number is None:
        return None
    return int(float(number.group(1)) * (1000 if number.group(2) else 1))
