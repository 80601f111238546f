"""A deployment: a version of the product on its way to the accounts, or taken back."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from nexa_contracts.envelope import Event
from nexa_contracts.support import DeploymentCompleted, DeploymentRolledOut, DeploymentWithdrawn


@dataclass(frozen=True)
class NotDeployed:
    pass


@dataclass(frozen=True)
class Out:
    completed: DeploymentCompleted
    rollout_percent: int


@dataclass(frozen=True)
class Withdrawn:
    completed: DeploymentCompleted
    reason: str


State: TypeAlias = NotDeployed | Out | Withdrawn


def evolve(state: State, event: Event) -> State:
    match state, event:
        case NotDeployed(), DeploymentCompleted():
            return Out(event, event.rollout_percent)
        case Out(), DeploymentRolledOut(rollout_percent=percent):
            return replace(state, rollout_percent=percent)
        case Out(completed=completed), DeploymentWithdrawn(reason=reason):
            return Withdrawn(completed, reason)
        case _:
            return state
