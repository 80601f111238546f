"""Each of 300 hostile files, by name, is refused with a reason or costs its own bad rows and no other."""

import csv
import io
from datetime import date

import pytest

from nexa_chassis.domain import Refused as RefusedByDomain
from nexa_contracts.marketing import LeadSourceKind
from nexa_marketing.api.import_reports import csv_line
from nexa_marketing.lead_import.csv_format import Intake
from nexa_marketing.lead_import.csv_rows import Cursor, Row, read_window
from nexa_marketing.lead_import.interpret import Candidate, Interpreter, Rejected, Setting
from nexa_marketing.lead_import.mapping import Choices, plan_columns
from nexa_marketing.lead_import.not_csv import NotCsv

from .hostile_files import FILES, FORMULAS, HostileFile, Refused, Rows

SETTING = Setting(date(2025, 11, 15), None, "Webinar Q4", LeadSourceKind.WEBINAR)


def interpreted(data: bytes, *, piece: int = 3_000, window: int = 1 << 20) -> list[Candidate | Rejected]:
    """The rows as an import reads them. Raises NotCsv or the domain's refusal."""
    intake = Intake()
    stored = b"".join(intake.feed(data[start : start + piece]) for start in range(0, len(data), piece))
    rest, received = intake.finish()
    stored += rest
    form = received.format
    whole = len(received.head) == received.stored
    first = read_window(
        received.head[form.first_row :], Cursor(form.first_row, form.first_line), form, last=whole, limit=5
    )
    samples = [row.cells for row in first.rows if isinstance(row, Row)]
    plan = plan_columns(form.columns, samples, Choices())
    if not plan.match_keys:
        raise RefusedByDomain("no match key", rule="import.no_match_key")
    interpreter = Interpreter(plan, SETTING)
    cursor = Cursor(form.first_row, form.first_line)
    rows: list[Candidate | Rejected] = []
    while cursor.offset < len(stored):
        part = stored[cursor.offset : cursor.offset + window]
        reading = read_window(part, cursor, form, last=cursor.offset + len(part) >= len(stored), limit=1_000)
        assert reading.cursor.offset > cursor.offset, "reading goes on"
        rows += [interpreter.read(row) for row in reading.rows]
        cursor = reading.cursor
    return rows


def test_there_are_three_hundred_of_them_each_with_a_name_of_its_own() -> None:
    names = [file.name for file in FILES]
    assert len(set(names)) == len(names) >= 300
    assert len({file.data for file in FILES}) > 0.98 * len(FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_hostile_file_is_refused_or_costs_only_its_bad_rows(file: HostileFile) -> None:
    match file.expected:
        case Refused(says=says):
            with pytest.raises((NotCsv, RefusedByDomain), match=says or None) as refused:
                interpreted(file.data)
            assert len(str(refused.value)) > 10
        case Rows(good=good, rejected=rejected):
            rows = interpreted(file.data)
            reasons = {row.line: row.reason for row in rows if isinstance(row, Rejected)}
            assert set(reasons) == set(rejected), reasons
            for line, says in rejected.items():
                assert says in reasons[line]
            assert sum(isinstance(row, Candidate) for row in rows) == good


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_an_exported_line_starts_a_formula(formula: str) -> None:
    (cells,) = csv.reader(io.StringIO(csv_line([formula, "Ada"])))
    assert cells[0][:1] not in {"=", "+", "-", "@", "\t", "\r"}
    assert cells[0].endswith(formula)
    assert cells[1] == "Ada"
