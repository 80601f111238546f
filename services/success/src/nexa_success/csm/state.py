"""A person of the customer success roster."""

from dataclasses import dataclass

from nexa_contracts.success import CsmUpdated


@dataclass(frozen=True)
class Unlisted:
    pass


@dataclass(frozen=True)
class Listed:
    csm: CsmUpdated


def evolve(state: Unlisted | Listed, event: CsmUpdated) -> Listed:
    return Listed(event)
