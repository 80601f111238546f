"""Bytes from strangers become text, whatever charset they claim to be in."""

import codecs
import contextlib
import re
from email.header import decode_header

LONGEST_HEADER = 20_000
"""Characters; what follows says nothing that a person reads."""
_NEVER_SHOWN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""Control characters, halves of characters, marks of byte order, and what turns the direction of writing around."""
_ENCODED = re.compile(r"=\?[^?\s]+\?[bq]\?[^?]*\?=(?:\s+=\?[^?\s]+\?[bq]\?[^?]*\?=)*", re.IGNORECASE)
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859-9": "cp1254",
}
"""What mails of these charsets are written in really: a superset of each (WHATWG Encoding Standard, names and labels)."""
_CALLED = {
    "iso-8859-8-i": "iso8859-8",
    "windows-874": "cp874",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac-roman",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
}
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})
"""Codecs that Python has beside the charsets; some take the square of the length."""


def clean(text: str) -> str:
    """Without what a text column or a terminal chokes on, and with line ends of one kind."""
    return _NEVER_SHOWN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n"))


def line(text: str, longest: int) -> str:
    """The same in one line of at most so many characters."""
    return " ".join(clean(text).split())[:longest]


def decoded(content: bytes, charset: str | None) -> tuple[str, str | None]:
    """The text, and what was wrong with the charset it claims: then UTF-8 is tried, and at last Windows-1252."""
    found = _codec(charset) if charset else None
    for candidate in (found, "utf-8-sig"):
        if candidate is not None:
            with contextlib.suppress(UnicodeError, ValueError, LookupError):
                text = content.decode(candidate)
                return text, None if candidate == found or not charset else f"not {line(charset, 40)}"
    return content.decode("cp1252", errors="replace"), f"not {line(charset or 'utf-8', 40)}"


def header_text(raw: str) -> str:
    """A header as it came (8-bit bytes as halves of characters): unfolded, its encoded words (RFC 2047) decoded."""
    text = raw[:LONGEST_HEADER].replace("\r", "").replace("\n", "")
    if not text.isascii():
        text = decoded(text.encode("utf-8", "surrogateescape"), None)[0]
    return _ENCODED.sub(lambda found: _words(found[0]), text)


def _words(encoded: str) -> str:
    with contextlib.suppress(Exception):  # of the many things that can be wrong in it, each leaves it as it stands
        pieces = [(each.encode() if isinstance(each, str) else each, name) for each, name in decode_header(encoded)]
        return "".join(decoded(piece, name)[0] for piece, name in pieces)
    return encoded


def _codec(charset: str) -> str | None:
    called = charset.strip(" \"'").lower()
    with contextlib.suppress(LookupError, ValueError, UnicodeError):
        name = codecs.lookup(_CALLED.get(called, called)).name
        return None if name in _NO_CHARSETS else _MEANT.get(name, name)
    return None
