"""How an event came about: who acted, in which process, because of what, and when it happened."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """`actor` is a person's subject or `system:<service>.<reaction>`; `causation_id` is the id of the event that led to this.

    `time` is when it happened, where that is not the moment it is decided (an imported fact); `traceparent` is the W3C
    context of the one span that this command belongs to.
    """

    actor: str
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None
    time: datetime | None = None
