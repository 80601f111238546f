"""A churn alert: open, acknowledged, put aside until a time, or closed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.success import (
    AlertOutcome,
    ChurnAlertAcknowledged,
    ChurnAlertClosed,
    ChurnAlertRaised,
    ChurnAlertResumed,
    ChurnAlertSnoozed,
)
from nexa_success.churn_alert.events import AlertOwnerChanged


@dataclass(frozen=True)
class About:
    """Whom an alert is about, and who has to act."""

    account_id: UUID
    account_name: str
    episode: int
    csm_id: UUID | None


@dataclass(frozen=True)
class NoAlert:
    pass


@dataclass(frozen=True)
class Open:
    about: About


@dataclass(frozen=True)
class Acknowledged:
    about: About
    by: str


@dataclass(frozen=True)
class Snoozed:
    about: About
    until: datetime
    reason: str


@dataclass(frozen=True)
class Closed:
    about: About
    outcome: AlertOutcome


Alert: TypeAlias = NoAlert | Open | Acknowledged | Snoozed | Closed
AlertEvent: TypeAlias = (
    ChurnAlertRaised
    | ChurnAlertAcknowledged
    | ChurnAlertSnoozed
    | ChurnAlertResumed
    | ChurnAlertClosed
    | AlertOwnerChanged
)


def evolve(alert: Alert, event: AlertEvent) -> Alert:
    match alert, event:
        case NoAlert(), ChurnAlertRaised() as raised:
            return Open(About(raised.account_id, raised.account_name, raised.episode, raised.csm_id))
        case NoAlert(), _:
            raise ValueError(f"{type(event).__name__} of an alert that was never raised")
        case _, ChurnAlertRaised():
            raise ValueError("an alert is raised once")
        case _, ChurnAlertAcknowledged(acknowledged_by=by):
            return Acknowledged(alert.about, by)
        case _, ChurnAlertSnoozed(until=until, reason=reason):
            return Snoozed(alert.about, until, reason)
        case _, ChurnAlertResumed():
            return Open(alert.about)
        case _, ChurnAlertClosed(outcome=outcome):
            return Closed(alert.about, outcome)
        case _, AlertOwnerChanged(csm_id=csm_id):
            return replace(alert, about=replace(alert.about, csm_id=csm_id))
