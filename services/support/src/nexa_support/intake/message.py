"""A raw mail (RFC 5322) becomes what support needs of it. Whatever the bytes are, something readable comes out."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from email.utils import getaddresses, parseaddr

from nexa_support.intake.html_text import text_of_html

REPLY_MARK = "##- Please write above this line -##"
"""Stands in the mails that go out; what follows it in an answer is what was quoted."""
LONGEST_SUBJECT = 300
LONGEST_TEXT = 200_000
MOST_PARTS = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")
_QUOTED_MARK = re.compile(rf"^.*{re.escape(REPLY_MARK)}.*$", re.MULTILINE)


@dataclass(frozen=True)
class MailFile:
    """A file that came with a mail."""

    filename: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class ReceivedMail:
    """A mail as it was understood; `faults` say what could not be read as it claims to be.

    `automatic`: why a program is taken to have written it, None for a person. `references`: the mails it answers, the latest
    first, without angle brackets.
    """

    message_id: str | None
    references: tuple[str, ...]
    from_name: str
    from_address: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    files: tuple[MailFile, ...]
    automatic: str | None
    faults: tuple[str, ...]


def read_mail(raw: bytes) -> ReceivedMail:
    """Never raises: what cannot be taken apart is kept whole, as text."""
    faults: list[str] = []
    message = _parsed(raw, faults)
    plain, html, files = _content(message, faults)
    text = plain if plain.strip() else text_of_html(html) if html else ""
    name, address = _sender(message)
    return ReceivedMail(
        message_id=_first_id(_header(message, "Message-ID")),
        references=_references(message),
        from_name=name or address,
        from_address=address,
        recipients=_recipients(message),
        subject=clean(_header(message, "Subject")).replace("\n", " ").strip()[:LONGEST_SUBJECT],
        text=_without_quote(clean(text)).strip()[:LONGEST_TEXT],
        files=tuple(files),
        automatic=_automatic(message),
        faults=tuple(faults),
    )


def clean(text: str) -> str:
    """Without what a text column or a terminal chokes on, and with line ends of one kind."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def decoded(content: bytes, charset: str | None) -> tuple[str, str | None]:
    """The text, and what was wrong with the charset it claims: then UTF-8 is tried, and at last Windows-1252."""
    for candidate in (charset, "utf-8"):
        if candidate is None:
            continue
        with contextlib.suppress(LookupError, UnicodeError, ValueError):
            return content.decode(candidate), None if candidate == charset or charset is None else f"not {charset}"
    return content.decode("cp1252", errors="replace"), f"not {charset or 'utf-8'}"


def _parsed(raw: bytes, faults: list[str]) -> Message:
    try:
        return BytesParser(policy=compat32).parsebytes(raw)
    except (MessageError, RecursionError, ValueError, LookupError, IndexError, TypeError, AttributeError) as error:
        faults.append(f"structure: {type(error).__name__}")
        headers, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
        message = BytesHeaderParser(policy=compat32).parsebytes(headers)
        for name in ("Content-Type", "Content-Transfer-Encoding"):
            del message[name]
        message.set_payload(body.decode("latin-1"))
        return message


def _content(message: Message, faults: list[str]) -> tuple[str, str, list[MailFile]]:
    """The plain text, the HTML and the files; several texts of one kind are joined."""
    plain: list[str] = []
    html: list[str] = []
    files: list[MailFile] = []
    for number, part in enumerate(_leaves(message)):
        if number == MOST_PARTS:
            faults.append(f"more than {MOST_PARTS} parts: the others stay in the raw mail")
            break
        content = _bytes_of(part, faults)
        kind = part.get_content_type()
        attached = (part.get_content_disposition() or "") == "attachment" or _filename(part) is not None
        if attached or not kind.startswith("text/"):
            files.append(MailFile(_filename(part) or _unnamed(kind, number), kind, content))
            continue
        text, fault = decoded(content, _charset(part))
        if fault:
            faults.append(f"charset: {fault}")
        (html if kind == "text/html" else plain).append(text)
    return "\n".join(plain), "\n".join(html), files


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in order, without recursion: a mail may nest as deep as it likes."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and part is not message:
            yield part
        elif isinstance(payload, list):
            waiting += [each for each in reversed(payload) if isinstance(each, Message)]
        else:
            yield part


def _bytes_of(part: Message, faults: list[str]) -> bytes:
    try:
        if part.is_multipart():
            return part.as_bytes()
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, RecursionError, AttributeError, UnicodeError, MessageError) as error:
        faults.append(f"part: {type(error).__name__}")
        content = str(part.get_payload()).encode("utf-8", "surrogateescape")
    return content if isinstance(content, bytes) else b""


def _charset(part: Message) -> str | None:
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError, UnicodeError):
        return part.get_content_charset()
    return None


def _filename(part: Message) -> str | None:
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError, UnicodeError):
        name = part.get_filename()
        if name is not None:
            safe = clean(_decoded_header(name)).replace("\n", " ").replace("/", "_").replace("\\", "_").strip(" .")
            return safe[-200:] or None
    return None


def _unnamed(kind: str, number: int) -> str:
    return f"part-{number + 1}.{'eml' if kind == 'message/rfc822' else 'bin'}"


def _header(message: Message, name: str) -> str:
    value = message.get(name)
    return "" if value is None else _decoded_header(str(value))


def _decoded_header(value: str) -> str:
    """A header with its encoded words (RFC 2047) decoded; one that cannot be is taken as it stands."""
    with contextlib.suppress(MessageError, ValueError, LookupError, UnicodeError, TypeError):
        pieces = decode_header(value)
        return "".join(
            piece if isinstance(piece, str) else decoded(piece, None if charset == "unknown-8bit" else charset)[0]
            for piece, charset in pieces
        )
    return value


def _sender(message: Message) -> tuple[str, str]:
    for name in ("Reply-To", "From", "Sender"):
        real, address = parseaddr(_header(message, name))
        if address.count("@") == 1 and " " not in address:
            shown = real if name != "Reply-To" or real else parseaddr(_header(message, "From"))[0]
            return clean(shown).replace("\n", " ").strip()[:200], clean(address).lower()
    return "", ""


def _recipients(message: Message) -> tuple[str, ...]:
    headers = [_header(message, name) for name in ("To", "Cc", "Delivered-To", "X-Original-To")]
    found = [clean(address).lower() for _, address in getaddresses([each for each in headers if each])]
    return tuple(dict.fromkeys(address for address in found if "@" in address))[:100]


def _references(message: Message) -> tuple[str, ...]:
    ids = _MESSAGE_ID.findall(_header(message, "In-Reply-To"))
    ids += reversed(_MESSAGE_ID.findall(_header(message, "References")))
    return tuple(dict.fromkeys(ids))[:50]


def _first_id(value: str) -> str | None:
    found = _MESSAGE_ID.search(value)
    return found[1] if found else None


def _automatic(message: Message) -> str | None:
    """Why a program is taken to have written it (RFC 3834, RFC 3464, and what mail programs do besides)."""
    said = {name.lower(): _header(message, name).strip().lower() for name in message}
    if message.get_content_type() in ("multipart/report", "message/delivery-status"):
        return "a report of a mail server"
    if said.get("return-path") == "<>":
        return "a bounce"
    if (said.get("auto-submitted") or "no").partition(";")[0].strip() != "no":
        return "an automatic reply"
    if said.get("precedence") in ("bulk", "list", "junk", "auto_reply"):
        return f"precedence {said['precedence']}"
    for name in ("x-autoreply", "x-autorespond", "x-auto-reply-from", "x-failed-recipients"):
        if said.get(name):
            return "an automatic reply"
    if "list-id" in said or "list-unsubscribe" in said:
        return "a mailing list"
    local = _sender(message)[1].partition("@")[0]
    return "a mail server" if local in ("mailer-daemon", "postmaster") else None


def _without_quote(text: str) -> str:
    found = _QUOTED_MARK.search(text)
    return text[: found.start()] if found else text
