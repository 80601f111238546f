"""A deployment mends the bugs it names, goes on to mend them for more accounts, or is taken back."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.support import DeploymentCompleted, DeploymentRolledOut, DeploymentWithdrawn
from nexa_support.bug.commands import MarkFixed, TakeBackFix


def react(fact: Recorded, now: datetime) -> Iterator[MarkFixed | TakeBackFix]:
    match fact.event:
        case DeploymentCompleted(fixed_bugs=bugs, deployed_at=at) as deployed:
            yield from (_fixed(deployed, bug_id, at) for bug_id in bugs)
        case DeploymentRolledOut(fixed_bugs=bugs) as deployed:
            yield from (_fixed(deployed, bug_id, fact.time) for bug_id in bugs)
        case DeploymentWithdrawn(deployment_id=deployment_id, fixed_bugs=bugs, reason=reason):
            for bug_id in bugs:
                yield TakeBackFix(bug_id=bug_id, deployment_id=deployment_id, reason=reason)
        case _:
            return


def _fixed(deployed: DeploymentCompleted | DeploymentRolledOut, bug_id: UUID, at: datetime) -> MarkFixed:
    return MarkFixed(
        bug_id=bug_id,
        deployment_id=deployed.deployment_id,
        version=deployed.version,
        rollout_percent=deployed.rollout_percent,
        fixed_at=at,
    )


mark_bugs_fixed = Reaction(
    name="mark_bugs_fixed", on=(DeploymentCompleted, DeploymentRolledOut, DeploymentWithdrawn), react=react
)
