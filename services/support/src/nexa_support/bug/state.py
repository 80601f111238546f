"""A bug: not opened, being worked on, fixed by one or more deployments, or declined."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.support import (
    AgentName,
    BugAcknowledged,
    BugChanged,
    BugDeclined,
    BugFixed,
    BugOpened,
    BugReopened,
    BugStatus,
    BugTriaged,
    Severity,
)


@dataclass(frozen=True)
class Fix:
    """`fixed_at`: when the deployment first brought it, to however few."""

    deployment_id: UUID
    version: str
    rollout_percent: int
    fixed_at: datetime


@dataclass(frozen=True)
class Bug:
    """What every stage has. `fixes`: by deployment, those that hold; `failed`: deployments that were to mend it and did
    not, or were taken back.
    """

    bug_id: UUID
    title: str
    severity: Severity
    feature: str | None
    feature_name: str | None
    description: str = ""
    affected_version: str | None = None
    customer_impact: str = ""
    workaround: str = ""
    engineer: AgentName | None = None
    sprint: str | None = None
    story_points: int | None = None
    eta_at: datetime | None = None
    told: BugAcknowledged | None = None
    fixes: Mapping[UUID, Fix] = field(default_factory=dict)
    failed: frozenset[UUID] = frozenset()

    @property
    def fields(self) -> dict[str, object]:
        """What every event of the bug carries."""
        return {
            "bug_id": self.bug_id,
            "title": self.title,
            "severity": self.severity,
            "feature": self.feature,
            "feature_name": self.feature_name,
        }


@dataclass(frozen=True)
class NotOpened:
    pass


@dataclass(frozen=True)
class Active:
    """Somebody has to do something: it is open, triaged or in progress."""

    bug: Bug
    status: BugStatus = BugStatus.OPEN


@dataclass(frozen=True)
class Fixed:
    bug: Bug

    @property
    def status(self) -> BugStatus:
        return BugStatus.FIXED


@dataclass(frozen=True)
class Declined:
    bug: Bug
    reason: str

    @property
    def status(self) -> BugStatus:
        return BugStatus.DECLINED


Stage: TypeAlias = Active | Fixed | Declined
State: TypeAlias = NotOpened | Stage


def evolve(state: State, event: Event) -> State:
    match state, event:
        case NotOpened(), BugOpened():
            return Active(_opened(event))
        case NotOpened(), _:
            return state
        case ((Active() | Fixed() | Declined()), _):
            return _staged(state, event)


def _staged(stage: Stage, event: Event) -> Stage:
    bug = stage.bug
    match event:
        case BugTriaged(status=status):
            worked = {"engineer": event.engineer, "sprint": event.sprint, "story_points": event.story_points}
            return Active(replace(bug, **worked, eta_at=event.eta_at), status)  # type: ignore[arg-type]
        case BugChanged():
            return replace(stage, bug=_changed(bug, event))
        case BugAcknowledged():
            return replace(stage, bug=replace(bug, told=event))
        case BugFixed(deployment_id=deployment_id):
            known = bug.fixes.get(deployment_id)
            fixed_at = known.fixed_at if known else event.fixed_at
            fix = Fix(deployment_id, event.version, event.rollout_percent, fixed_at)
            return Fixed(replace(bug, told=None, fixes={**bug.fixes, deployment_id: fix}))
        case BugReopened(withdrawn=withdrawn, deployment_id=deployment_id):
            gone = {deployment_id} if withdrawn else set(bug.fixes)
            held = {key: fix for key, fix in bug.fixes.items() if key not in gone}
            failed = bug.failed | {key for key in gone if key is not None}
            return Active(replace(bug, told=None, fixes=held, failed=failed))
        case BugDeclined(reason=reason):
            return Declined(replace(bug, told=None), reason)
        case _:
            return stage


def _opened(opened: BugOpened) -> Bug:
    return Bug(
        bug_id=opened.bug_id,
        title=opened.title,
        severity=opened.severity,
        feature=opened.feature,
        feature_name=opened.feature_name,
        description=opened.description,
        affected_version=opened.affected_version,
        customer_impact=opened.customer_impact,
        workaround=opened.workaround,
    )


def _changed(bug: Bug, changed: BugChanged) -> Bug:
    return replace(
        bug,
        title=changed.title,
        severity=changed.severity,
        feature=changed.feature,
        feature_name=changed.feature_name,
        description=changed.description,
        affected_version=changed.affected_version,
        customer_impact=changed.customer_impact,
        workaround=changed.workaround,
    )
