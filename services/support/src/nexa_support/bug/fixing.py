"""A bug is fixed by deployments, and is open again where they are taken back or do not mend it."""

from collections.abc import Sequence

from nexa_contracts.envelope import Event
from nexa_contracts.support import BugFixed, BugReopened
from nexa_support.bug.commands import CheckRecurrence, MarkFixed, TakeBackFix
from nexa_support.bug.recurrence import Evidence, seen_again
from nexa_support.bug.state import Bug, Fix, Fixed, Stage
from nexa_support.ticket.reference import reference_of


def mark_fixed(command: MarkFixed, state: Stage) -> Sequence[Event]:
    """A second deployment with the fix is one more way for it to reach an account; one that failed stays failed."""
    bug = state.bug
    known = bug.fixes.get(command.deployment_id)
    if command.deployment_id in bug.failed or (known and known.rollout_percent >= command.rollout_percent):
        return []
    fixed_at = known.fixed_at if known else command.fixed_at
    return [_fixed(bug, Fix(command.deployment_id, command.version, command.rollout_percent, fixed_at))]


def take_back(command: TakeBackFix, state: Stage) -> Sequence[Event]:
    """The bug is open again, unless another deployment has the fix too."""
    bug = state.bug
    gone = bug.fixes.get(command.deployment_id)
    if gone is None:
        return []
    reopened = BugReopened(
        **bug.fields,
        reason=f"The deployment of {_v(gone.version)} was withdrawn: {command.reason}",
        engineer=bug.engineer,
        version=gone.version,
        deployment_id=gone.deployment_id,
        withdrawn=True,
    )
    others = (fix for key, fix in bug.fixes.items() if key != gone.deployment_id)
    return [reopened, *(_fixed(bug, fix) for fix in others)]


def check_recurrence(command: CheckRecurrence, state: Stage, evidence: Evidence) -> Sequence[Event]:
    if not isinstance(state, Fixed):
        return []
    bug = state.bug
    again = seen_again(bug, command.ticket_id, command.similar, evidence)
    if again is None:
        return []
    seen = f"reported again by an account on {_v(again.fix.version)}"
    alike = f"{reference_of(command.ticket_id)} resembles {reference_of(again.alike)}"
    return [
        BugReopened(
            **bug.fields,
            reason=f"{seen}: {alike}",
            engineer=bug.engineer,
            ticket_id=command.ticket_id,
            version=again.fix.version,
            deployment_id=again.fix.deployment_id,
            recurred=True,
        )
    ]


def _fixed(bug: Bug, fix: Fix) -> BugFixed:
    return BugFixed(
        **bug.fields,
        version=fix.version,
        deployment_id=fix.deployment_id,
        rollout_percent=fix.rollout_percent,
        fixed_at=fix.fixed_at,
    )


def _v(version: str) -> str:
    return version if version.startswith("v") else f"v{version}"
