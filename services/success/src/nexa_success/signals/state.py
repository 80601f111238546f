"""What has been reported of an account, by day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from nexa_contracts.success import AccountSignalReported, EngagementLevel, PaymentStatus

KEPT_DAYS = 800


class Signals(NamedTuple):
    """What is known of one day; None where nothing was reported. A tuple, because hundreds stand in each state."""

    usage: float | None = None
    adoption: float | None = None
    support_tickets: int | None = None
    payment: PaymentStatus | None = None
    engagement: EngagementLevel | None = None
    nps: int | None = None

    def with_reported(self, reported: "Signals") -> "Signals":
        """What is reported takes the place of what was known; what is not reported stays."""
        return Signals._make(known if new is None else new for known, new in zip(self, reported, strict=True))


NOTHING = Signals()


@dataclass(frozen=True)
class AccountSignals:
    """The last days that were reported, and those up to 800 days before the latest of them."""

    days: Mapping[date, Signals] = field(default_factory=dict)

    def on(self, day: date) -> Signals:
        return self.days.get(day, NOTHING)


def evolve(state: AccountSignals, event: AccountSignalReported) -> AccountSignals:
    days = {**state.days, event.on: state.on(event.on).with_reported(reported_in(event))}
    if len(days) > KEPT_DAYS:
        oldest = max(days) - timedelta(days=KEPT_DAYS + 1)
        days = {day: signals for day, signals in days.items() if day >= oldest}
    return AccountSignals(days)


def reported_in(event: AccountSignalReported) -> Signals:
    usage, adoption = (None if each is None else float(each) for each in (event.usage, event.adoption))
    return Signals(usage, adoption, event.support_tickets, event.payment, event.engagement, event.nps)
