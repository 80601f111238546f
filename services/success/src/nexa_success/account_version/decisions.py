"""Taking down which version of the product an account runs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from nexa_chassis.domain import Refused
from nexa_contracts.success import AccountVersionReported
from nexa_success.account_version.events import VersionNoted
from nexa_success.account_version.state import Report, VersionEvent, VersionsRun
from nexa_success.signals.state import KEPT_DAYS

NUMBER = re.compile(r"[vV]?([0-9]{1,6}(?:\.[0-9]{1,6}){0,4}(?:[-+][0-9A-Za-z.+-]{1,40})?)")


@dataclass(frozen=True, kw_only=True)
class ReportVersion:
    """The account runs this version since then; `version` as a person writes it."""

    account_id: UUID
    version: str
    since: datetime


def decide(command: ReportVersion, state: VersionsRun, now: datetime) -> Sequence[VersionEvent]:
    """Only a change of the present version is told to the others, so that the last they hear of is in force.

    What leaves it as it is stays noted, because a later correction may make it count.
    """
    try:
        version = number_of(command.version)
    except ValueError as error:
        raise Refused(f"{error}.", rule="version.number", field="version") from None
    _check_time(command.since, now)
    report = Report(command.since, version)
    if report in state.reports:
        return []
    told, present = state.present, state.with_report(report).present
    if told is not None and present is not None and told.version == present.version:
        return [VersionNoted(account_id=command.account_id, version=version, since=report.since)]
    previous = state.before(report.since)
    return [
        AccountVersionReported(account_id=command.account_id, version=version, previous=previous, since=report.since)
    ]


def number_of(text: str) -> str:
    """The version as the product numbers itself: `v2.1.5` is 2.1.5. Raises ValueError for what is no version."""
    found = NUMBER.fullmatch(text.strip())
    if found is None:
        shown = text if len(text) <= 60 else f"{text[:60]}…"
        raise ValueError(f"{shown!r} is no version; write it as 2.1.5")
    return found.group(1)


def _check_time(since: datetime, now: datetime) -> None:
    if since > now:
        raise Refused("The time is still to come; report a version once it runs.", rule="version.future", field="since")
    if since < now - timedelta(days=KEPT_DAYS + 1):
        raise Refused(
            f"{since.date()} is more than {KEPT_DAYS} days ago; versions are taken for days since then.",
            rule="version.too_old",
            field="since",
        )
