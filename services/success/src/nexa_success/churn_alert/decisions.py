"""What is done about an account that is about to be lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.success import (
    AlertOutcome,
    ChurnAlertAcknowledged,
    ChurnAlertClosed,
    ChurnAlertRaised,
    ChurnAlertResumed,
    ChurnAlertSnoozed,
)
from nexa_success.churn_alert.events import AlertOwnerChanged
from nexa_success.churn_alert.state import About, Acknowledged, Alert, AlertEvent, Closed, NoAlert, Open, Snoozed

LONGEST_SNOOZE = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class RaiseAlert:
    """The account's health crossed below 70; `csm_id` is null while nobody is responsible."""

    alert_id: UUID
    account_id: UUID
    account_name: str
    episode: int
    csm_id: UUID | None
    score: int
    play: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ChangeAlertOwner:
    """Somebody else is responsible for the account."""

    alert_id: UUID
    csm_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class EndAlert:
    """The episode ended by itself, the health came back or the account is lost; `cause` is the event that said so."""

    alert_id: UUID
    outcome: AlertOutcome
    cause: str


@dataclass(frozen=True, kw_only=True)
class AcknowledgeAlert:
    """Somebody is on it."""

    alert_id: UUID
    by: str


@dataclass(frozen=True, kw_only=True)
class SnoozeAlert:
    """Put it aside until then."""

    alert_id: UUID
    until: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class ResumeAlert:
    """The time for which it was put aside is over, unless it has been put aside for another since."""

    alert_id: UUID
    until: datetime


@dataclass(frozen=True, kw_only=True)
class CloseAlert:
    """A person says what came of it."""

    alert_id: UUID
    outcome: AlertOutcome
    note: str
    by: str


Command: TypeAlias = (
    RaiseAlert | ChangeAlertOwner | EndAlert | AcknowledgeAlert | SnoozeAlert | ResumeAlert | CloseAlert
)
COMMANDS: tuple[type, ...] = (
    RaiseAlert,
    ChangeAlertOwner,
    EndAlert,
    AcknowledgeAlert,
    SnoozeAlert,
    ResumeAlert,
    CloseAlert,
)


def decide(command: Command, alert: Alert, now: datetime) -> Sequence[AlertEvent]:
    match command:
        case RaiseAlert():
            return _raised(command) if isinstance(alert, NoAlert) else []
        case ChangeAlertOwner():
            return _owned(command, alert)
        case EndAlert():
            return _ended(command, alert)
        case AcknowledgeAlert():
            return _acknowledged(command, alert)
        case SnoozeAlert():
            return _snoozed(command, alert, now)
        case ResumeAlert():
            return _resumed(command, alert)
        case CloseAlert():
            return _closed(command, alert)
        case _:
            assert_never(command)


def _raised(command: RaiseAlert) -> Sequence[ChurnAlertRaised]:
    raised = ChurnAlertRaised(
        alert_id=command.alert_id,
        account_id=command.account_id,
        episode=command.episode,
        account_name=command.account_name,
        csm_id=command.csm_id,
        score=command.score,
        message=f"Health score dropped to {command.score}, immediate action needed",
        play=command.play,
        reason=command.reason,
    )
    return [raised]


def _owned(command: ChangeAlertOwner, alert: Alert) -> Sequence[AlertOwnerChanged]:
    if isinstance(alert, NoAlert | Closed) or alert.about.csm_id == command.csm_id:
        return []
    return [AlertOwnerChanged(alert_id=command.alert_id, csm_id=command.csm_id)]


def _ended(command: EndAlert, alert: Alert) -> Sequence[ChurnAlertClosed]:
    if isinstance(alert, NoAlert | Closed):
        return []
    fields = _fields(command.alert_id, alert.about)
    return [ChurnAlertClosed(**fields, outcome=command.outcome, closed_by=command.cause)]


def _acknowledged(command: AcknowledgeAlert, alert: Alert) -> Sequence[ChurnAlertAcknowledged]:
    match alert:
        case NoAlert():
            raise _unknown(command.alert_id)
        case Closed():
            raise _over(alert)
        case Acknowledged(by=by) if by == command.by:
            return []
        case Acknowledged(by=by):
            raise Refused(f"{by} is on it already.", rule="alert.acknowledged")
        case Open(about=about) | Snoozed(about=about):
            return [ChurnAlertAcknowledged(**_fields(command.alert_id, about), acknowledged_by=command.by)]
        case _:
            assert_never(alert)


def _snoozed(command: SnoozeAlert, alert: Alert, now: datetime) -> Sequence[ChurnAlertSnoozed]:
    match alert:
        case NoAlert():
            raise _unknown(command.alert_id)
        case Closed():
            raise _over(alert)
        case Snoozed(until=until, reason=reason) if (until, reason) == (command.until, command.reason):
            return []
        case Open(about=about) | Acknowledged(about=about) | Snoozed(about=about):
            _check_until(command.until, now)
            return [ChurnAlertSnoozed(**_fields(command.alert_id, about), until=command.until, reason=command.reason)]
        case _:
            assert_never(alert)


def _check_until(until: datetime, now: datetime) -> None:
    if until <= now:
        raise Refused(f"{until} is over; name a time to come.", rule="alert.until", field="until")
    if until - now > LONGEST_SNOOZE:
        raise Refused(
            f"An alert is put aside for at most {LONGEST_SNOOZE.days} days; close it if nothing is to be done.",
            rule="alert.until",
            field="until",
        )


def _resumed(command: ResumeAlert, alert: Alert) -> Sequence[ChurnAlertResumed]:
    match alert:
        case Snoozed(about=about, until=until) if until == command.until:
            fields = _fields(command.alert_id, about)
            return [ChurnAlertResumed(**fields, csm_id=about.csm_id, account_name=about.account_name)]
        case _:
            return []


def _closed(command: CloseAlert, alert: Alert) -> Sequence[ChurnAlertClosed]:
    if command.outcome is AlertOutcome.RECOVERED:
        raise Refused(
            "An alert closes as recovered by itself; say saved, churned or false_alarm.",
            rule="alert.outcome",
            field="outcome",
        )
    match alert:
        case NoAlert():
            raise _unknown(command.alert_id)
        case Closed(outcome=outcome) if outcome is command.outcome:
            return []
        case Closed():
            raise _over(alert)
        case Open(about=about) | Acknowledged(about=about) | Snoozed(about=about):
            fields = _fields(command.alert_id, about)
            return [ChurnAlertClosed(**fields, outcome=command.outcome, note=command.note, closed_by=command.by)]
        case _:
            assert_never(alert)


def _fields(alert_id: UUID, about: About) -> dict[str, Any]:
    return {"alert_id": alert_id, "account_id": about.account_id, "episode": about.episode}


def _unknown(alert_id: UUID) -> NotFound:
    return NotFound(f"There is no churn alert {alert_id}.", rule="alert.unknown")


def _over(alert: Closed) -> Refused:
    return Refused(f"The alert is closed ({alert.outcome.value}).", rule="alert.closed")
