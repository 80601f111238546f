"""A lead is scored when it is created and again whenever it engages or its profile changes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.marketing import LeadCreated, LeadEngaged, LeadUpdated, LeadWithdrawn
from nexa_scoring.lead_score.decisions import ScoreLead
from nexa_scoring.lead_score.features import Features, engaged, features_of


@dataclass(frozen=True)
class Unknown:
    """Nothing came yet."""


@dataclass(frozen=True)
class Known:
    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None
    features: Features


@dataclass(frozen=True)
class Withdrawn:
    """The lead is gone; nothing scores it any more."""


Lead: TypeAlias = Unknown | Known | Withdrawn


def evolve(state: Lead, fact: Recorded) -> Lead:
    match state, fact.event:
        case _, LeadCreated() as created:
            return Known(created.lead_id, created.campaign_id, created.import_id, features_of(created))
        case Known(), LeadUpdated() as updated:
            return replace(state, features=features_of(updated))
        case Known(features=features), LeadEngaged() as event:
            return replace(state, features=engaged(features, event))
        case _, LeadWithdrawn():
            return Withdrawn()
        case _:
            return state


def react(state: Lead, fact: Recorded, now: datetime) -> Iterator[ScoreLead]:
    match state:
        case Known(lead_id=lead_id, campaign_id=campaign_id, import_id=import_id, features=features):
            yield ScoreLead(
                lead_id=lead_id, campaign_id=campaign_id, import_id=import_id, features=features, caused_by=fact.id
            )
        case _:
            return


def lead_of(event: LeadCreated | LeadUpdated | LeadEngaged | LeadWithdrawn) -> UUID:
    return event.lead_id


score_lead = Process[Lead](
    name="score_lead",
    on=(LeadCreated, LeadUpdated, LeadEngaged, LeadWithdrawn),
    key=lead_of,
    initial=Unknown(),
    states=(Unknown, Known, Withdrawn),
    evolve=evolve,
    react=react,
)
