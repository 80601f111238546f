"""HTML from strangers: as safe HTML to show, and as plain text to work with."""

import html as entities
import re
from collections.abc import Iterator

import nh3

MOST_TAGS = 10_000
LONGEST_MARKUP = 200_000
"""Characters. Parsing takes the square of the depth and of the attributes of a tag; of more than this, the text is shown."""
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]*")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_BLOCKS = {"br", "p", "div", "li", "ul", "ol", "tr", "table", "blockquote", "pre", "hr"}
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "section", "article"}
_UNSEEN = {"script", "style", "title", "noscript", "template"}
_SHOWN = {*_BLOCKS, "a", "b", "strong", "i", "em", "u", "code", "thead", "tbody", "td", "th", "span"}


def safe_html(markup: str) -> str:
    """Without scripts, styles, forms, pictures and anything else that acts or is fetched; links do not tell where from."""
    if markup.count("<") > MOST_TAGS or len(markup) > LONGEST_MARKUP:
        return f"<pre>{entities.escape(text_of_html(markup))}</pre>"
    return nh3.clean(
        markup,
        tags=_SHOWN,
        clean_content_tags=_UNSEEN,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def text_of_html(markup: str) -> str:
    """What a reader sees of it, a block to a line. Takes time in proportion to the length, whatever is in it."""
    text = entities.unescape("".join(_seen(markup))).replace("\xa0", " ")
    return _BLANK_LINES.sub("\n\n", text.replace("\r\n", "\n")).strip()


def _seen(markup: str) -> Iterator[str]:
    """The text between the tags. What is never closed hides nothing: better a tag that is read than a sentence that is not."""
    lower = markup.lower() if len(markup.lower()) == len(markup) else markup
    unclosed: set[str] = set()
    at = 0
    while (start := markup.find("<", at)) >= 0:
        yield markup[at:start]
        mark, closing = ("<!--", "-->") if markup.startswith("<!--", start) else ("<", ">")
        end = -1 if closing in unclosed else markup.find(closing, start + len(mark))
        if end < 0:
            unclosed.add(closing)
        name = _NAME.match(markup, start + 1 + markup.startswith("/", start + 1))
        if end < 0 or (mark == "<" and name is None and markup[start + 1 : start + 2] not in ("!", "?")):
            yield mark
            at = start + len(mark)
            continue
        at = end + len(closing)
        if mark == "<" and name is not None:
            tag = name[0].lower()
            yield "\n" if tag in _BLOCKS else " " if tag in ("td", "th") else ""
            if tag in _UNSEEN and markup[start + 1] != "/" and tag not in unclosed:
                close = lower.find(f"</{tag}", at)
                at = close if close >= 0 else at
                if close < 0:
                    unclosed.add(tag)
    yield markup[at:]
