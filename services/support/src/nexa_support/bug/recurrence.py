"""Whether a ticket shows that a fix does not hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from nexa_support.bug.state import Bug, Fix
from nexa_support.bug.versions import has_fix

WATCHED_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Report:
    """A ticket that may be about a bug again. `versions`: what its account ran from when on, the oldest first."""

    submitted_at: datetime
    product_version: str | None = None
    account_name: str | None = None
    versions: tuple[tuple[datetime, str], ...] = ()

    def runs(self) -> tuple[datetime, str] | None:
        """The version the account ran when the ticket came in, and since when."""
        ran = [each for each in self.versions if each[0] <= self.submitted_at]
        return ran[-1] if ran else None


@dataclass(frozen=True)
class Evidence:
    """`reports`: the tickets in question; `bug_of`: what those like them are about; `everywhere`: since when all accounts
    run a deployment.
    """

    reports: Mapping[UUID, Report] = field(default_factory=dict)
    bug_of: Mapping[UUID, UUID] = field(default_factory=dict)
    everywhere: Mapping[UUID, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Recurrence:
    fix: Fix
    alike: UUID


def seen_again(bug: Bug, ticket_id: UUID, similar: tuple[UUID, ...], evidence: Evidence) -> Recurrence | None:
    """Within 30 days, like a ticket of the bug, and submitted once the fix had reached its account; None: it was not."""
    report = evidence.reports.get(ticket_id)
    alike = next((each for each in similar if evidence.bug_of.get(each) == bug.bug_id and each != ticket_id), None)
    if report is None or alike is None:
        return None
    for fix in bug.fixes.values():
        watched = fix.fixed_at <= report.submitted_at <= fix.fixed_at + WATCHED_FOR
        if watched and has_reached(fix, report, evidence.everywhere.get(fix.deployment_id)):
            return Recurrence(fix, alike)
    return None


def has_reached(fix: Fix, report: Report, everywhere: datetime | None) -> bool:
    """Whether the account had the fix when the ticket came in.

    What the ticket says of its version counts first. Else the account has it from when all do, unless it has reported a
    version since; else by the version that it reported.
    """
    if report.product_version:
        return has_fix(report.product_version, fix.version)
    ran = report.runs()
    if everywhere is not None and everywhere <= report.submitted_at and (ran is None or ran[0] <= everywhere):
        return True
    return ran is not None and has_fix(ran[1], fix.version)
