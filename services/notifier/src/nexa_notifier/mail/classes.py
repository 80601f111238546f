"""Which mails are marketing: those need consent, carry a way to unsubscribe, and are alone in having their answers followed."""

from enum import StrEnum

MARKETING_KINDS = frozenset({"thank_you", "nurture_step"})
SURVEY = "csat"
LINKED_KINDS = MARKETING_KINDS | {SURVEY}
"""Mails with links that lead back here: they wait where this service has no address."""


class Cause(StrEnum):
    """Why an address is on the suppression list."""

    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    MANUAL = "manual"


STOPS_EVERY_MAIL = Cause.BOUNCED
"""There is no such mailbox. Every other cause stops marketing mails alone: what a customer is owed still arrives."""


def is_marketing(kind: str) -> bool:
    return kind in MARKETING_KINDS
