"""A customer's life: facts lead it along the transition table, a person puts it where the facts do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.success import LifecycleStageChanged, Stage
from nexa_success.lifecycle.events import FactNoted, LifeContinued, StageDecided
from nexa_success.lifecycle.stages import BY_A_PERSON, BY_ITSELF, is_backwards
from nexa_success.lifecycle.state import CameFrom, Fact, Known, Life, Place, Unknown, is_news, noted, places


@dataclass(frozen=True)
class AdvanceStage:
    """Something happened that leads to this stage. None: the risk is over, back to where it was before."""

    party_id: UUID
    stage: Stage | None
    at: datetime
    cause: str
    reason: str
    campaign_id: UUID | None = None
    continues: UUID | None = None
    round: int = 1


@dataclass(frozen=True)
class ContinueLife:
    """The lead was converted: its life goes on as the account's."""

    party_id: UUID
    account_id: UUID
    at: datetime


@dataclass(frozen=True)
class SetStage:
    """A person puts the party at a stage, for this reason."""

    party_id: UUID
    stage: Stage
    reason: str
    by: str


Command: TypeAlias = AdvanceStage | ContinueLife | SetStage
COMMANDS = (AdvanceStage, ContinueLife, SetStage)


def decide(command: Command, life: Life, now: datetime) -> Sequence[Event]:
    match command:
        case AdvanceStage():
            return advance(command, life)
        case ContinueLife(party_id, account_id, at):
            if life.continued_by is not None:
                return []
            return [LifeContinued(party_id=party_id, account_id=account_id, at=at)]
        case SetStage():
            return set_stage(command, life, now)
        case _:
            assert_never(command)


def advance(command: AdvanceStage, life: Life) -> Sequence[Event]:
    fact = Fact(command.stage, command.at, command.cause, command.reason, command.round)
    origin = _origin(command, life)
    if not is_news(life, fact) and origin == life.came_from:
        return []
    note = FactNoted(
        party_id=command.party_id,
        stage=fact.stage,
        at=fact.at,
        cause=fact.cause,
        reason=fact.reason,
        campaign_id=origin.campaign_id if origin else None,
        continues=origin.continues if origin else None,
        origin_at=origin.at if origin else None,
        round=fact.round,
    )
    return [note, *_changes(command.party_id, noted(life, note))]


def _origin(command: AdvanceStage, life: Life) -> CameFrom | None:
    """The earliest lead and campaign of those that are known by now."""
    if command.campaign_id is None and command.continues is None:
        return life.came_from
    told = CameFrom(command.at, command.campaign_id, command.continues)
    return min(told, life.came_from, key=lambda each: each.order) if life.came_from else told


def _changes(party_id: UUID, life: Life) -> list[Event]:
    """The steps from the stage that was told last to the one that the facts lead to."""
    told, since = (life.stage, life.since) if isinstance(life, Known) else (None, None)
    events: list[Event] = []
    for place in _steps(told, list(places(life))):
        fact = place.fact
        if fact is None or place.stage is None:
            continue
        since = max(fact.at, since or fact.at)
        events.append(
            LifecycleStageChanged(
                party_id=party_id,
                stage=place.stage,
                previous_stage=told,
                cause=fact.cause,
                reason=fact.reason,
                entered_at=since,
                campaign_id=life.came_from.campaign_id if life.came_from else None,
                continues=life.came_from.continues if life.came_from else None,
            )
        )
        told = place.stage
    return events


def _steps(told: Stage | None, way: list[Place]) -> list[Place]:
    """The shortest end of the way that goes on from there."""
    if way[-1].stage is told:
        return []
    starts = (
        number
        for number, (before, place) in enumerate(pairwise(way), start=1)
        if before.stage is told or place.stage in BY_ITSELF[told]
    )
    start = max(starts, default=len(way))
    return way[start:]


def set_stage(command: SetStage, life: Life, now: datetime) -> Sequence[Event]:
    if not command.reason.strip():
        raise Refused("Say why; others will ask.", rule="lifecycle.reason", field="reason")
    match life:
        case Unknown():
            raise NotFound(f"Nothing is known of the life of {command.party_id}.", rule="lifecycle.unknown")
        case Known(continued_by=UUID() as account_id):
            raise Refused(
                f"The life of {command.party_id} goes on as account {account_id}; set the stage of that.",
                rule="lifecycle.continued",
            )
        case Known(stage=stage) if stage is command.stage:
            return []
        case Known(stage=stage) if command.stage not in BY_A_PERSON[stage]:
            allowed = ", ".join(each.value for each in Stage if each in BY_A_PERSON[stage])
            raise Refused(
                f"Nobody goes from {stage.value} to {command.stage.value}; possible are: {allowed}.",
                rule="lifecycle.transition",
                field="stage",
            )
        case Known(stage=stage, since=since, facts=facts, came_from=came_from):
            at = max(now, since, *(fact.at for fact in facts))
            changed = LifecycleStageChanged(
                party_id=command.party_id,
                stage=command.stage,
                previous_stage=stage,
                cause=command.by,
                reason=command.reason.strip(),
                entered_at=at,
                backwards=is_backwards(stage, command.stage),
                campaign_id=came_from.campaign_id if came_from else None,
                continues=came_from.continues if came_from else None,
            )
            decided = StageDecided(
                party_id=command.party_id, stage=command.stage, at=at, by=command.by, reason=changed.reason
            )
            return [decided, changed]
        case _:
            assert_never(life)
