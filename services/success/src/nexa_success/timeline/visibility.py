"""Which entries of a timeline may the customer see? What is not listed stays inside."""

from enum import StrEnum

from nexa_contracts import notifier, sales, success
from nexa_contracts.envelope import Event


class Visibility(StrEnum):
    INTERNAL = "internal"
    CUSTOMER = "customer"


MAILS_TO_CUSTOMERS = frozenset({"thank_you", "nurture_step", "welcome"})

SEEN_BY_CUSTOMERS = (
    sales.AccountBecameCustomer,
    sales.AccountContractChanged,
    success.OnboardingStarted,
    success.OnboardingCompleted,
    success.KickoffScheduled,
    success.KickoffMoved,
    success.KickoffCancelled,
    success.KickoffHeld,
)


def visibility_of(event: Event) -> Visibility:
    match event:
        case notifier.EmailSent(kind=kind) if kind in MAILS_TO_CUSTOMERS:
            return Visibility.CUSTOMER
        case _ if isinstance(event, SEEN_BY_CUSTOMERS):
            return Visibility.CUSTOMER
        case _:
            return Visibility.INTERNAL
