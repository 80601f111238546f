"""Which encoding a file is in: said by its byte order mark, by somebody, or by its bytes."""

import codecs
import re

import charset_normalizer

from nexa_marketing.lead_import.not_csv import NotCsv

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WIDE = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"})
"""Encodings in which a line does not end at a byte of its own; such a file is stored as UTF-8."""

LEGACY_ENCODINGS = ["cp1252", "cp1250", "cp1251", "shift_jis", "gb18030", "big5", "euc_kr", "euc_jp", "koi8_r"]
ACCEPTED = frozenset(
    codecs.lookup(name).name
    for name in (
        *("ascii", "utf-8", "utf-8-sig", *WIDE, *LEGACY_ENCODINGS),
        *("cp932", "cp936", "cp949", "cp950", "gbk", "gb2312", "big5hkscs", "euc_jis_2004", "johab"),
        *(f"cp{number}" for number in (437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 866, 874)),
        *(f"cp{number}" for number in range(1250, 1259)),
        *(f"iso8859_{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
        *("koi8_u", "mac_roman", "mac_cyrillic", "mac_greek", "mac_latin2", "mac_turkish", "tis_620"),
    )
)
"""Encodings of text in which ASCII bytes mean what they mean in ASCII, and the wide ones."""

NON_ASCII = re.compile("[^\x00-\x7f]")


def known_encoding(name: str | None) -> str | None:
    """The encoding as Python calls it. Raises NotCsv for one that no file of text is in."""
    if name is None:
        return None
    try:
        found = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        found = ""
    if found not in ACCEPTED:
        raise NotCsv(f"There is no encoding {name!r} for files of text; leave it out, or give utf-8 or cp1252.")
    return "utf-8" if found == "utf-8-sig" else found


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 without a byte order mark shows as a NUL beside each ASCII letter."""
    sample = head[:400]
    if len(sample) < 4 or 0 not in sample:
        return None
    even, odd = sample[0::2], sample[1::2]
    if odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.7 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


def legacy_encoding(sample: bytes) -> str:
    """The likeliest encoding of lines that are not UTF-8."""
    if _decodes(sample, "cp1252") and _mostly_letters(sample.decode("cp1252")):
        return "cp1252"
    best = charset_normalizer.from_bytes(sample, cp_isolation=LEGACY_ENCODINGS).best()
    return best.encoding if best is not None else "cp1252"


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_letters(text: str) -> bool:
    """True where the foreign characters are Western European letters between other letters, as in Müller or Élodie."""
    foreign = NON_ASCII.findall(text)
    letters = sum(1 for character in foreign if character.isalpha())
    runs = re.findall("[^\x00-\x7f]{3,}", text)
    return letters >= 0.8 * len(foreign) and not runs
