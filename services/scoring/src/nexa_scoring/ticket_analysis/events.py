"""What scoring alone needs to know of a ticket."""

from datetime import datetime
from uuid import UUID

from nexa_contracts.envelope import Event


class TicketRead(Event):
    """A ticket came in. `terms` are its words without endings, in the order in which they stand in it.

    `feature` and `type` are what the analysis found; later tickets are compared by them.
    """

    ticket_id: UUID
    account_id: UUID | None
    submitted_at: datetime
    product_version: str | None
    language: str
    feature: str | None
    type: str | None
    terms: tuple[str, ...]


class TicketAttributed(Event):
    """It is this account's."""

    ticket_id: UUID
    account_id: UUID


class TicketSetAside(Event):
    """It goes on in another ticket, and is none of its own meanwhile."""

    ticket_id: UUID


class TicketTakenBack(Event):
    """It goes on by itself again."""

    ticket_id: UUID


class AnalysisCorrected(Event):
    """A person said otherwise. `said` and `confidence` are what the analysis had said, None where there was none.

    `label_id` is the id of the event by which support told.
    """

    ticket_id: UUID
    label_id: str
    field: str
    before: str | None
    after: str
    said: str | None
    confidence: float | None
    analysis_id: str | None
    rules_version: int | None
    by_id: UUID | None
    corrected_at: datetime
