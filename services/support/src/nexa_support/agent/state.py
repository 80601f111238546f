"""A person of the support roster."""

from dataclasses import dataclass

from nexa_contracts.support import AgentUpdated


@dataclass(frozen=True)
class Unlisted:
    pass


@dataclass(frozen=True)
class Listed:
    agent: AgentUpdated


def evolve(state: Unlisted | Listed, event: AgentUpdated) -> Listed:
    return Listed(event)
