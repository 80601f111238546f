"""Similar tickets point to one cause: a product manager is told, once for each feature and week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_contracts.support import BugSuspected, Severity


@dataclass(frozen=True, kw_only=True)
class SuspectBug:
    suspicion_id: UUID
    feature: str
    feature_name: str
    severity: Severity
    similar: int
    ticket_ids: tuple[UUID, ...]
    week: str


@dataclass(frozen=True)
class Unsuspected:
    pass


@dataclass(frozen=True)
class Suspected:
    event: BugSuspected


@dataclass(frozen=True)
class ProductManager:
    """A product manager of the roster. `skills`: features they look after."""

    agent_id: UUID
    skills: frozenset[str]
    available: bool


People = tuple[ProductManager, ...]


def suspicion_of(feature: str, week: str) -> UUID:
    return derive("suspicion", feature, week)


def week_of(at: datetime) -> str:
    """ISO 8601: `2025-W47`."""
    year, week, _ = at.isocalendar()
    return f"{year}-W{week:02}"


def decide(
    command: SuspectBug, state: Unsuspected | Suspected, now: datetime, people: People
) -> Sequence[BugSuspected]:
    if isinstance(state, Suspected):
        return []
    return [BugSuspected(**vars(command), product_manager_id=whom_to_tell(command.feature, people))]


def whom_to_tell(feature: str, people: People) -> UUID | None:
    """Who looks after the feature first, then who is there; None: there is no product manager."""
    ranked = sorted(people, key=lambda each: (feature not in each.skills, not each.available, each.agent_id))
    return ranked[0].agent_id if ranked else None


def evolve(state: Unsuspected | Suspected, event: BugSuspected) -> Suspected:
    return Suspected(event)
