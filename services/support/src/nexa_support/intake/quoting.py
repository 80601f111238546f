"""What somebody wrote in answer to a mail of ours: without that mail, and without what their program says of it above."""

import re
from collections.abc import Sequence

REPLY_MARK = "##- Please write above this line -##"
"""Stands in the mails that go out, first; what follows it in an answer is what was quoted."""
MOST_WRAPPED = 3
MOST_HEADERS = 8
LONGEST_LINE = 1_000
_QUOTE_SIGNS = " \t\xa0>|*"
_WROTE = re.compile(
    r"\b(wrote|schrieb|écrit|escribió|escreveu|ha scritto|schreef|geschreven|skrev|kirjoitti|napisała?|napsala?)\b",
    re.I,
)
_MOMENT = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\b20\d{2}\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2}\b")
_FROM = re.compile(r"(from|von|de|da|van|från|fra|od)\s*:", re.I)
_HEADER = re.compile(
    r"(from|sent|date|to|cc|subject|importance"
    r"|von|gesendet|datum|an|betreff|de|envoyé|à|objet|enviado( el)?|fecha|para|asunto|enviada( em)?|assunto|data"
    r"|da|inviato|a|oggetto|van|verzonden|aan|onderwerp|från|skickat|till|ämne|fra|til|emne|od|do|temat)\s*:",
    re.I,
)
_RULE = re.compile(r"_{5,}|-{2,}[^-]{0,60}-{2,}")


def without_quote(text: str) -> str:
    """What was written above the mark; who quotes with `>` and writes below it is heard too. All of it where nothing was."""
    found = text.find(REPLY_MARK)
    if found < 0:
        return text
    begins, ends = text.rfind("\n", 0, found) + 1, text.find("\n", found)
    is_marked = text[begins:found].lstrip().startswith((">", "|"))
    above, below = _without_introduction(text[:begins], is_marked), text[ends:] if ends >= 0 else ""
    if not is_marked:
        return above if above.strip() else text
    own = [each for each in below.splitlines() if not each.lstrip().startswith((">", "|"))]
    return "\n".join([above, *own]) if any(each.strip() for each in [above, *own]) else text


def _without_introduction(above: str, is_marked: bool) -> str:
    """Without what stands directly above a quote: "On 26 Nov 2025, at 10:00, Nexa CRM wrote:", or a block of headers.

    Such a sentence ends in a colon and says "wrote" in one of some languages, in whatever order; it also says when, unless the
    quote `is_marked` as one by `>`.
    """
    lines = above.splitlines()
    bare = [each.strip(_QUOTE_SIGNS) for each in lines]
    end = _last_said(bare, len(bare))
    cut = _sentence(bare, end, is_marked)
    if cut is None:
        cut = _headers(bare, end)
    if cut is None and not _is_rule(bare, end):
        return above
    kept = _last_said(bare, end if cut is None else cut)
    return "\n".join(lines[: kept - _is_rule(bare, kept)])


def _last_said(bare: Sequence[str], end: int) -> int:
    """The place behind the last line before `end` that says anything."""
    while end and not bare[end - 1]:
        end -= 1
    return end


def _is_rule(bare: Sequence[str], end: int) -> bool:
    """Whether a line between mails ends there, such as "-----Original Message-----"."""
    return end > 0 and len(bare[end - 1]) <= LONGEST_LINE and _RULE.fullmatch(bare[end - 1]) is not None


def _sentence(bare: Sequence[str], end: int, is_marked: bool) -> int | None:
    """Where it begins; programs wrap it."""
    if not end or len(bare[end - 1]) > LONGEST_LINE or not bare[end - 1].endswith(":"):
        return None
    for begin in range(end - 1, max(end - 1 - MOST_WRAPPED, -1), -1):
        said = " ".join(bare[begin:end])
        if not bare[begin] or len(said) > LONGEST_LINE:
            break
        if _WROTE.search(said) and _MOMENT.search(said):
            return begin
    return end - 1 if is_marked and _WROTE.search(bare[end - 1]) else None


def _headers(bare: Sequence[str], end: int) -> int | None:
    """Where the block begins: at who wrote, with another header at least."""
    for begin in range(end - 1, max(end - 1 - MOST_HEADERS, -1), -1):
        if len(bare[begin]) > LONGEST_LINE or not _HEADER.match(bare[begin]):
            return None
        if _FROM.match(bare[begin]) and end - begin > 1:
            return begin
    return None
