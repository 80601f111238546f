"""Whether an import has been reported as wholly routed."""

from dataclasses import dataclass

from nexa_contracts.sales import ImportRouted


@dataclass(frozen=True)
class Unreported:
    pass


@dataclass(frozen=True)
class Reported:
    pass


def evolve(state: Unreported | Reported, event: ImportRouted) -> Reported:
    return Reported()
