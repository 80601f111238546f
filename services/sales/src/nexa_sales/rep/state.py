"""A person of the sales roster."""

from dataclasses import dataclass

from nexa_contracts.sales import RepUpdated


@dataclass(frozen=True)
class Unlisted:
    pass


@dataclass(frozen=True)
class Listed:
    rep: RepUpdated


def evolve(state: Unlisted | Listed, event: RepUpdated) -> Listed:
    return Listed(event)
