"""The parts of a mail (MIME): its text, its HTML and its files, in bounded time and memory however it is built."""

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import Policy, compat32

from nexa_support.intake.charsets import clean, decoded, header_text, line
from nexa_support.intake.html_text import text_of_html

MOST_PARTS = 500
MOST_LINES = 500_000
MOST_CHECKS = 10_000_000
"""Each line is compared with each boundary that is open; so many comparisons take a second or two."""
LONGEST_HEAD = 256_000
"""Bytes of headers that are read."""
LONGEST_FILENAME = 200
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,60}/[\w!#$&^.+-]{1,100}", re.ASCII)
_LONG_BOUNDARY = re.compile(rb'boundary[*\d]*\s*=\s*(?:"[^"\r\n]{500}|[^\s";]{500})', re.IGNORECASE)
"""RFC 2046 has 70 characters; the parser makes a pattern of it."""
_HEAD_END = re.compile(rb"\r?\n\r?\n|\r\r")


@dataclass(frozen=True)
class MailFile:
    """A file that came with a mail."""

    filename: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Content:
    """`text` is what a person reads, of the HTML where there is nothing else; `html` as it came."""

    text: str
    html: str
    files: tuple[MailFile, ...]


class TooManyParts(Exception):
    """More than anybody sends."""


def parsed(raw: bytes, faults: list[str]) -> Message:
    """Never raises: what cannot be taken apart, or would take too long, is one text."""
    if _can_be_taken_apart(raw):
        try:
            return BytesParser(policy=compat32.clone(message_factory=_counted())).parsebytes(_short_head(raw, faults))
        except Exception as error:  # of the many things a parser trips over, each leaves the mail as one text
            faults.append(f"structure: {type(error).__name__}")
    else:
        faults.append("structure: too many lines or boundaries, or one too long")
    return _as_one_text(raw)


def _can_be_taken_apart(raw: bytes) -> bool:
    lines = raw.count(b"\n") + 1
    if lines > MOST_LINES or lines * raw.lower().count(b"boundary") > MOST_CHECKS:
        return False
    return _LONG_BOUNDARY.search(raw) is None


def content_of(message: Message, faults: list[str]) -> Content:
    texts: list[_Text] = []
    files: list[MailFile] = []
    for number, (part, choice) in enumerate(_leaves(message)):
        _read_8bit_headers(part)
        content = _bytes_of(part, faults)
        kind = part.get_content_type()
        name = _filename(part)
        shown = kind in ("text/plain", "text/html") or (kind.startswith("text/") and not texts)
        if name is not None or part.get_content_disposition() == "attachment" or not shown:
            files.append(MailFile(name or _unnamed(kind, number), media_type(kind), content))
            continue
        text, fault = decoded(content, _charset(part))
        if fault:
            faults.append(f"charset: {fault}")
        texts.append(_Text(kind == "text/html", clean(text), choice))
    html = "\n".join(each.text for each in texts if each.is_html)
    return Content("\n".join(_readable(texts)), html, tuple(files))


@dataclass(frozen=True)
class _Text:
    is_html: bool
    text: str
    choice: int | None
    """The number of the multipart/alternative it is one wording of."""


def _readable(texts: list[_Text]) -> Iterator[str]:
    """Of each choice the plain wording, unless it is empty; of HTML that is no choice, its text."""
    plain = {each.choice for each in texts if not each.is_html and each.text.strip()}
    for each in texts:
        if not each.is_html:
            yield each.text
        elif each.choice is None or each.choice not in plain:
            yield text_of_html(each.text)


def _leaves(message: Message) -> Iterator[tuple[Message, int | None]]:
    """The parts that hold something, in order, without recursion, with the number of the choice they belong to."""
    waiting: list[tuple[Message, int | None]] = [(message, None)]
    choices = 0
    while waiting:
        part, choice = waiting.pop()
        payload = part.get_payload()
        if not isinstance(payload, list) or (part.get_content_type() == "message/rfc822" and part is not message):
            yield part, choice
            continue
        if choice is None and part.get_content_type() == "multipart/alternative":
            choices += 1
            choice = choices
        waiting += [(each, choice) for each in reversed(payload) if isinstance(each, Message)]


def _read_8bit_headers(part: Message) -> None:
    """`Message.get` gives no bytes beyond ASCII, and filenames often are such."""
    for name, value in list(part.raw_items()):
        if name.lower() in ("content-type", "content-disposition") and not str(value).isascii():
            part.replace_header(name, header_text(str(value)))


def _bytes_of(part: Message, faults: list[str]) -> bytes:
    """What a part holds; a mail in a mail as it stands."""
    try:
        content = part.get_payload(0).as_bytes() if part.is_multipart() else part.get_payload(decode=True)  # type: ignore[union-attr]
    except Exception as error:  # as above: it stays in the raw mail, and what can be read of it is taken
        faults.append(f"part: {type(error).__name__}")
        content = str(part.get_payload()).encode("utf-8", "surrogateescape") if not part.is_multipart() else b""
    return content if isinstance(content, bytes) else b""


def _charset(part: Message) -> str | None:
    with contextlib.suppress(Exception):
        return part.get_content_charset()
    return None


def _filename(part: Message) -> str | None:
    """Without a path, a direction of writing or anything that cannot be seen; the end, which says what it is, stays."""
    with contextlib.suppress(Exception):
        name = part.get_filename()
        if name is not None:
            return safe_filename(header_text(name))
    return None


def safe_filename(name: str) -> str | None:
    """None where nothing is left of it."""
    safe = line(name, 10_000).replace("/", "_").replace("\\", "_").strip(" .")
    return safe[-LONGEST_FILENAME:] or None


def media_type(claimed: str) -> str:
    """As it is claimed, if it is one at all."""
    kind = claimed.partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"


def _unnamed(kind: str, number: int) -> str:
    return f"part-{number + 1}.{'eml' if kind == 'message/rfc822' else 'bin'}"


def _counted() -> Callable[..., Message]:
    made = 0

    def make(policy: Policy = compat32) -> Message:
        nonlocal made
        made += 1
        if made > MOST_PARTS:
            raise TooManyParts
        return Message(policy)

    return make


def _short_head(raw: bytes, faults: list[str]) -> bytes:
    head, body = _split(raw)
    if len(head) <= LONGEST_HEAD:
        return raw
    faults.append(f"headers: longer than {LONGEST_HEAD // 1000} kB")
    return head[:LONGEST_HEAD] + b"\r\n\r\n" + body


def _as_one_text(raw: bytes) -> Message:
    head, body = _split(raw)
    message = BytesParser(policy=compat32).parsebytes(head[:LONGEST_HEAD], headersonly=True)
    for name in ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition"):
        del message[name]
    message.set_payload(body.decode("ascii", "surrogateescape"))
    return message


def _split(raw: bytes) -> tuple[bytes, bytes]:
    found = _HEAD_END.search(raw)
    return (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")
