"""Files that are something else than CSV, whatever they are called, told by their first bytes."""

import re
from collections.abc import Mapping


class NotCsv(Exception):
    """The file cannot be read as CSV at all; the message says what it is and what to do."""


_UNPACK = "unpack it first"
_SAVE = "save the sheet as CSV"
_EXPORT = "export the list as CSV"
SIGNATURES: Mapping[bytes, tuple[str, str]] = {
    b"PK\x03\x04": ("a zip archive, an Excel (.xlsx) or an OpenDocument sheet", f"unpack it, or {_SAVE}"),
    b"PK\x05\x06": ("an empty zip archive", _EXPORT),
    b"\x1f\x8b": ("gzip-compressed", _UNPACK),
    b"BZh": ("bzip2-compressed", _UNPACK),
    b"\xfd7zXZ\x00": ("xz-compressed", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("zstandard-compressed", _UNPACK),
    b"\x04\x22\x4d\x18": ("lz4-compressed", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7-zip archive", _UNPACK),
    b"Rar!\x1a\x07": ("a rar archive", _UNPACK),
    b"%PDF": ("a PDF document", _EXPORT),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook (.xls)", _SAVE),
    b"{\\rtf": ("a rich text document", "save it as CSV"),
    b"\x89PNG": ("a PNG picture", _EXPORT),
    b"\xff\xd8\xff": ("a JPEG picture", _EXPORT),
    b"GIF87a": ("a GIF picture", _EXPORT),
    b"GIF89a": ("a GIF picture", _EXPORT),
    b"RIFF": ("a RIFF media file", _EXPORT),
    b"ID3": ("an MP3 recording", _EXPORT),
    b"\x7fELF": ("a program", _EXPORT),
    b"MZ\x90\x00": ("a program", _EXPORT),
    b"\xca\xfe\xba\xbe": ("a program", _EXPORT),
    b"\x00asm": ("a program", _EXPORT),
    b"PAR1": ("a Parquet file", _EXPORT),
    b"Obj\x01": ("an Avro file", _EXPORT),
    b"ORC": ("an ORC file", _EXPORT),
    b"ARROW1": ("an Arrow file", _EXPORT),
    b"SQLite format 3\x00": ("an SQLite database", _EXPORT),
    b"-----BEGIN ": ("a PEM file", _EXPORT),
}
_TEXTS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\s*<(?:!doctype html|html|head|table|body)\b", re.IGNORECASE), "a web page"),
    (re.compile(rb"\s*<\?xml\b", re.IGNORECASE), "an XML document"),
    (re.compile(rb'\s*(?:\[\s*)?\{\s*(?:"(?:[^"\\]|\\.){1,200}"\s*:|\}\s*$)'), "a JSON document"),
    (re.compile(rb"\s*\[\s*(?:\[|\]\s*$)"), "a JSON document"),
    (re.compile(rb"BEGIN:VCARD", re.IGNORECASE), "a vCard"),
    (re.compile(rb"BEGIN:VCALENDAR", re.IGNORECASE), "a calendar"),
)
SIGNATURE_BYTES = 512


def check_signature(head: bytes) -> None:
    """Raises NotCsv for the first bytes of a file of another known kind."""
    for signature, (what, todo) in SIGNATURES.items():
        if head.startswith(signature) and not _reads_as_header(signature, head):
            raise NotCsv(f"The file is not CSV but {what}; {todo}.")
    for pattern, what in _TEXTS:
        if pattern.match(head[:SIGNATURE_BYTES]):
            raise NotCsv(f"The file is not CSV but {what}; {_EXPORT}.")
    if head[257:262] == b"ustar":
        raise NotCsv("The file is not CSV but a tar archive; unpack it first.")


def _reads_as_header(signature: bytes, head: bytes) -> bool:
    """A header may begin with letters that are a signature too, such as "ID3" or "ORC": then its line goes on as text."""
    if not signature.isascii() or not signature.isalnum():
        return False
    line = re.split(rb"[\r\n]", head[:SIGNATURE_BYTES], maxsplit=1)[0]
    return all(byte >= 32 or byte == 9 for byte in line) and re.search(rb"[,;\t|]", line) is not None
