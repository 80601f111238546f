"""Deploying a version, rolling it out further, taking it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused, derive
from nexa_contracts.envelope import Event
from nexa_contracts.support import DeploymentCompleted, DeploymentRolledOut, DeploymentType, DeploymentWithdrawn
from nexa_support.bug.versions import canonical
from nexa_support.deployment.state import NotDeployed, Out, State, Withdrawn

ALL = 100


@dataclass(frozen=True, kw_only=True)
class CompleteDeployment:
    """A version is deployed once; said again, it may have gone further, and all else must be the same."""

    deployment_id: UUID
    version: str
    deployment_type: DeploymentType
    changes: tuple[str, ...]
    affected_features: tuple[str, ...]
    fixed_bugs: tuple[UUID, ...]
    rollout_percent: int
    deployed_at: datetime | None = None
    shipped_requests: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RollOut:
    deployment_id: UUID
    rollout_percent: int


@dataclass(frozen=True, kw_only=True)
class WithdrawDeployment:
    deployment_id: UUID
    reason: str


Command: TypeAlias = CompleteDeployment | RollOut | WithdrawDeployment
COMMANDS: tuple[type, ...] = (CompleteDeployment, RollOut, WithdrawDeployment)


def deployment_of(version: str) -> UUID:
    """The id of a version's deployment: whoever tells of it, it is the same one."""
    return derive("deployment", canonical(version))


def decide(command: Command, state: State, now: datetime) -> Sequence[Event]:
    match command:
        case CompleteDeployment():
            return complete(command, state, now)
        case RollOut():
            return roll_out(command, state)
        case WithdrawDeployment():
            return withdraw(command, state)
        case _:
            assert_never(command)


def complete(command: CompleteDeployment, state: State, now: datetime) -> Sequence[Event]:
    deployed_at = command.deployed_at or now
    if deployed_at > now:
        raise Refused(
            f"{command.version} cannot have been deployed at {deployed_at:%Y-%m-%d %H:%M} UTC, which is yet to come.",
            rule="deployment.deployed_at",
            field="deployed_at",
        )
    said = DeploymentCompleted(
        deployment_id=command.deployment_id,
        version=command.version,
        deployment_type=command.deployment_type,
        changes=command.changes,
        affected_features=tuple(sorted(set(command.affected_features))),
        fixed_bugs=tuple(sorted(set(command.fixed_bugs))),
        rollout_percent=command.rollout_percent,
        deployed_at=deployed_at,
        shipped_requests=tuple(sorted(set(command.shipped_requests))),
    )
    match state:
        case NotDeployed():
            return [said]
        case Out(completed=completed, rollout_percent=percent):
            _check_same(completed, said)
            return [_rolled_out(completed, said.rollout_percent)] if said.rollout_percent > percent else []
        case Withdrawn():
            raise _withdrawn(state)


def roll_out(command: RollOut, state: State) -> Sequence[Event]:
    match state:
        case NotDeployed():
            raise _unknown(command.deployment_id)
        case Withdrawn():
            raise _withdrawn(state)
        case Out(completed=completed, rollout_percent=percent):
            if command.rollout_percent < percent:
                raise Refused(
                    f"{percent} % run {completed.version} already; to take it back, withdraw it.",
                    rule="deployment.rollout",
                    field="rollout_percent",
                )
            return [] if command.rollout_percent == percent else [_rolled_out(completed, command.rollout_percent)]


def withdraw(command: WithdrawDeployment, state: State) -> Sequence[Event]:
    match state:
        case NotDeployed():
            raise _unknown(command.deployment_id)
        case Withdrawn():
            return []
        case Out(completed=completed):
            return [
                DeploymentWithdrawn(
                    deployment_id=completed.deployment_id,
                    version=completed.version,
                    reason=command.reason,
                    fixed_bugs=completed.fixed_bugs,
                )
            ]


def _check_same(completed: DeploymentCompleted, said: DeploymentCompleted) -> None:
    """Raises Refused where the version is said to be another one than it was."""
    names = ("deployment_type", "changes", "affected_features", "fixed_bugs", "shipped_requests")
    other = [name for name in names if getattr(completed, name) != getattr(said, name)]
    if other:
        raise Refused(
            f"{completed.version} is deployed already, with other {' and '.join(other)}; give what has changed a version"
            " of its own.",
            rule="deployment.version",
        )


def _rolled_out(completed: DeploymentCompleted, percent: int) -> DeploymentRolledOut:
    return DeploymentRolledOut(
        deployment_id=completed.deployment_id,
        version=completed.version,
        rollout_percent=percent,
        fixed_bugs=completed.fixed_bugs,
    )


def _unknown(deployment_id: UUID) -> NotFound:
    return NotFound(f"There is no deployment {deployment_id}.", rule="deployment.unknown")


def _withdrawn(state: Withdrawn) -> Refused:
    return Refused(
        f"{state.completed.version} was withdrawn ({state.reason}); deploy what replaces it under a version of its own.",
        rule="deployment.withdrawn",
    )
