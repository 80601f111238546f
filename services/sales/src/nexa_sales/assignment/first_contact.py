"""How soon a lead is to be called or written to for the first time, and the clock that shows it.

It runs from when the lead came to sales in its band (waiting for a rep counts) until the first call or mail, or until the
lead is closed. Moving up into a higher band begins it anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from nexa_contracts.values import Band

FIRST_CONTACT_WITHIN: Mapping[Band, timedelta] = {
    Band.HIGH: timedelta(hours=24),
    Band.MEDIUM: timedelta(hours=48),
    Band.LOW: timedelta(hours=48),
}
"""A Low lead has such a clock only where a person has given it to a rep."""


@dataclass(frozen=True)
class Clock:
    """`stopped_at`: when it was contacted or closed, None while the clock runs."""

    target: timedelta
    started_at: datetime
    stopped_at: datetime | None

    @property
    def due_at(self) -> datetime:
        return self.started_at + self.target

    def used(self, now: datetime) -> timedelta:
        return max(timedelta(), (self.stopped_at or now) - self.started_at)

    def breached_at(self, now: datetime) -> datetime | None:
        """When the target was missed; None if it was met, or still can be."""
        return self.due_at if self.used(now) > self.target else None
