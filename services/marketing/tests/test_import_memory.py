"""Whatever the file is, reading it takes at most 300 MB. Each is read by a process of its own, which says its peak."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MOST = 300_000_000
READ = """
import json, sys
from datetime import date
from nexa_contracts.marketing import LeadSourceKind
from nexa_marketing.app import marketing
from nexa_marketing.lead_import.batches import WINDOW
from nexa_marketing.lead_import.csv_format import Intake
from nexa_marketing.lead_import.csv_rows import Cursor, read_window
from nexa_marketing.lead_import.interpret import Candidate, Interpreter, Setting
from nexa_marketing.lead_import.mapping import Choices, plan_columns
from nexa_marketing.lead_import.not_csv import NotCsv
from nexa_marketing.lead_import.uploads import PIECE

source, stored = sys.argv[1], sys.argv[1] + ".stored"
def peak():
    status = open("/proc/self/status").read()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024

before = peak()
told = {"good": 0, "rejected": 0, "refused": ""}
intake = Intake()
with open(source, "rb") as file, open(stored, "wb") as kept:
    try:
        while piece := file.read(PIECE):
            kept.write(intake.feed(piece))
        rest, received = intake.finish()
        kept.write(rest)
    except NotCsv as problem:
        told["refused"] = str(problem)
if not told["refused"]:
    form = received.format
    plan = plan_columns(form.columns, [], Choices(match_keys=(form.columns[0],)))
    interpreter = Interpreter(plan, Setting(date(2025, 11, 15), None, "", LeadSourceKind.WEBINAR))
    cursor = Cursor(form.first_row, form.first_line)
    ahead = []
    with open(stored, "rb") as file:
        while cursor.offset < received.stored:
            file.seek(cursor.offset)
            window = file.read(WINDOW)
            last = cursor.offset + len(window) >= received.stored
            reading = read_window(window, cursor, form, last=last, limit=1_000)
            rows = [interpreter.read(row) for row in reading.rows]
            ahead = [rows, *ahead[:1]]
            told["good"] += sum(isinstance(row, Candidate) for row in rows)
            told["rejected"] += len(rows) - sum(isinstance(row, Candidate) for row in rows)
            cursor = reading.cursor
print(json.dumps({**told, "before": before, "peak": peak()}))
"""
MIB = 1 << 20


def a_million_rows(file: Path) -> None:
    with file.open("wb") as out:
        out.write(b"Email,First Name,Company\n")
        for start in range(0, 1_000_000, 10_000):
            out.write(b"".join(b"p%d@alder.example,Ada,Alder %d\n" % (n, n % 97) for n in range(start, start + 10_000)))


def one_huge_field(file: Path) -> None:
    with file.open("wb") as out:
        out.write(b"Email,Note\na@b.example,x\nb@b.example,")
        for _ in range(200):
            out.write(b"x" * MIB)
        out.write(b"\nc@d.example,y\n")


def an_open_quote_over_ten_megabytes(file: Path) -> None:
    with file.open("wb") as out:
        out.write(b'Email,Note\na@b.example,"never closed\n')
        for _ in range(10):
            out.write(b"c@d.example,y\n" * (MIB // 14))


def nothing_but_line_ends(file: Path) -> None:
    with file.open("wb") as out:
        out.write(b"Email,Note\n")
        for _ in range(40):
            out.write(b"\n" * MIB)


def two_thousand_full_columns(file: Path) -> None:
    with file.open("wb") as out:
        out.write(b"Email," + b",".join(b"c%d" % number for number in range(1_999)) + b"\n")
        for number in range(5_000):
            out.write(b"p%d@b.example" % number + b",ab" * 1_999 + b"\n")


def two_hundred_megabytes_of_nul(file: Path) -> None:
    with file.open("wb") as out:
        for _ in range(200):
            out.write(bytes(MIB))


def quotes_that_open_in_every_row(file: Path) -> None:
    with file.open("wb") as out:
        out.write(b"Email,Note\n" + b'a@b.example,"x\n' * 200_000)


def utf_16_of_twenty_megabytes(file: Path) -> None:
    line = "p@alder.example,Müller\n".encode("utf-16-le")
    with file.open("wb") as out:
        out.write("Email,Name\n".encode("utf-16"))
        for _ in range(20):
            out.write(line * (MIB // len(line)))


@pytest.mark.parametrize(
    ("written", "good", "rejected", "refused"),
    [
        (a_million_rows, 1_000_000, 0, ""),
        (one_huge_field, 2, 1, ""),
        (an_open_quote_over_ten_megabytes, 10 * (MIB // 14), 1, ""),
        (nothing_but_line_ends, 0, 0, ""),
        (two_thousand_full_columns, 5_000, 0, ""),
        (two_hundred_megabytes_of_nul, 0, 0, "header"),
        (quotes_that_open_in_every_row, 0, 200_000, ""),
        (utf_16_of_twenty_megabytes, 20 * (MIB // 46), 0, ""),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
@pytest.mark.slow
def test_a_file_is_read_in_bounded_memory(
    written: object, good: int, rejected: int, refused: str, tmp_path: Path
) -> None:
    file = tmp_path / "leads.csv"
    assert callable(written)
    written(file)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(file)], capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    told = json.loads(done.stdout)
    size, peak, before = file.stat().st_size / MIB, told["peak"] / 1e6, told["before"] / 1e6
    print(f"{size:.0f} MiB read with a peak of {peak:.0f} MB, {before:.0f} MB before")
    assert (told["good"], told["rejected"]) == (good, rejected)
    assert refused in told["refused"]
    assert bool(refused) == bool(told["refused"])
    assert told["peak"] <= MOST
