"""Where a customer party stands: what its facts lead to in the order in which they happened, however they came in."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.success import LifecycleStageChanged, Stage
from nexa_success.lifecycle.events import FactNoted, LifeContinued, StageDecided
from nexa_success.lifecycle.stages import AFTER_A_RENEWAL, BY_ITSELF, ORDER

LONG_AGO = datetime.min.replace(tzinfo=UTC)
ONCE = frozenset({Stage.LEAD, Stage.MQL, Stage.SQL, Stage.OPPORTUNITY})
"""Stages that a party is led to once in each round; what leads there again is no news."""


@dataclass(frozen=True)
class Fact:
    """Something that leads to a stage; None: back to where it was before it was at risk. `round` as in FactNoted."""

    stage: Stage | None
    at: datetime
    cause: str
    reason: str
    round: int = 1

    @property
    def order(self) -> tuple[datetime, int, bool, str]:
        """Facts of one moment stand in the order of the stages; a recovery follows the risk."""
        return self.at, ORDER.index(self.stage or Stage.AT_RISK), self.stage is None, self.cause


@dataclass(frozen=True)
class Place:
    """A stage, and the one behind it while the party is at risk."""

    stage: Stage | None = None
    behind: Stage | None = None
    fact: Fact | None = None

    def after(self, fact: Fact) -> "Place":
        if fact.stage is None:
            return Place(self.behind, None, fact) if self.stage is Stage.AT_RISK else self
        if self.stage is Stage.AT_RISK and fact.stage not in AFTER_A_RENEWAL:
            moved = fact.stage is not Stage.AT_RISK and fact.stage in BY_ITSELF[self.behind]
            return replace(self, behind=fact.stage) if moved else self
        if fact.stage not in BY_ITSELF[self.stage]:
            return self
        return Place(fact.stage, self.stage if fact.stage is Stage.AT_RISK else None, fact)


@dataclass(frozen=True)
class CameFrom:
    """The lead and the campaign that brought the party, and when."""

    at: datetime
    campaign_id: UUID | None
    continues: UUID | None

    @property
    def order(self) -> tuple[datetime, str, str]:
        return self.at, str(self.continues or ""), str(self.campaign_id or "")


@dataclass(frozen=True)
class Unknown:
    """Nothing has happened that would lead to a stage; facts may be waiting for one before them."""

    facts: tuple[Fact, ...] = ()
    came_from: CameFrom | None = None
    continued_by: UUID | None = None


@dataclass(frozen=True)
class Known:
    """A party at a stage. `decided` is where a person put it last, at `decided_at`; `facts` is what happened since."""

    stage: Stage
    since: datetime
    facts: tuple[Fact, ...] = ()
    came_from: CameFrom | None = None
    continued_by: UUID | None = None
    decided: Place = field(default=Place())
    decided_at: datetime = LONG_AGO


Life: TypeAlias = Unknown | Known


def evolve(life: Life, event: Event) -> Life:
    match event:
        case FactNoted():
            return noted(life, event)
        case LifecycleStageChanged(stage=stage, entered_at=since) if since is not None:
            if isinstance(life, Known):
                return replace(life, stage=stage, since=since)
            return Known(stage, since, life.facts, life.came_from, life.continued_by)
        case StageDecided(stage=stage, at=at) if isinstance(life, Known):
            place = Place(stage, life.stage if stage is Stage.AT_RISK else None)
            return replace(life, decided=place, decided_at=at, facts=())
        case LifeContinued(account_id=account_id):
            return replace(life, continued_by=account_id)
        case _:
            return life


def noted(life: Life, event: FactNoted) -> Life:
    fact = Fact(event.stage, event.at, event.cause, event.reason, event.round)
    if is_news(life, fact):
        life = replace(life, facts=tuple(sorted((*life.facts, fact), key=lambda each: each.order)))
    if event.origin_at is not None:
        life = replace(life, came_from=CameFrom(event.origin_at, event.campaign_id, event.continues))
    return life


def decided_at(life: Life) -> datetime:
    return life.decided_at if isinstance(life, Known) else LONG_AGO


def places(life: Life) -> Iterator[Place]:
    """The places the facts lead through in the order in which they happened, from where a person put it last."""
    place = life.decided if isinstance(life, Known) else Place()
    yield place
    for fact in life.facts:
        following = place.after(fact)
        if following.stage is not place.stage:
            yield following
        place = following


def is_news(life: Life, fact: Fact) -> bool:
    """Whether it can lead anywhere: not what a person's decision settled, nor what is known already."""
    if fact.at <= decided_at(life):
        return False
    alike = (known for known in life.facts if known.stage is fact.stage)
    return not any(known.cause == fact.cause or (fact.stage in ONCE and known.round == fact.round) for known in alike)
