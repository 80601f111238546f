"""Which entries of a timeline may the customer see? What is not listed stays inside."""

from enum import StrEnum
from uuid import UUID

from nexa_contracts import notifier, sales, success, support
from nexa_contracts.envelope import Event


class Visibility(StrEnum):
    INTERNAL = "internal"
    CUSTOMER = "customer"


MAILS_TO_CUSTOMERS = frozenset(
    {
        "thank_you",
        "nurture_step",
        "welcome",
        "ticket_received",
        "ticket_reply",
        "bug_acknowledged",
        "bug_resolved",
        "fix_withdrawn",
        "ticket_resolved",
        "csat",
    }
)

SEEN_BY_CUSTOMERS = (
    sales.AccountBecameCustomer,
    sales.AccountContractChanged,
    success.OnboardingStarted,
    success.OnboardingCompleted,
    success.KickoffScheduled,
    success.KickoffMoved,
    success.KickoffCancelled,
    success.KickoffHeld,
    support.TicketSubmitted,
    support.TicketReplied,
    support.TicketAcknowledged,
    support.TicketResolved,
    support.CsatRequested,
    support.CsatRecorded,
    support.FeatureShipped,
)


def visibility_of(event: Event) -> Visibility:
    match event:
        case notifier.EmailSent(kind=kind) if kind in MAILS_TO_CUSTOMERS:
            return Visibility.CUSTOMER
        case support.TicketSubmitted(split_from=UUID()):  # an agent's act, in an agent's words
            return Visibility.INTERNAL
        case _ if isinstance(event, SEEN_BY_CUSTOMERS):
            return Visibility.CUSTOMER
        case _:
            return Visibility.INTERNAL
