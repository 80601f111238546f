"""A campaign as its events tell it."""

from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.marketing import Audience, CampaignChanged, CampaignCreated, CampaignMetricsChanged, LeadSourceKind
from nexa_contracts.values import Money
from nexa_marketing.campaign.figures import Figures, figures_of


@dataclass(frozen=True)
class NoCampaign:
    """Nothing is known under this id."""


@dataclass(frozen=True)
class Plan:
    """What a person decided about a campaign. Its leads count as `type`, labelled `source_label` unless told otherwise."""

    name: str
    type: LeadSourceKind
    start_date: date
    budget: Money
    goal: str = ""
    target_audience: str = ""
    audience: Audience | None = None
    source_label: str = ""


@dataclass(frozen=True)
class Planned:
    """A campaign with the figures that were last published."""

    campaign_id: UUID
    plan: Plan
    figures: Figures = field(default_factory=Figures)


Campaign: TypeAlias = NoCampaign | Planned


def evolve(state: Campaign, event: Event) -> Campaign:
    match state, event:
        case _, CampaignCreated():
            return Planned(event.campaign_id, plan_of(event))
        case Planned(), CampaignChanged():
            return Planned(state.campaign_id, plan_of(event), state.figures)
        case Planned(), CampaignMetricsChanged():
            return Planned(state.campaign_id, state.plan, figures_of(event))
        case _:
            return state


def plan_of(event: CampaignCreated | CampaignChanged) -> Plan:
    return Plan(
        name=event.name,
        type=event.type,
        start_date=event.start_date,
        budget=event.budget,
        goal=event.goal,
        target_audience=event.target_audience,
        audience=event.audience,
        source_label=event.source_label,
    )
