"""Planning a campaign, changing it, and publishing its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Aggregate, NotFound, Refused
from nexa_contracts.marketing import CampaignChanged, CampaignCreated, CampaignMetricsChanged
from nexa_contracts.topics import CAMPAIGN
from nexa_marketing.campaign.figures import Figures, metrics_changed
from nexa_marketing.campaign.state import Campaign, NoCampaign, Plan, Planned, evolve


@dataclass(frozen=True)
class CreateCampaign:
    campaign_id: UUID
    plan: Plan


@dataclass(frozen=True)
class ChangeCampaign:
    """Replace these fields of the plan; the others stay."""

    campaign_id: UUID
    changes: Mapping[str, object]


@dataclass(frozen=True)
class PublishFigures:
    """The campaign's figures are these now; cost is left to the campaign, which knows its budget."""

    campaign_id: UUID
    figures: Figures


CampaignCommand: TypeAlias = CreateCampaign | ChangeCampaign | PublishFigures
CampaignEvent: TypeAlias = CampaignCreated | CampaignChanged | CampaignMetricsChanged


def decide(command: CampaignCommand, state: Campaign, now: datetime) -> Sequence[CampaignEvent]:
    match command, state:
        case CreateCampaign(campaign_id, plan), NoCampaign():
            _check(plan)
            return [CampaignCreated.model_validate({"campaign_id": campaign_id, **vars(plan)})]
        case CreateCampaign(plan=plan), Planned() if plan == state.plan:
            return []
        case CreateCampaign(campaign_id), Planned():
            raise Refused(f"Campaign {campaign_id} exists already, with another plan.", rule="campaign.exists")
        case ((ChangeCampaign(campaign_id) | PublishFigures(campaign_id)), NoCampaign()):
            raise NotFound(f"There is no campaign {campaign_id}.", rule="campaign.unknown")
        case ChangeCampaign(changes=changes), Planned(campaign_id, plan):
            return _change(campaign_id, plan, changes)
        case PublishFigures(figures=figures), Planned(campaign_id, plan):
            figures = replace(figures, cost=plan.budget.amount)
            if figures == state.figures:
                return []
            return [CampaignMetricsChanged.model_validate(metrics_changed(campaign_id, figures, plan.budget.currency))]
    raise AssertionError(f"No decision for {type(command).__name__}")


def _change(campaign_id: UUID, plan: Plan, changes: Mapping[str, object]) -> Sequence[CampaignEvent]:
    changed = tuple(sorted(name for name, value in changes.items() if getattr(plan, name) != value))
    if not changed:
        return []
    fields = {**vars(plan), **changes}
    _check(Plan(**{name: fields[name] for name in vars(plan)}))
    return [CampaignChanged.model_validate({"campaign_id": campaign_id, "changed": changed, **fields})]


def _check(plan: Plan) -> None:
    if not plan.name.strip():
        raise Refused("A campaign has a name.", rule="campaign.name", field="name")
    if plan.budget.amount < 0:
        message = f"A budget is 0 or more, not {plan.budget.amount}."
        raise Refused(message, rule="campaign.budget", field="budget")


campaign: Aggregate[CampaignCommand, Campaign] = Aggregate(
    name="campaign",
    key="campaign_id",
    commands=(CreateCampaign, ChangeCampaign, PublishFigures),
    initial=NoCampaign(),
    evolve=evolve,
    decide=decide,
    topic=CAMPAIGN,
)
