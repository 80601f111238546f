"""Tickets as scoring meets them in tests."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from nexa_chassis.testing import NOW
from nexa_contracts.support import (
    Channel,
    Requester,
    TicketAccountFound,
    TicketCorrected,
    TicketMerged,
    TicketSubmitted,
    TicketUnmerged,
)
from nexa_scoring.ticket_analysis.similarity import Known

ROOT = UUID(int=77)
MONDAY = NOW
GOLDEN = {
    "subject": "Export function not working",
    "description": "When I try to export contacts to CSV, I get an error message",
    "impact": "blocking work",
    "product_version": "2.1.5",
}
OTHERS = (
    ("CSV export fails", "Exporting our contacts as CSV ends with an error"),
    ("Cannot export contacts", "The export to CSV stops with the message 'module not found'"),
    ("Export broken", "Since the update the CSV export of contacts shows an error"),
    ("Error when exporting", "I get an error message whenever I export contacts to a CSV file"),
    ("Contacts export", "Our CSV export of contacts does not work any more, error message"),
)
"""Five other accounts report the same."""


def ticket_id(name: str | int) -> UUID:
    return uuid5(ROOT, f"ticket {name}")


def account_id(name: str | int) -> UUID:
    return uuid5(ROOT, f"account {name}")


def _fields(name: str | int, subject: str, account: str | int | None) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id(name),
        "reference": "T-7K3QX2M9AB",
        "subject": subject,
        "account_id": None if account is None else account_id(account),
    }


def submitted(
    name: str | int,
    subject: str = GOLDEN["subject"],
    description: str = GOLDEN["description"],
    *,
    at: datetime = MONDAY,
    account: str | int | None = None,
    **rest: Any,
) -> TicketSubmitted:
    return TicketSubmitted(
        **_fields(name, subject, account),
        description=description,
        channel=Channel.EMAIL,
        requester=Requester(name="Sarah Okafor"),
        submitted_at=at,
        **rest,
    )


def golden_story() -> list[TicketSubmitted]:
    """Five tickets in the week before, Acme's last."""
    others = [
        submitted(n, *text, at=MONDAY - timedelta(days=6 - n), account=n, product_version="2.1.5")
        for n, text in enumerate(OTHERS)
    ]
    return [*others, submitted("acme", account="acme", **GOLDEN)]


def account_found(name: str | int, account: str | int) -> TicketAccountFound:
    return TicketAccountFound(**_fields(name, GOLDEN["subject"], account), because="said by an agent")


def corrected(name: str | int, field: str, before: str | None, after: str) -> TicketCorrected:
    return TicketCorrected(**_fields(name, GOLDEN["subject"], None), field=field, before=before, after=after)


def merged(name: str | int, into: str | int, account: str | int | None = None) -> TicketMerged:
    into_id = ticket_id(into)
    return TicketMerged(**_fields(name, GOLDEN["subject"], account), into_id=into_id, into_reference="T-9M2QK4TRWE")


def unmerged(name: str | int, into: str | int, account: str | int | None = None) -> TicketUnmerged:
    return TicketUnmerged(**_fields(name, GOLDEN["subject"], account), into_id=ticket_id(into))


def known(name: str | int, terms: str, at: datetime = MONDAY, **rest: Any) -> Known:
    return Known(ticket_id(name), at, tuple(terms.split()), **rest)
