"""Reading files: every row is found whatever the file looks like, and a broken one costs itself alone."""

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexa_marketing.lead_import.csv_format import Intake, ReceivedFile
from nexa_marketing.lead_import.csv_rows import NO_TEXT, BrokenRow, Cursor, Row, read_window
from nexa_marketing.lead_import.not_csv import NotCsv


def received(data: bytes, piece: int = 7_000) -> tuple[bytes, ReceivedFile]:
    """The file as it is stored, and what is known of it."""
    intake = Intake()
    stored = b"".join(intake.feed(data[start : start + piece]) for start in range(0, len(data), piece))
    rest, facts = intake.finish()
    return stored + rest, facts


def read_all(data: bytes, *, window: int = 1 << 20, limit: int = 1_000, piece: int = 7_000) -> list[Row | BrokenRow]:
    """All rows, read window by window as an import does."""
    stored, facts = received(data, piece)
    cursor = Cursor(facts.format.first_row, facts.format.first_line)
    rows: list[Row | BrokenRow] = []
    while cursor.offset < len(stored):
        part = stored[cursor.offset : cursor.offset + window]
        reading = read_window(part, cursor, facts.format, last=cursor.offset + len(part) >= len(stored), limit=limit)
        assert reading.cursor.offset > cursor.offset, "reading goes on"
        rows += reading.rows
        cursor = reading.cursor
    return rows


def told(rows: Sequence[Row | BrokenRow]) -> list[tuple[int, str]]:
    """Line and what is wrong with it, "" for a good row."""
    return [(row.line, row.reason if isinstance(row, BrokenRow) else "") for row in rows]


def test_rows_have_the_line_they_start_in_even_after_cells_with_line_breaks() -> None:
    rows = read_all(b'a,b\n1,"two\nlines"\n3,4\n\n5,6\n')
    assert [(row.line, list(row.cells)) for row in rows] == [(2, ["1", "two\nlines"]), (4, ["3", "4"]), (6, ["5", "6"])]


def test_a_quote_that_is_never_closed_costs_its_own_row_only() -> None:
    rows = read_all(b'a,b\n1,2\n"x,3\n4,5\n6,"7"\n')
    assert told(rows) == [(2, ""), (3, "a quote that opens here is not closed in its row"), (4, ""), (5, "")]


def test_an_open_quote_at_the_end_of_the_file_costs_its_own_row_only() -> None:
    rows = read_all(b'a,b\n1,2\n3,"x\n4,5\n6,7\n')
    assert told(rows) == [(2, ""), (3, "a quote that opens here is never closed"), (4, ""), (5, "")]
    broken = rows[1]
    assert isinstance(broken, BrokenRow)
    assert broken.column == "b"


def test_rows_with_too_few_or_too_many_cells_are_broken_rows() -> None:
    assert told(read_all(b"a,b\n1\n1,2,3\n1,2\n")) == [
        (2, "the row has 1 cell, the header names 2 columns"),
        (3, "the row has 3 cells, the header names 2 columns; left over: ['3']"),
        (4, ""),
    ]


def test_separators_at_the_end_of_a_row_are_no_cells() -> None:
    assert told(read_all(b"a,b\n1,2,,\n3,,\n")) == [(2, ""), (3, "")]


def test_a_nul_character_and_undecodable_bytes_name_their_column() -> None:
    rows = read_all("a,b\n1,x\0y\né,ü\n".encode() + b"2,caf\xe9\n3,4\n")
    assert told(rows) == [
        (2, "the cell holds a NUL character"),
        (3, ""),
        (4, "the cell holds bytes that are not utf-8"),
        (5, ""),
    ]
    assert [row.column for row in rows if isinstance(row, BrokenRow)] == ["b", "b"]
    assert rows[2].cells == ["2", "caf\\udce9"]


def test_a_line_longer_than_a_window_is_passed_over() -> None:
    rows = read_all(b"a,b\n" + b"x" * 50_000 + b",1\n2,3\n", window=4_096)
    assert told(rows) == [(2, "the row is longer than 4,096 bytes"), (3, "")]


def test_a_cell_of_enormous_size_is_rejected_and_the_rest_read() -> None:
    rows = read_all(b"a,b\n" + b"x" * 200_000 + b",1\n2,3\n")
    assert told(rows) == [(2, "a cell is longer than 131,072 characters"), (3, "")]


def test_lines_without_text_are_no_rows() -> None:
    assert told(read_all(b"a,b\n\n,\n  , \n1,2\n")) == [(5, "")]


@pytest.mark.parametrize(
    ("data", "cells"),
    [
        ("n;e\r\nMüller;x\r\n".encode("latin-1"), ["Müller", "x"]),
        ("n\te\nMüller\tx\n".encode("utf-16"), ["Müller", "x"]),
        ("n\te\nMüller\tx\n".encode("utf-16-le"), ["Müller", "x"]),
        ("n|e\nМюллер|x\n".encode("utf-8-sig"), ["Мюллер", "x"]),
        (b"sep=;\nn;e\nA,B;x\n", ["A,B", "x"]),
        (b"n,e\rA,x\rB,y\r", ["A", "x"]),
        (b'\n\n"n, or name",e\nA,x\n', ["A", "x"]),
    ],
)
def test_encodings_separators_and_line_ends_are_found_out(data: bytes, cells: list[str]) -> None:
    assert list(read_all(data)[0].cells) == cells


def test_a_few_bad_bytes_do_not_turn_a_utf8_file_into_gibberish() -> None:
    _, facts = received(b"n,e\n" + "Jürgen,x\n".encode() * 20 + b"J\xfcrgen,x\n")
    assert facts.format.encoding == "utf-8"


def test_a_cyrillic_file_of_an_old_program_is_read() -> None:
    names = "Имя,Город\n" + "Александр,Санкт-Петербург\nЕкатерина,Нижний Новгород\nДмитрий,Екатеринбург\n" * 5
    assert list(read_all(names.encode("cp1251"))[0].cells) == ["Александр", "Санкт-Петербург"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\n\n\n", "no header"),
        (b"PK\x03\x04abc", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"a\x00,b\n1,2\n", "not utf-8 text"),
        (b'"a,b\n1,2\n', "never closed"),
        (b"x" * 300_000 + b"\n1\n", "longer than"),
        (b",".join(b"c%d" % number for number in range(3_000)) + b"\n", "3,000 columns"),
    ],
)
def test_what_cannot_be_read_at_all_is_said(data: bytes, says: str) -> None:
    with pytest.raises(NotCsv, match=says):
        received(data)


def test_columns_without_a_name_and_of_the_same_name_get_one_of_their_own() -> None:
    _, facts = received(b"Email,,Email\n")
    assert facts.format.columns == ("Email", "Column 2", "Email (2)")


CELLS = st.text(st.characters(blacklist_characters="\x00\r\ufffd", blacklist_categories=["Cs"]), max_size=12)


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=30),
    window=st.integers(64, 2_000),
    limit=st.integers(1, 40),
    piece=st.integers(1, 300),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
@settings(deadline=None)
def test_a_valid_file_reads_as_the_standard_library_reads_it_however_it_is_cut(
    rows: list[list[str]], window: int, limit: int, piece: int, quoting: int
) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\n").writerows([["a", "b", "c"], *rows])  # type: ignore[arg-type]
    data = text.getvalue().encode()
    longest = max((len(line) for line in io.StringIO(text.getvalue()).readlines()), default=0)
    expected = [row for row in rows if any(cell.strip().strip(NO_TEXT) for cell in row)]
    found = read_all(data, window=max(window, 40 * (longest + 60)), limit=limit, piece=piece)
    assert [list(row.cells) for row in found] == expected


@given(data=st.binary(max_size=400), window=st.integers(8, 200), limit=st.integers(1, 9))
@settings(deadline=None)
def test_no_file_whatsoever_breaks_the_reader_and_lines_only_rise(data: bytes, window: int, limit: int) -> None:
    try:
        rows = read_all(b"a,b\n" + data, window=window, limit=limit)
    except NotCsv:
        return
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))


@given(
    good=st.lists(st.from_regex(r"[a-z]{1,8},[a-z]{1,8}", fullmatch=True), min_size=1, max_size=20),
    torn=st.sampled_from(['"open,x', 'x,"open', "one", "a,b,c", 'a,"b"c']),
    at=st.integers(0, 20),
)
@settings(deadline=None)
def test_one_broken_row_among_good_ones_never_costs_a_good_one(good: list[str], torn: str, at: int) -> None:
    lines = [*good[:at], torn, *good[at:]]
    rows = read_all("\n".join(["a,b", *lines, ""]).encode())
    assert [",".join(row.cells) for row in rows if isinstance(row, Row)] == good
    assert sum(isinstance(row, BrokenRow) for row in rows) == 1


@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=12),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    mended=st.booleans(),
    piece=st.integers(1, 700),
)
@settings(deadline=None, max_examples=200)
def test_a_valid_file_of_any_separator_line_end_and_encoding_reads_as_the_standard_library_reads_it(
    rows: list[list[str]], separator: str, end: str, encoding: str, mended: bool, piece: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL if mended else csv.QUOTE_MINIMAL
    )
    writer.writerows([["Email", "Name"], *rows])
    standard = list(csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=separator, strict=True))[1:]
    expected = [row for row in standard if any(cell.strip().strip(NO_TEXT) for cell in row)]
    found = read_all(text.getvalue().encode(encoding), piece=piece)
    assert [list(row.cells) for row in found] == expected
