"""A raw mail (RFC 5322) becomes what support needs of it. Whatever the bytes are, something readable comes out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.utils import getaddresses

from nexa_support.intake.automatic import automatic
from nexa_support.intake.charsets import LONGEST_HEADER, clean, decoded, header_text, line
from nexa_support.intake.parts import Content, MailFile, content_of, parsed
from nexa_support.intake.quoting import without_quote

LONGEST_SUBJECT = 300
LONGEST_TEXT = 100_000
LONGEST_NAME = 200
MOST_FAULTS = 20
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")
_ADDRESS = re.compile(r"[^\s@<>\",;:]{1,128}@[^\s@<>\",;:]{1,190}")


@dataclass(frozen=True)
class ReceivedMail:
    """A mail as it was understood; `faults` say what could not be read as it claims to be.

    `automatic`: why a program is taken to have written it, None for a person. `references`: the mails it answers, the latest
    first, without angle brackets. `senders`: every address that it says it is from. `html` is as it came: never to be shown.
    """

    message_id: str | None
    references: tuple[str, ...]
    from_name: str
    from_address: str
    senders: frozenset[str]
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str = field(repr=False)
    files: tuple[MailFile, ...]
    automatic: str | None
    faults: tuple[str, ...]


def read_mail(raw: bytes) -> ReceivedMail:
    """Never raises: what cannot be taken apart is kept whole, as text."""
    faults: list[str] = []
    message = parsed(raw, faults)
    try:
        content = content_of(message, faults)
    except Exception as error:  # a defect of ours or of a library: the text of the mail is no reason to lose it
        faults.append(f"content: {type(error).__name__}")
        content = Content(clean(decoded(raw, None)[0]), "", ())
    text = without_quote(content.text).strip()
    if len(text) > LONGEST_TEXT:
        faults.append(f"text: longer than {LONGEST_TEXT} characters, the rest is in the raw mail")
    name, address = _sender(message)
    return ReceivedMail(
        message_id=next(iter(_ids(message, "Message-ID")), None),
        references=_references(message),
        from_name=name or address,
        from_address=address,
        senders=frozenset(each for header in ("From", "Reply-To", "Sender") for _, each in _addresses(message, header)),
        recipients=_recipients(message),
        subject=line(_header(message, "Subject"), LONGEST_SUBJECT),
        text=text[:LONGEST_TEXT].strip(),
        html=content.html,
        files=content.files,
        automatic=automatic(message.get_content_type(), lambda header: _header(message, header), address),
        faults=tuple(dict.fromkeys(faults))[:MOST_FAULTS],
    )


def _raw_header(message: Message, name: str) -> str:
    """As it came, where `Message.get` has replaced what is not ASCII."""
    for found, value in message.raw_items():
        if found.lower() == name.lower():
            return str(value)[:LONGEST_HEADER]
    return ""


def _header(message: Message, name: str) -> str:
    return header_text(_raw_header(message, name))


def _addresses(message: Message, header: str) -> Iterator[tuple[str, str]]:
    """Names and addresses; names are decoded only once they are taken apart, for they may decode to a comma or an `@`."""
    raw = _raw_header(message, header).encode("utf-8", "surrogateescape")
    try:
        found = getaddresses([decoded(raw, None)[0].replace("\r", "").replace("\n", "")])
    except Exception:  # parentheses in parentheses in parentheses: nobody's address
        return
    for name, address in found[:100]:
        if _ADDRESS.fullmatch(address) and clean(address) == address:
            yield line(header_text(name), LONGEST_NAME), address.lower()


def _sender(message: Message) -> tuple[str, str]:
    """Whom an answer goes to."""
    for header in ("Reply-To", "From", "Sender"):
        for name, address in _addresses(message, header):
            return name or next((each for each, _ in _addresses(message, "From")), ""), address
    return "", ""


def _recipients(message: Message) -> tuple[str, ...]:
    found = [
        address for name in ("To", "Cc", "Delivered-To", "X-Original-To") for _, address in _addresses(message, name)
    ]
    return tuple(dict.fromkeys(found))[:100]


def _references(message: Message) -> tuple[str, ...]:
    ids = [*_ids(message, "In-Reply-To"), *reversed(_ids(message, "References"))]
    return tuple(dict.fromkeys(ids))[:50]


def _ids(message: Message, header: str) -> list[str]:
    found: list[str] = _MESSAGE_ID.findall(clean(_header(message, header)))
    return found
