"""What can be asked about a bug."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, get_args
from uuid import UUID

from nexa_contracts.support import AgentName, BugStatus, Severity


@dataclass(frozen=True, kw_only=True)
class OpenBug:
    """The same bug again changes nothing."""

    bug_id: UUID
    title: str
    severity: Severity
    reported_by: str
    description: str = ""
    feature: str | None = None
    feature_name: str | None = None
    affected_version: str | None = None
    ticket_ids: tuple[UUID, ...] = ()
    customer_impact: str = ""
    workaround: str = ""


@dataclass(frozen=True, kw_only=True)
class TriageBug:
    """Who mends it, when, and how much work it is. `status`: triaged or in progress.

    None leaves a field as it is; `emptied` names those that are to have no value.
    """

    bug_id: UUID
    engineer: AgentName | None = None
    sprint: str | None = None
    story_points: int | None = None
    status: BugStatus | None = None
    eta_at: datetime | None = None
    emptied: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class ChangeBug:
    """None leaves a field as it is; `emptied` names those that are to have no value."""

    bug_id: UUID
    title: str | None = None
    severity: Severity | None = None
    feature: str | None = None
    feature_name: str | None = None
    description: str | None = None
    affected_version: str | None = None
    customer_impact: str | None = None
    workaround: str | None = None
    emptied: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class DeclineBug:
    bug_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class TellCustomers:
    """Tell who reports it how it stands; the same words again change nothing. `eta`: instead of what `eta_at` says."""

    bug_id: UUID
    eta: str = ""


@dataclass(frozen=True, kw_only=True)
class MarkFixed:
    """A deployment brings the fix, to so many percent of the accounts."""

    bug_id: UUID
    deployment_id: UUID
    version: str
    rollout_percent: int
    fixed_at: datetime


@dataclass(frozen=True, kw_only=True)
class TakeBackFix:
    """The deployment was withdrawn."""

    bug_id: UUID
    deployment_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReopenBug:
    """A person says that it is not mended, or is to be mended after all."""

    bug_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class CheckRecurrence:
    """Reopen it if this ticket shows that the fix does not hold; `similar`: what the analysis found like it."""

    bug_id: UUID
    ticket_id: UUID
    similar: tuple[UUID, ...]


Command: TypeAlias = (
    OpenBug | TriageBug | ChangeBug | DeclineBug | TellCustomers | MarkFixed | TakeBackFix | ReopenBug | CheckRecurrence
)
COMMANDS: tuple[type, ...] = get_args(Command)
