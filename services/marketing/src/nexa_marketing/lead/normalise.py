"""What a company size, a country, a title or a name is in this product's own words."""

from functools import lru_cache

from nexa_contracts.marketing import Audience, CompanySize
from nexa_marketing.lead.countries import CODES
from nexa_marketing.lead_import.values import employees_of

ENTERPRISE_FROM = 1_000
MID_MARKET_FROM = 100
SIZE_WORDS = {
    CompanySize.ENTERPRISE: ("enterprise", "large", "corporate", "grossunternehmen", "großunternehmen"),
    CompanySize.MID_MARKET: (
        "mid-market",
        "mid market",
        "midmarket",
        "mid",
        "medium",
        "mid-size",
        "mid_market",
        "mittelstand",
    ),
    CompanySize.SMALL: (
        "small",
        "smb",
        "sme",
        "startup",
        "start-up",
        "small business",
        "micro",
        "self-employed",
        "klein",
    ),
}
SIZE_OF_WORD = {word: size for size, words in SIZE_WORDS.items() for word in words}


@lru_cache(maxsize=4096)
def company_size_of(text: str | None) -> CompanySize:
    """From a word or a number of employees: enterprise from 1,000, mid-market from 100."""
    if text is None:
        return CompanySize.UNKNOWN
    plain = " ".join(text.casefold().split())
    if size := SIZE_OF_WORD.get(plain.split(" (")[0]):
        return size
    employees = employees_of(plain)
    if employees is None:
        return CompanySize.UNKNOWN
    if employees >= ENTERPRISE_FROM:
        return CompanySize.ENTERPRISE
    return CompanySize.MID_MARKET if employees >= MID_MARKET_FROM else CompanySize.SMALL


@lru_cache(maxsize=4096)
def country_of(text: str | None) -> str | None:
    """The alpha-2 code of a country's code or name; None where it names none."""
    return None if text is None else CODES.get(" ".join(text.casefold().split()))


def split_name(full_name: str) -> tuple[str | None, str | None]:
    """First and last name of "Dana Reyes" or "Reyes, Dana"."""
    if "," in full_name:
        last, _, first = full_name.partition(",")
    else:
        first, _, last = full_name.rpartition(" ")
        if not first:
            first, last = last, ""
    return first.strip() or None, last.strip() or None


def in_audience(audience: Audience | None, size: CompanySize, title: str | None, country: str | None) -> bool:
    """Whether each list of the criteria that is not empty is met; without criteria nobody is in the audience."""
    if audience is None or not (audience.company_sizes or audience.titles or audience.countries):
        return False
    titled = (title or "").casefold()
    return (
        (not audience.company_sizes or size in audience.company_sizes)
        and (not audience.titles or any(word.casefold() in titled for word in audience.titles))
        and (not audience.countries or country in audience.countries)
    )
