"""What a customer says in lines of their own: `Impact: blocking work`, `Version: 2.1.5`."""

import re

_LINE = re.compile(r"^[ \t]*(impact|version)[ \t]*:[ \t]*(\S[^\n]{0,199})$", re.IGNORECASE | re.MULTILINE)


def said_in(text: str) -> dict[str, str]:
    """Impact and version, where they stand in a line of the text; the first counts."""
    found: dict[str, str] = {}
    for name, value in _LINE.findall(text):
        found.setdefault(name.lower(), value.strip())
    return found
