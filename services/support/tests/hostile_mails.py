"""Mails as nobody should send them: the worst by name, and any number of others from a seed."""

import base64
import quopri
import random
from collections.abc import Callable, Iterator

HEAD = b"From: Eve <eve@evil.example>\r\nTo: support@nexa.example\r\nSubject: Help\r\nMessage-ID: <%s@evil.example>\r\n"
CRLF = b"\r\n"


def mail(headers: bytes = b"", body: bytes = b"It fails\r\n", *, head: bytes = HEAD, name: bytes = b"one") -> bytes:
    """One mail; `headers` are further ones, each with its line end."""
    return (head % name if b"%s" in head else head) + headers + CRLF + body


def typed(kind: bytes, body: bytes, coding: bytes = b"8bit") -> bytes:
    return mail(b"Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n" % (kind, coding), body)


def parts(*each: bytes, kind: bytes = b"mixed", boundary: bytes = b"b") -> bytes:
    inner = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in each)
    return typed(b'multipart/%s; boundary="%s"' % (kind, boundary), inner + b"--%s--\r\n" % boundary)


def nested(depth: int, kind: bytes = b"mixed") -> bytes:
    open_ = b"".join(
        b"Content-Type: multipart/%s; boundary=b%d\r\n\r\n--b%d\r\n" % (kind, level, level) for level in range(depth)
    )
    return HEAD % b"deep" + open_ + b"Content-Type: text/plain\r\n\r\nAt the bottom\r\n"


def mails_in_mails(depth: int) -> bytes:
    return HEAD % b"russian" + b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n" * depth + b"\r\nAt the bottom"


def attached(name: bytes, content: bytes = b"x", kind: bytes = b"a/b", parameter: bytes = b"filename") -> bytes:
    text = b"Content-Type: text/plain\r\n\r\nSee the file\r\n"
    return parts(
        text, b"Content-Type: %s\r\nContent-Disposition: attachment; %s=%s\r\n\r\n%s" % (kind, parameter, name, content)
    )


def html(markup: str) -> bytes:
    return typed(b"text/html; charset=utf-8", markup.encode())


def _coded(words: bytes) -> bytes:
    return mail(head=HEAD.replace(b"Subject: Help", b"Subject: " + words))


def _from(value: bytes) -> bytes:
    return mail(head=HEAD.replace(b"Eve <eve@evil.example>", value))


NAMED: dict[str, Callable[[], bytes]] = {
    "one byte": lambda: b"x",
    "only line ends": lambda: b"\r\n" * 1000,
    "only NULs": lambda: b"\0" * 10_000,
    "every byte": lambda: bytes(range(256)) * 100,
    "NULs in every header": lambda: mail(
        b"X-\0: \0\r\n", head=HEAD.replace(b"Help", b"He\0lp").replace(b"Eve", b"E\0ve")
    ),
    "NUL in the message id": lambda: mail(head=HEAD.replace(b"<%s@", b"<\0%s@")),
    "NULs in the text": lambda: mail(body=b"It\0fails\0"),
    "NUL in a filename": lambda: attached(b'"re\0port.pdf"'),
    "NUL in a media type": lambda: attached(b"a.pdf", kind=b"application/\0pdf"),
    "half characters in UTF-8": lambda: typed(b"text/plain; charset=utf-8", b"\xed\xa0\x80 and \xed\xbf\xbf"),
    "half characters in UTF-16": lambda: typed(b"text/plain; charset=utf-16", b"\xff\xfe\x00\xd8\x00\xd8a\x00"),
    "half characters by unicode_escape": lambda: typed(b"text/plain; charset=unicode_escape", rb"\ud800 \udfff"),
    "half characters in UTF-7": lambda: typed(b"text/plain; charset=utf-7", b"+2AA- +3wA-"),
    "half characters in a filename": lambda: attached(b"\xed\xa0\x80.pdf"),
    "half characters in HTML": lambda: html("<p>&#xD800;&#0;&#x1F600;&#99999999;</p>"),
    "raw 8-bit headers": lambda: _coded("Grüße, größer".encode("latin-1")),
    "raw UTF-8 headers": lambda: _coded("Grüße 你好 🚀".encode()),
    "no such charset": lambda: typed(b"text/plain; charset=x-klingon", b"nuqneH \xe4"),
    "a charset with a NUL": lambda: typed(b"text/plain; charset=utf\x00-8", b"hello"),
    "a charset that is a codec": lambda: typed(b"text/plain; charset=zlib_codec", b"x\x9c\x03\x00"),
    "a charset of quadratic time": lambda: typed(
        b"text/plain; charset=punycode", b"a" * 200_000 + b"-" + b"b" * 200_000
    ),
    "a charset of a megabyte": lambda: typed(b"text/plain; charset=" + b"x" * 1_000_000, b"hello"),
    "UTF-16 without a mark": lambda: typed(b"text/plain; charset=utf-16le", "It fails".encode("utf-16le")),
    "UTF-32 cut": lambda: typed(b"text/plain; charset=utf-32", b"\x00\x01"),
    "encoded word of no charset": lambda: _coded(b"=?nope?B?aGVsbG8=?="),
    "encoded word of no encoding": lambda: _coded(b"=?utf-8?X?hello?="),
    "encoded word cut": lambda: _coded(b"=?utf-8?B?aGVsbG8"),
    "encoded word of broken base64": lambda: _coded(b"=?utf-8?B?a?="),
    "encoded word with a line end": lambda: _coded(b"=?utf-8?Q?one=0D=0ABcc:_x?="),
    "encoded words, 2,000 of them": lambda: _coded(b"\r\n ".join([b"=?utf-8?B?aGVsbG8=?="] * 2000)),
    "encoded words in words": lambda: _coded(b"=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?="),
    "subject of five megabytes": lambda: _coded(b"x" * 5_000_000),
    "subject folded 50,000 times": lambda: _coded(b"x\r\n " * 50_000),
    "from without an address": lambda: _from(b"Eve"),
    "from of 10,000 parentheses": lambda: _from(b"(" * 10_000 + b"e@x.example"),
    "from of 10,000 quotes": lambda: _from(b'"\\' * 10_000 + b"e@x.example"),
    "from with an address of 100,000 letters": lambda: _from(b"a" * 100_000 + b"@evil.example"),
    "from with three ats": lambda: _from(b"<a@b@c@d.example>"),
    "from of 5,000 people": lambda: _from(b", ".join(b"p%d@x.example" % n for n in range(5000))),
    "from with a group": lambda: _from(b"undisclosed-recipients:;"),
    "from another line": lambda: _from(b"=?utf-8?Q?a=0AB?= <eve@evil.example>"),
    "two of each header": lambda: mail(HEAD % b"two"),
    "no headers": lambda: b"\r\nJust a text\r\n",
    "no body": lambda: HEAD % b"nobody",
    "headers without colons": lambda: b"From eve\r\nHello there\r\nwhat is this\r\n\r\nText",
    "200,000 headers": lambda: mail(b"X-A: b\r\n" * 200_000),
    "message id of 100,000 letters": lambda: mail(name=b"m" * 100_000),
    "100,000 references": lambda: mail(b"References: " + b" ".join(b"<%d@x>" % n for n in range(100_000)) + CRLF),
    "base64 that is none": lambda: typed(b"text/plain", b"!!!! not base64 !!!!", b"base64"),
    "base64 cut": lambda: typed(b"text/plain", b"SGVsbG8gd29ybGQ", b"base64"),
    "quoted-printable broken": lambda: typed(b"text/plain", b"=ZZ=4=\r\n=", b"quoted-printable"),
    "uuencode broken": lambda: typed(b"text/plain", b"begin 644 x\n$$$$\nend", b"x-uuencode"),
    "an encoding that is none": lambda: typed(b"text/plain", b"hello", b"rot13"),
    "multipart without a boundary": lambda: typed(b"multipart/mixed", b"--b\r\n\r\nhello\r\n--b--"),
    "multipart never closed": lambda: typed(b"multipart/mixed; boundary=b", b"--b\r\n\r\nhello"),
    "multipart of nothing": lambda: typed(b"multipart/mixed; boundary=b", b""),
    "multipart with base64 around": lambda: typed(
        b"multipart/mixed; boundary=b", b"--b\r\n\r\nhello\r\n--b--", b"base64"
    ),
    "boundary of a megabyte": lambda: parts(b"\r\nhello", boundary=b"b" * 1_000_000),
    "inner boundary of ten megabytes": lambda: parts(
        b"Content-Type: multipart/mixed; boundary=" + b"c" * 10_000_000 + b"\r\n\r\nhello"
    ),
    "30 multiparts around 300,000 lines": lambda: nested(30) + b"\r\n" * 300_000,
    "boundary in continuations": lambda: typed(
        b"multipart/mixed; boundary*0=b; boundary*9999999999=c", b"--b\r\n\r\nx"
    ),
    "parameter number of 5,000 digits": lambda: typed(b"text/plain; name*" + b"9" * 5000 + b"=x", b"hello"),
    "filename of no charset": lambda: attached(b"x; filename*=nope'en'%ff%fe"),
    "filename that is a path": lambda: attached(b'"../../../../etc/passwd"'),
    "filename that turns around": lambda: attached('"invoice\u202efdp.exe"'.encode()),
    "filename of a megabyte": lambda: attached(b"f" * 1_000_000 + b".pdf"),
    "300 multiparts in each other": lambda: nested(300),
    "5,000 multiparts in each other": lambda: nested(5000),
    "100 mails in each other": lambda: mails_in_mails(100),
    "5,000 mails in each other": lambda: mails_in_mails(5000),
    "100,000 parts": lambda: parts(*[b"\r\nx"] * 100_000),
    "300 multiparts around 300,000 lines": lambda: nested(300) + b"\r\n" * 300_000,
    "text of twenty megabytes": lambda: mail(body=b"x" * 20_000_000),
    "a million lines": lambda: mail(body=CRLF * 1_000_000),
    "text of 100,000 rockets": lambda: typed(b"text/plain; charset=utf-8", "🚀".encode() * 100_000),
    "text of 100,000 words": lambda: mail(body=b" ".join(b"w%d" % n for n in range(100_000))),
    "file of fifteen megabytes": lambda: attached(b"a.bin", b"x" * 15_000_000),
    "HTML of a million brackets": lambda: html("<" * 1_000_000),
    "HTML 300,000 deep": lambda: html("<div>" * 300_000 + "deep"),
    "HTML of 9,000 tables in each other": lambda: html("<table><tr><td>" * 3_000 + "deep"),
    "HTML of 500,000 attributes": lambda: html("<a " + " ".join(f"x{n}=1" for n in range(500_000)) + ">hello</a>"),
    "HTML of 100,000 comments never closed": lambda: html("<!--" * 100_000 + "hello"),
    "HTML of 100,000 scripts never closed": lambda: html("<script>" * 100_000 + "hello"),
    "50,000 underscores": lambda: mail(body=b"a_" * 50_000),
    "HTML of a million entities": lambda: html("&amp;lt;&#x41;" * 100_000),
    "HTML with blanks for a megabyte": lambda: html("<p>\n" + " " * 1_000_000 + "\n" * 100_000 + "x"),
    "our mark a hundred thousand times": lambda: mail(body=b"##- Please write above this line -##\r\n" * 100_000),
    "no subject, no text, no file": lambda: b"From: eve@evil.example\r\n\r\n",
    "bare carriage returns": lambda: mail().replace(b"\r\n", b"\r"),
    "a mailbox file": lambda: b"From eve@evil.example Mon Nov 17 09:00:00 2025\n" + mail().replace(b"\r\n", b"\n"),
    "our own address as sender": lambda: _from(b"support@nexa.example"),
    "a ticket's address as sender": lambda: _from(b"support+T-0123456789@nexa.example"),
    "a reference to no ticket": lambda: _coded(b"Re: [T-0123456789]"),
    "SQL and JSON": lambda: mail(head=HEAD.replace(b"Help", b"'); drop table mails; -- \\u0000 \"}")),
}


def generated(count: int, seed: int = 20251117) -> Iterator[bytes]:
    """The same mails for the same seed: a sound one that something was done to, a few times."""
    chance = random.Random(seed)
    for number in range(count):
        raw = _sound(chance, number)
        for _ in range(chance.randint(1, 4)):
            raw = chance.choice(_SPOILT)(chance, raw)
        yield raw


def _sound(chance: random.Random, number: int) -> bytes:
    charset = chance.choice(
        ["utf-8", "iso-8859-1", "utf-16", "koi8-r", "shift_jis", "gb18030", "windows-1252", "utf-7"]
    )
    text = chance.choice(
        ["Export fails", "Größe ändern geht nicht", "出力できない", "Экспорт не работает", "🚀 to the moon"]
    )
    content = (text * chance.randint(1, 200)).encode(charset, "replace")
    coding = chance.choice(["8bit", "base64", "quoted-printable"])
    if coding == "base64":
        content = base64.encodebytes(content)
    elif coding == "quoted-printable":
        content = quopri.encodestring(content)
    kind = chance.choice(["text/plain", "text/html"])
    head = (
        f"From: Sender {number} <s{number}@domain{number % 50}.example>\r\nTo: support@nexa.example\r\n"
        f"Message-ID: <m{number}@domain.example>\r\n"
    ).encode()
    subject = b"Subject: =?%s?B?%s?=\r\n" % (charset.encode(), base64.b64encode(text.encode(charset, "replace")))
    part = f"Content-Type: {kind}; charset={charset}\r\nContent-Transfer-Encoding: {coding}\r\n\r\n".encode() + content
    for level in range(chance.choice([0, 0, 1, 1, 2, 5, 40])):
        wrapped = chance.choice(["mixed", "alternative", "related", "signed", "digest"])
        file = b"Content-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n\r\n\x89PNG"
        part = b"Content-Type: multipart/%s; boundary=b%d\r\n\r\n--b%d\r\n%s\r\n--b%d\r\n%s\r\n--b%d--\r\n" % (
            wrapped.encode(),
            level,
            level,
            part,
            level,
            file,
            level,
        )
    return head + subject + part


def _flip(chance: random.Random, raw: bytes) -> bytes:
    spoilt = bytearray(raw)
    for _ in range(chance.randint(1, 30)):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)


def _cut(chance: random.Random, raw: bytes) -> bytes:
    return raw[: chance.randint(1, len(raw))]


def _repeat(chance: random.Random, raw: bytes) -> bytes:
    start = chance.randrange(len(raw))
    piece = raw[start : start + chance.randint(1, 200)]
    return raw[:start] + piece * chance.randint(2, 300) + raw[start:]


def _insert(chance: random.Random, raw: bytes) -> bytes:
    at = chance.randrange(len(raw))
    junk = [
        b"\0",
        b"\xed\xa0\x80",
        b"\r\n\r\n",
        b"=?utf-8?B?",
        b"--b0\r\n",
        b"\xff\xfe",
        b"(" * 3000,
        b'"',
        b"\x1b[31m",
        b"=?=",
    ]
    return raw[:at] + chance.choice(junk) * chance.randint(1, 20) + raw[at:]


def _swap(chance: random.Random, raw: bytes) -> bytes:
    lines = raw.split(CRLF)
    chance.shuffle(lines)
    return CRLF.join(lines)


def _lie(chance: random.Random, raw: bytes) -> bytes:
    lies = [
        (b"utf-8", b"ascii"),
        (b"base64", b"quoted-printable"),
        (b"text/plain", b"multipart/mixed"),
        (b"boundary=", b"b="),
    ]
    return raw.replace(*chance.choice(lies))


def _unix(chance: random.Random, raw: bytes) -> bytes:
    return raw.replace(CRLF, chance.choice([b"\n", b"\r", b"\n\r"]))


_SPOILT = [_flip, _flip, _cut, _repeat, _insert, _insert, _swap, _lie, _unix]
