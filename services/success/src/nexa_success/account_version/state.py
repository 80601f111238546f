"""Which version of the product an account runs, and ran before."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from nexa_contracts.success import AccountVersionReported
from nexa_success.account_version.events import VersionNoted

VersionEvent: TypeAlias = AccountVersionReported | VersionNoted


class Report(NamedTuple):
    """The account ran this version then."""

    since: datetime
    version: str


@dataclass(frozen=True)
class VersionsRun:
    """All that was reported, in the order in which it happened; of one moment there is one report, the last."""

    reports: tuple[Report, ...] = ()

    @property
    def present(self) -> Report | None:
        return self.reports[-1] if self.reports else None

    def before(self, moment: datetime) -> str | None:
        """What it ran before then, as far as is known."""
        return next((each.version for each in reversed(self.reports) if each.since < moment), None)

    def with_report(self, report: Report) -> "VersionsRun":
        others = (each for each in self.reports if each.since != report.since)
        return VersionsRun(tuple(sorted((*others, report))))


def evolve(state: VersionsRun, event: VersionEvent) -> VersionsRun:
    return state.with_report(Report(event.since, event.version))
