"""What cells mean, which columns mean what, and what a row tells of a lead."""

from datetime import UTC, date, datetime

import pytest

from nexa_chassis.domain import Refused
from nexa_contracts.marketing import Audience, CompanySize, LeadSourceKind
from nexa_marketing.lead.normalise import company_size_of, country_of, in_audience, split_name
from nexa_marketing.lead_import.csv_rows import BrokenRow, Row
from nexa_marketing.lead_import.date_order import DateOrder, order_of, orders_of
from nexa_marketing.lead_import.interpret import Candidate, Interpreter, MatchKey, Rejected, Setting, check_constants
from nexa_marketing.lead_import.mapping import Choices, ColumnPlan, plan_columns
from nexa_marketing.lead_import.values import Unclear, count_of, downloads_of, email_of, moment_of, yes_or_no

SETTING = Setting(date(2025, 11, 15), None, "Webinar Q4", LeadSourceKind.WEBINAR)


def read(header: str, row: str, setting: Setting = SETTING, **choices: object) -> Candidate | Rejected:
    columns, cells = header.split(","), row.split(",")
    chosen = Choices(**choices)  # type: ignore[arg-type]
    return Interpreter(plan_columns(columns, [cells], chosen), setting).read(Row(2, cells))


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Email", "email"),
        ("E-mail Address", "email"),
        ("emailAddress", "email"),
        ("Correo electrónico", "email"),
        ("Prénom", "first_name"),
        ("Last_Name", "last_name"),
        ("Organisation", "company"),
        ("Job Title*", "title"),
        ("# Employees", "company_size"),
        ("Unternehmensgröße", "company_size"),
        ("Country/Region Name", "country"),
        ("Registration Time", "registered_at"),
        ("Attended", "attended"),
        ("Questions Asked", "questions_asked"),
        ("Favourite colour", None),
    ],
)
def test_headers_are_known_in_several_spellings_and_languages(header: str, field: str | None) -> None:
    assert _field_of(header) == field


def test_a_column_of_addresses_is_known_by_its_values() -> None:
    assert _field_of("Kontakt 1", "ada@alder.example", "ben@birch.example") == "email"


def _field_of(header: str, *cells: str) -> str | None:
    """What a file's only column is taken for."""
    return plan_columns([header], [[cell] for cell in cells], Choices()).columns[0].field


def test_the_first_of_two_columns_for_one_field_fills_it_and_the_other_is_kept() -> None:
    plan = plan_columns(["Phone", "Mobile"], [], Choices())
    assert [meaning.field for meaning in plan.columns] == ["phone", None]


@pytest.mark.parametrize(
    ("choices", "rule"),
    [
        (Choices({"Nope": "email"}), "import.column"),
        (Choices({"Email": "mail"}), "import.field"),
        (Choices(match_keys=("Nope",)), "import.column"),
        (Choices(constants={"colour": "red"}), "import.field"),
        (Choices({"Email": "email", "Name": "email"}), "import.field_twice"),
    ],
)
def test_a_mapping_that_names_what_is_not_there_is_refused(choices: Choices, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        plan_columns(["Email", "Name"], [], choices)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        (" Dana.Reyes@Acme.Example ", "dana.reyes@acme.example"),
        ("mailto:a+b@c-d.example", "a+b@c-d.example"),
        ("jürgen@exämple.example", "jürgen@exämple.example"),
        ("n/a", None),
        ("", None),
    ],
)
def test_an_address_is_brought_to_one_form(cell: str, address: str | None) -> None:
    assert email_of(cell) == address


@pytest.mark.parametrize(
    "cell", ["nobody", "a@b", "a@@b.example", "a b@c.example", ".a@b.example", "a@b.invalid", "a@-b.example"]
)
def test_what_is_no_address_is_unclear(cell: str) -> None:
    with pytest.raises(Unclear, match="is not an e-mail address"):
        email_of(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2025-10-28 14:30",
        "2025-10-28T14:30:00Z",
        "10/28/2025 2:30 PM",
        "28.10.2025 14:30",
        "Oct 28, 2025 2:30 PM",
        "2025/10/28 14:30",
    ],
)
def test_a_time_is_read_in_the_forms_that_tools_export(cell: str) -> None:
    assert moment_of(cell) == datetime(2025, 10, 28, 14, 30, tzinfo=UTC)


def test_counts_and_yes_and_no() -> None:
    assert [count_of(cell) for cell in ("2", "2.0", "", "1,000", "yes", "no")] == [2, 2, 0, 1_000, 1, 0]
    assert [yes_or_no(cell) for cell in ("Yes", "TRUE", "x", "No", "", "0")] == [True, True, True, False, False, False]
    for unclear in ("two", "-1", "2.5", "1e9", "nan"):
        with pytest.raises(Unclear):
            count_of(unclear) if unclear != "nan" else yes_or_no("perhaps")


def test_downloads_are_names_or_a_number() -> None:
    assert downloads_of("Brochure; Pricing guide;Brochure", "Downloads") == ("Brochure", "Pricing guide")
    assert downloads_of("2", "Downloads") == ("Downloads 1", "Downloads 2")
    assert downloads_of("yes", "Downloads") == ("Downloads",)
    assert downloads_of("0", "Downloads") == ()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Enterprise", CompanySize.ENTERPRISE),
        ("1,000-4,999", CompanySize.ENTERPRISE),
        ("10,000+", CompanySize.ENTERPRISE),
        ("5k+", CompanySize.ENTERPRISE),
        ("> 1000", CompanySize.ENTERPRISE),
        ("250-999", CompanySize.MID_MARKET),
        ("Mid-Market", CompanySize.MID_MARKET),
        ("<100", CompanySize.SMALL),
        ("1-49", CompanySize.SMALL),
        ("huge", CompanySize.UNKNOWN),
        (None, CompanySize.UNKNOWN),
    ],
)
def test_a_company_size_is_a_word_or_a_number_of_employees(text: str | None, size: CompanySize) -> None:
    assert company_size_of(text) is size


def test_countries_have_one_code() -> None:
    assert [country_of(text) for text in ("Germany", "deutschland", "DE", "USA", "United Kingdom", "Narnia")] == [
        "DE", "DE", "DE", "US", "GB", None,
    ]  # fmt: skip


def test_a_full_name_is_split() -> None:
    assert split_name("Dana Reyes") == ("Dana", "Reyes")
    assert split_name("Reyes, Dana Maria") == ("Dana Maria", "Reyes")
    assert split_name("Dana") == ("Dana", None)


def test_the_target_audience_needs_every_criterion_that_is_given() -> None:
    audience = Audience(company_sizes=(CompanySize.ENTERPRISE,), titles=("IT",), countries=("US", "DE"))
    assert in_audience(audience, CompanySize.ENTERPRISE, "Head of IT", "DE")
    assert not in_audience(audience, CompanySize.SMALL, "Head of IT", "DE")
    assert not in_audience(audience, CompanySize.ENTERPRISE, None, "DE")
    assert not in_audience(audience, CompanySize.ENTERPRISE, "Head of IT", None)
    assert not in_audience(None, CompanySize.ENTERPRISE, "Head of IT", "DE")
    assert not in_audience(Audience(), CompanySize.ENTERPRISE, "Head of IT", "DE")


@pytest.mark.parametrize(
    ("registered", "early"), [("2025-11-01 23:59", True), ("2025-11-02 00:00", False), ("", False)]
)
def test_registered_early_is_fourteen_days_or_more_before_the_start(registered: str, early: bool) -> None:
    told = read("Email,Registration Time", f"a@b.example,{registered}")
    assert isinstance(told, Candidate)
    assert told.profile.engagement.registered_early is early


def test_a_column_can_say_that_somebody_registered_early() -> None:
    told = read("Email,Registered early,Registration Time", "a@b.example,yes,2025-11-14")
    assert isinstance(told, Candidate)
    assert told.profile.engagement.registered_early


def test_a_row_tells_all_it_has_and_unknown_columns_stay_as_attributes() -> None:
    told = read("Name,Email,Size,Country,Shoe size", "Dana Reyes,D@acme.example,5000,Narnia,38")
    assert isinstance(told, Candidate)
    assert told.match == (MatchKey("email", "d@acme.example"),)
    assert (told.profile.first_name, told.profile.last_name) == ("Dana", "Reyes")
    assert told.profile.company_size is CompanySize.ENTERPRISE
    assert told.profile.country is None
    assert told.profile.attributes == {"Shoe size": "38", "Country": "Narnia"}
    assert told.profile.source_label == "Webinar Q4"


def test_a_constant_fills_what_the_row_leaves_empty() -> None:
    told = read("Email,Company", "a@b.example,", constants={"company": "Alder", "attended": "yes"})
    assert isinstance(told, Candidate)
    assert told.profile.company == "Alder"
    assert told.profile.engagement.attended


def test_any_column_can_be_the_key_and_the_address_is_then_a_second_one() -> None:
    told = read("Prospect ID,Email", "A-1,a@b.example", match_keys=("Prospect ID",))
    assert isinstance(told, Candidate)
    assert told.keys == (MatchKey("prospect id", "A-1"), MatchKey("email", "a@b.example"))
    assert told.profile.attributes == {"Prospect ID": "A-1"}


def test_several_columns_are_joined_into_one_field() -> None:
    fields = {"Vorname": "full_name", "Nachname": "full_name", "Rolle": "title", "Team": "title"}
    fields |= {"Tag": "registered_at", "Zeit": "registered_at"}
    told = read(
        "E-Mail,Vorname,Nachname,Rolle,Team,Tag,Zeit",
        "a@b.example,Ada,Alder,Lead,IT,2025-10-28,14:30",
        fields=fields,
        joins={"title": " / "},
    )
    assert isinstance(told, Candidate)
    assert (told.profile.first_name, told.profile.last_name, told.profile.title) == ("Ada", "Alder", "Lead / IT")
    assert told.profile.engagement.registered_early
    part = read("E-Mail,Rolle,Team", "a@b.example,,IT", fields={"Rolle": "title", "Team": "title"})
    assert isinstance(part, Candidate)
    assert part.profile.title == "IT"


def test_an_error_in_joined_columns_names_them_all() -> None:
    fields = {"Tag": "registered_at", "Zeit": "registered_at"}
    told = read("Email,Tag,Zeit", "a@b.example,28,half past", fields=fields)
    assert isinstance(told, Rejected)
    assert told.column == "Tag + Zeit"


def test_a_row_has_the_keys_that_are_filled_and_needs_one() -> None:
    header, keys = "Id,CRM,Email", ("CRM", "Email")
    both, second = read(header, "1,C-7,a@b.example", match_keys=keys), read(header, "1,,a@b.example", match_keys=keys)
    assert isinstance(both, Candidate)
    assert both.match == (MatchKey("crm", "C-7"), MatchKey("email", "a@b.example"))
    assert isinstance(second, Candidate)
    assert second.match == (MatchKey("email", "a@b.example"),)
    nothing = read(header, "1,,", match_keys=keys)
    assert isinstance(nothing, Rejected)
    assert nothing.reason == "there is nothing to match by: 'CRM', 'Email' are empty"


@pytest.mark.parametrize(
    ("constants", "says"),
    [
        ({"attended": "perhaps"}, "neither yes nor no"),
        ({"email": "nobody"}, "not an e-mail"),
        ({"country": "Narnia"}, "no country"),
    ],
)
def test_a_constant_that_would_reject_every_row_is_refused(constants: dict[str, str], says: str) -> None:
    with pytest.raises(Refused, match=says):
        check_constants(constants)
    check_constants({"attended": "yes", "country": "Germany", "company": "Alder", "content_downloaded": "Guide"})


@pytest.mark.parametrize(
    ("header", "row", "column", "says"),
    [
        ("Email,Name", ",Ada", "Email", "there is no e-mail address"),
        ("Email,Name", "nobody,Ada", "Email", "is not an e-mail address"),
        ("Email,Attended", "a@b.example,perhaps", "Attended", "neither yes nor no"),
        ("Email,Questions", "a@b.example,many", "Questions", "not a number"),
        ("Email,Registration Time", "a@b.example,last week", "Registration Time", "not a date"),
        ("Email,Company", "a@b.example," + "x" * 301, "Company", "longer than 300"),
        ("Email,Note", "a@b.example," + "x" * 5_001, "Note", "longer than 5,000"),
    ],
)
def test_a_row_that_says_nothing_clear_is_rejected_with_column_and_reason(
    header: str, row: str, column: str, says: str
) -> None:
    rejected = read(header, row)
    assert isinstance(rejected, Rejected)
    assert rejected.column == column
    assert says in rejected.reason


def test_a_broken_row_keeps_its_line_and_reason() -> None:
    plan = plan_columns(["Email"], [], Choices())
    broken = BrokenRow(7, "torn", None, ["x"])
    assert Interpreter(plan, SETTING).read(broken) == Rejected(7, None, "torn", ["x"])


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["01/11/2025 09:00", "28/10/2025 14:30"], DateOrder.DAY_FIRST),
        (["11/01/2025", "10/28/2025 2:30 PM"], DateOrder.MONTH_FIRST),
        (["01/11/2025", "02/11/2025"], None),
        (["28/10/2025", "10/28/2025"], None),
        (["2025-10-28", "", "13/13/2025"], None),
    ],
)
def test_dates_that_are_possible_in_one_order_only_tell_that_of_their_column(
    dates: list[str], order: DateOrder | None
) -> None:
    assert order_of(dates) is order


def test_dates_are_read_in_the_order_of_their_column_unless_somebody_says_otherwise() -> None:
    columns, rows = ["Email", "Registered at"], [["ada@alder.example", "28/10/2025"]]
    guessed = plan_columns(columns, rows, Choices(), orders_of(columns, rows))
    assert (guessed.date_order, guessed.date_order_how) == (DateOrder.DAY_FIRST, "guessed")
    cells = ["ben@birch.example", "05/11/2025"]  # in May: early; ten days before the start: not
    assert not early(guessed, cells)
    said = plan_columns(columns, rows, Choices(date_order=DateOrder.MONTH_FIRST), orders_of(columns, rows))
    assert (said.date_order, said.date_order_how) == (DateOrder.MONTH_FIRST, "given")
    assert early(said, cells)
    silent = plan_columns(columns, rows, Choices())
    assert (silent.date_order, silent.date_order_how) == (DateOrder.MONTH_FIRST, "assumed")


def early(plan: ColumnPlan, cells: list[str]) -> bool:
    found = Interpreter(plan, SETTING).read(Row(2, cells))
    assert isinstance(found, Candidate)
    return found.profile.engagement.registered_early


def test_a_date_that_is_possible_in_the_other_order_only_is_read_in_that() -> None:
    for cell in ("28/10/2025 2:30 PM", "10/28/2025 14:30"):
        for order in DateOrder:
            assert moment_of(cell, order) == datetime(2025, 10, 28, 14, 30, tzinfo=UTC)
