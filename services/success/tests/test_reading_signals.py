"""Files of signals as people send them: what is good is taken, what is bad is named by line, column and reason."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexa_chassis.domain import Refused
from nexa_contracts.success import EngagementLevel, PaymentStatus
from nexa_success.signals import csv_file
from nexa_success.signals.csv_file import AccountId, AccountName, Reject, Row, SignalFile, read_signals
from nexa_success.signals.state import Signals

from .stories import ACCOUNT, MONDAY

DAY = date(2025, 11, 20)


def read(*lines: str, end: str = "\n") -> SignalFile:
    return read_signals(end.join(lines).encode(), MONDAY)


def refused(body: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read_signals(body, MONDAY)
    assert caught.value.field == "file"
    return caught.value.message


def rejected(*lines: str) -> list[Reject]:
    """The rejects of these rows of a file with all columns; none of them is taken."""
    read_file = read("account,on,usage,adoption,support_tickets,payment,engagement,nps", *lines)
    assert read_file.rows == ()
    return list(read_file.rejects)


def test_the_golden_account_stands_in_one_row() -> None:
    found = read(
        "account_id,on,usage,adoption,support_tickets,payment,engagement,nps",
        f"{ACCOUNT},2025-11-20,85,70,2,current,high,9",
    )
    golden = Signals(85.0, 70.0, 2, PaymentStatus.CURRENT, EngagementLevel.HIGH, 9)
    assert found == SignalFile((Row(2, AccountId(ACCOUNT), DAY, golden),), (), ())


def test_spellings_order_case_percent_signs_and_decimal_commas_are_understood() -> None:
    found = read(
        '\ufeffDate;"Account Name";NPS Score;Daily Active Users;Payment Status;Region',
        "2025-11-20; ACME Corp ;9;85,5 %;Late;EMEA",
        end="\r\n",
    )
    signals = Signals(usage=85.5, payment=PaymentStatus.LATE, nps=9)
    assert found.rows == (Row(2, AccountName("acme corp"), DAY, signals),)
    assert (found.rejects, found.ignored) == ((), ("Region",))


def test_an_empty_cell_reports_nothing_and_empty_lines_are_no_rows() -> None:
    found = read("account,on,usage,nps", "", "Acme,2025-11-20,,9", ",,,", "")
    assert found.rows == (Row(3, AccountName("acme"), DAY, Signals(nps=9)),)
    assert found.rejects == ()


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("Acme,2025-11-20,85", None, "the row has 3 cells, the header names 8 columns"),
        ("Acme,2025-11-20,85,,,,,9,9", None, "the row has 9 cells, the header names 8 columns"),
        ("Acme,20.11.2025,85,,,,,", "on", "'20.11.2025' is no date; write it as 2025-11-24"),
        ("Acme,20251120,85,,,,,", "on", "'20251120' is no date; write it as 2025-11-24"),
        ("Acme,2025-02-29,85,,,,,", "on", "there is no day '2025-02-29'"),
        ("Acme,2025-11-26,85,,,,,", "on", "2025-11-26 is still to come; today is 2025-11-24."),
        ("Acme,,85,,,,,", "on", "'' is no date; write it as 2025-11-24"),
        (",2025-11-20,85,,,,,", "account", "no account is named"),
        ("Acme,2025-11-20,101,,,,,", "usage", "usage is from 0 to 100; 101.0 is not."),
        ("Acme,2025-11-20,-1,,,,,", "usage", "usage is from 0 to 100; -1.0 is not."),
        ("Acme,2025-11-20,nan,,,,,", "usage", "'nan' is no number"),
        ("Acme,2025-11-20,1e400,,,,,", "usage", "'1e400' is no number"),
        (f"Acme,2025-11-20,{'9' * 5000},,,,,", "usage", f"'{'9' * 60}…' is no number"),
        ("Acme,2025-11-20,\u0668\u0665,,,,,", "usage", "'\u0668\u0665' is no number"),
        ("Acme,2025-11-20,,,2.5,,,", "support_tickets", "'2.5' is no whole number"),
        ("Acme,2025-11-20,,,,paid,,", "payment", "'paid' is none of current, late, failed"),
        ("Acme,2025-11-20,,,,,,11", "nps", "nps is from 0 to 10; 11 is not."),
        ("Acme\x00,2025-11-20,85,,,,,", "account", "the cell holds a NUL character"),
        (f"{'A' * 20_000},2025-11-20,85,,,,,", None, "the row is longer than 10,000 characters"),
    ],
)
def test_a_bad_row_is_named_with_its_line_column_and_reason(row: str, column: str | None, reason: str) -> None:
    assert rejected(row) == [Reject(2, column, reason)]


def test_a_row_that_reports_nothing_is_rejected() -> None:
    (reject,) = rejected("Acme,2025-11-20,,,,,,")
    assert (reject.column, reject.reason[:19]) == (None, "Nothing is reported")


def test_the_29th_of_february_is_a_day_in_a_leap_year() -> None:
    found = read("account,on,usage", "Acme,2024-02-29,85")
    assert found.rows[0].on == date(2024, 2, 29)


def test_the_column_is_named_as_the_header_spells_it() -> None:
    found = read("Company,Date,Product Usage", "Acme,2025-11-20,many")
    assert found.rejects == (Reject(2, "Product Usage", "'many' is no number"),)


def test_a_quote_that_is_never_closed_costs_its_own_row_and_no_other() -> None:
    found = read("account,on,usage", 'Acme,2025-11-20,"85', 'Ajax,"2025-11-20",85', '"Bolt" Inc,2025-11-20,85')
    assert [row.line for row in found.rows] == [3]
    assert [reject.line for reject in found.rejects] == [2, 4]


def test_bytes_that_are_no_utf_8_cost_their_own_row() -> None:
    found = read_signals(b"account,on,usage\nM\xfcller,2025-11-20,85\nAcme,2025-11-20,85\n", MONDAY)
    assert found.rejects == (Reject(2, "account", "the cell holds bytes that are no UTF-8"),)
    assert [row.line for row in found.rows] == [3]


def test_the_same_row_twice_is_taken_and_a_contradiction_is_rejected() -> None:
    found = read("account,on,usage", "Acme,2025-11-20,85", "ACME,2025-11-20,85", "acme,2025-11-20,60")
    assert [row.line for row in found.rows] == [2, 3]
    reason = "line 2 reports other values of this account and day; there is one row for each"
    assert found.rejects == (Reject(4, "on", reason),)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n\n", "empty"),
        (b"on,usage\n", "names no account"),
        (b"account,usage\n", "names no day"),
        (b"account,on,colour\n", "names no signal"),
        (b"account,on,usage,DAU\n", "both mean usage"),
        (b"PK\x03\x04...", "save the sheet as CSV"),
        ("account,on,usage\n".encode("utf-16"), "save the sheet as CSV"),
        (b"account,on,us\xe4ge\n", "no header in UTF-8"),
        (b'account,on,"usage\n', "header cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(body: bytes, said: str) -> None:
    assert said in refused(body)


def test_more_rows_than_a_file_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "MOST_ROWS", 2)
    rows = [f"account {place},2025-11-20,85" for place in range(3)]
    assert len(read("account,on,usage", *rows[:2]).rows) == 2
    assert "more than 2 rows" in refused("\n".join(["account,on,usage", *rows]).encode())


@given(st.lists(st.binary(max_size=60).filter(lambda line: not {10, 13} & set(line)), max_size=20))
@settings(max_examples=200)
def test_each_line_with_something_in_it_is_taken_or_rejected_whatever_it_holds(lines: list[bytes]) -> None:
    found = read_signals(b"\n".join([b"account,on,usage", *lines]), MONDAY)
    filled = [place for place, line in enumerate(lines, start=2) if line.decode("utf-8", "replace").strip(" \t,;|")]
    told = [*(row.line for row in found.rows), *(reject.line for reject in found.rejects)]
    assert sorted(told) == filled


def test_an_account_is_known_by_any_spelling_of_its_id() -> None:
    found = read("Account ID,on,usage", f"{{{str(ACCOUNT).upper()}}},2025-11-20,85", "Acme,2025-11-20,85")
    assert found.rows[0].account == AccountId(UUID(str(ACCOUNT)))
    assert found.rejects == (Reject(3, "Account ID", "'Acme' is no id of an account"),)
