"""Telling programs that look into mails from people who read them, as far as their requests tell.

Not certain either way: a scanner that waits and calls itself a browser passes for a person, and a person who opens a mail the
moment it arrives for a program. Gmail's and Yahoo's picture proxies ask when somebody opens the mail and count as that person.
"""

import re
from datetime import timedelta

SOON = timedelta(seconds=10)
"""Scanners look at a mail and its links while it is being delivered."""

APPLE_PROXY = "Mozilla/5.0"
"""All that Apple's mail privacy proxy says of itself; it fetches every picture, whether the mail is read or not."""

PROGRAMS = re.compile(
    r"bot\b|crawl|spider|scan|preview|prefetch|monitor|headless|phantom|barracuda|proofpoint|mimecast|trendmicro|symantec"
    r"|messagelabs|forcepoint|ironport|cloudmark|safelinks|facebookexternalhit|whatsapp|telegram|slack|python|curl/|wget/"
    r"|libwww|java/|okhttp|go-http|httpclient|node-fetch|axios|ruby|perl",
    re.IGNORECASE,
)


def why_machine(method: str, user_agent: str, purpose: str, since_sent: timedelta | None) -> str | None:
    """Why this request is taken to be a program's; None for a person's.

    `purpose` is the header of that name (or Sec-Purpose, X-Moz), by which browsers tell of a prefetch. `since_sent` is the time
    since the mail server took the mail; None while it has not been recorded that it did.
    """
    if method == "HEAD":
        return "asked for the head only"
    if not user_agent.strip():
        return "does not say what it is"
    if user_agent.strip() == APPLE_PROXY:
        return "prefetched by a mail program's proxy"
    if "prefetch" in purpose.lower() or "preview" in purpose.lower():
        return "prefetched by a browser"
    if PROGRAMS.search(user_agent):
        return "calls itself a program"
    if since_sent is None or since_sent < SOON:
        return "within seconds of sending"
    return None
