"""HTML from strangers: as safe HTML to show, and as plain text to work with."""

import html as entities
import re

import nh3

MOST_TAGS = 10_000
"""Parsing takes the square of the depth; of a text with more tags only what stands between them is taken."""
_BREAKS = re.compile(r"<br ?/?>|</?(?:p|div|li|ul|ol|tr|table|h[1-6]|blockquote|pre)>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_BLANK_LINES = re.compile(r"\n\s*\n\s*")
_KEPT = {"br", "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"}
_UNSEEN = {"script", "style", "title", "head", "noscript", "template"}
_SHOWN = _KEPT | {"a", "b", "strong", "i", "em", "u", "code", "thead", "tbody", "td", "th", "hr", "span"}


def safe_html(markup: str) -> str:
    """Without scripts, styles, forms, pictures and anything else that acts or is fetched; links do not tell where from."""
    if markup.count("<") > MOST_TAGS:
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
    """What a reader sees of it, a block to a line."""
    blocks = markup
    if markup.count("<") <= MOST_TAGS:
        blocks = nh3.clean(markup, tags=_KEPT, clean_content_tags=_UNSEEN, attributes={})
    text = entities.unescape(_TAG.sub("", _BREAKS.sub("\n", blocks)))
    return _BLANK_LINES.sub("\n\n", text.replace("\xa0", " ")).strip()
