"""A lead that is known and scored is routed; both facts may come first. A later score is looked at again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadCreated, LeadSourceKind, LeadUpdated, LeadWithdrawn
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band
from nexa_sales.assignment.decisions import LetLeadGo, RouteLead


@dataclass(frozen=True)
class Profile:
    """What routing needs of a lead's profile."""

    territory: str | None
    product_interest: str | None
    source_label: str
    source_kind: LeadSourceKind


@dataclass(frozen=True)
class Scored:
    campaign_id: UUID
    import_id: UUID | None
    score: int
    band: Band


@dataclass(frozen=True)
class Known:
    """What has come so far."""

    profile: Profile | None = None
    scored: Scored | None = None
    withdrawn: bool = False


def evolve(known: Known, fact: Recorded) -> Known:
    match fact.event:
        case LeadCreated() | LeadUpdated() as lead:
            profile = Profile(
                lead.territory or lead.country, lead.product_interest, lead.source_label, lead.source_kind
            )
            return replace(known, profile=profile)
        case LeadScored() as scored:
            return replace(known, scored=Scored(scored.campaign_id, scored.import_id, scored.score, scored.band))
        case LeadWithdrawn():
            return replace(known, withdrawn=True)
        case _:
            return known


def react(known: Known, fact: Recorded, now: datetime) -> Iterator[RouteLead | LetLeadGo]:
    lead_id = lead_of(fact.event)
    match known:
        case Known(withdrawn=True):
            yield LetLeadGo(lead_id=lead_id)
        case Known(profile=Profile() as profile, scored=Scored() as scored) if not isinstance(fact.event, LeadUpdated):
            yield RouteLead(
                lead_id=lead_id,
                campaign_id=scored.campaign_id,
                import_id=scored.import_id,
                band=scored.band,
                score=scored.score,
                territory=profile.territory,
                product_interest=profile.product_interest,
                source_label=profile.source_label,
                source_kind=profile.source_kind,
            )
        case _:
            return


def lead_of(event: Event) -> UUID:
    assert isinstance(event, LeadCreated | LeadUpdated | LeadScored | LeadWithdrawn)
    return event.lead_id


route_scored_lead = Process(
    name="route_scored_lead",
    on=(LeadCreated, LeadUpdated, LeadScored, LeadWithdrawn),
    key=lead_of,
    initial=Known(),
    states=(Known,),
    evolve=evolve,
    react=react,
)
