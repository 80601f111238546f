"""What each campaign is credited with, by a model that can be changed at any time, and as known at a past date."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call, allow
from nexa_contracts.values import Money
from nexa_marketing.api.bodies import Ratio
from nexa_marketing.api.campaigns import ROLES
from nexa_marketing.attribution.crediting import Attribution, Credit, amounts_of, weights_of
from nexa_marketing.attribution.models import Model
from nexa_marketing.campaign.figures import Figures, pipeline_multiple, roi_on_won_revenue
from nexa_marketing.campaign.state import Plan
from nexa_marketing.read_models.plans_as_of import plans_as_of
from nexa_marketing.read_models.touched_deals import Asked, touched_deals

routes = APIRouter(tags=["attribution"])

Reader = Annotated[Call, Depends(allow(*ROLES, "sales_manager", "analyst"))]
ByModel = Annotated[Model, Query(description=" ".join((Model.__doc__ or "").split()))]
AsOf = Annotated[
    AwareDatetime | None, Query(description="By what had been recorded then: what one would have been told.")
]
HalfLife = Annotated[
    float, Query(ge=0.1, le=3_650, description="Days in which a touch loses half its weight, for time_decay.")
]
Since = Annotated[date | None, Query(alias="from", description="Deals opened on this day or later, by UTC.")]
Until = Annotated[date | None, Query(alias="to", description="Deals opened on this day or before, by UTC.")]


class CreditView(BaseModel):
    """Parts of deals in one currency. Pipeline is the sum without lost deals, won revenue that of the won ones."""

    currency: str
    deals: int = Field(description="Deals of which there is a part in here.")
    weight: Decimal = Field(description="How many deals these parts make together.")
    pipeline: Money
    won_revenue: Money


class CampaignCredit(CreditView):
    """What a campaign is credited with; the ratios only where its budget has this currency."""

    campaign_id: UUID
    name: str | None = Field(description="Null where the campaign was not known then.")
    cost: Money | None
    pipeline_multiple: Ratio | None
    roi_on_won_revenue: Ratio | None


class CampaignAttribution(BaseModel):
    model: Model
    half_life_days: float
    as_of: datetime | None
    credits: list[CampaignCredit] = Field(description="One for each currency.")


class AttributionView(BaseModel):
    """For each currency, the campaigns' credits and what nothing touched add up to exactly the total."""

    model: Model
    half_life_days: float
    as_of: datetime | None
    campaigns: list[CampaignCredit] = Field(description="By won revenue, then pipeline, the most first.")
    untouched: list[CreditView] = Field(description="Deals that no touch of marketing led to.")
    total: list[CreditView] = Field(description="All deals of the period.")


class TouchView(BaseModel):
    at: datetime
    kind: str = Field(
        description="created, imported: the campaign found the lead; joined: another reached it by an import; or its act."
        " What an import's columns tell of engagement is part of that one touch, not acts of their own."
    )
    campaign_id: UUID
    campaign_name: str | None
    lead_id: UUID
    via: str = Field(description="lead, contact or account: how the deal led to this lead.")
    weight: Decimal = Field(description="Nine decimal places; all of a deal add up to exactly 1.")
    amount: Decimal = Field(description="Of the deal's amount; all add up to exactly that.")


class DealTouches(BaseModel):
    deal_id: UUID
    account_id: UUID
    status: str = Field(description="open, won or lost.")
    amount: Money
    opened_at: datetime
    model: Model
    half_life_days: float
    as_of: datetime | None
    touches: list[TouchView] = Field(description="What came before the deal was opened, in its order.")


@routes.get("/campaigns/{campaign_id}/attribution")
async def attribution_of_campaign(
    campaign_id: UUID,
    call: Reader,
    model: ByModel = Model.LINEAR,
    as_of: AsOf = None,
    half_life_days: HalfLife = 7,
    since: Since = None,
    until: Until = None,
) -> CampaignAttribution:
    """What of pipeline and won revenue one campaign is credited with."""
    asked = _asked(as_of, since, until, campaign_id)
    plans, found = await _attribute(call, model, half_life_days, asked)
    plan = plans.get(campaign_id)
    if plan is None:
        raise NotFound(f"There is no campaign {campaign_id}, or was none then.", rule="campaign.unknown")
    by_currency = {
        currency: credit for (campaign, currency), credit in found.campaigns.items() if campaign == campaign_id
    }
    credits = by_currency or {plan.budget.currency: Credit()}
    views = [_campaign(campaign_id, plan, currency, credits[currency]) for currency in sorted(credits)]
    return CampaignAttribution(model=model, half_life_days=half_life_days, as_of=as_of, credits=views)


@routes.get("/attribution")
async def attribution(
    call: Reader,
    model: ByModel = Model.LINEAR,
    as_of: AsOf = None,
    half_life_days: HalfLife = 7,
    since: Since = None,
    until: Until = None,
) -> AttributionView:
    """What of pipeline and won revenue each campaign is credited with, over all deals opened in a period."""
    plans, found = await _attribute(call, model, half_life_days, _asked(as_of, since, until))
    campaigns = [
        _campaign(campaign_id, plans.get(campaign_id), currency, credit)
        for (campaign_id, currency), credit in found.campaigns.items()
    ]
    campaigns.sort(key=lambda row: (-row.won_revenue.amount, -row.pipeline.amount, row.currency, str(row.campaign_id)))
    return AttributionView(
        model=model,
        half_life_days=half_life_days,
        as_of=as_of,
        campaigns=campaigns,
        untouched=list(_credits(found.untouched)),
        total=list(_credits(found.total)),
    )


@routes.get("/deals/{deal_id}/touches")
async def touches_of_deal(
    deal_id: UUID, call: Reader, model: ByModel = Model.LINEAR, as_of: AsOf = None, half_life_days: HalfLife = 7
) -> DealTouches:
    """The touches behind a deal, with the weight of each. An import is one touch, whatever its columns tell of engagement."""
    async with call.query() as connection:
        found = [deal async for part in touched_deals(connection, Asked(as_of=as_of, deal_id=deal_id)) for deal in part]
        plans = await plans_as_of(connection, call.runtime.store.catalog.codec, as_of)
    if not found:
        raise NotFound(f"There is no deal {deal_id}, or was none then.", rule="deal.unknown")
    deal = found[0]
    weights = weights_of(deal, model, timedelta(days=half_life_days))
    touches = [
        TouchView(
            at=touch.at,
            kind=touch.kind,
            campaign_id=touch.campaign_id,
            campaign_name=plans[touch.campaign_id].name if touch.campaign_id in plans else None,
            lead_id=touch.lead_id,
            via=touch.via,
            weight=weight,
            amount=amount,
        )
        for touch, weight, amount in zip(deal.touches, weights, amounts_of(deal, weights), strict=True)
    ]
    return DealTouches(
        deal_id=deal_id,
        account_id=deal.account_id,
        status=deal.status,
        amount=Money(amount=deal.amount, currency=deal.currency),
        opened_at=deal.opened_at,
        model=model,
        half_life_days=half_life_days,
        as_of=as_of,
        touches=touches,
    )


def _asked(as_of: datetime | None, since: date | None, until: date | None, campaign_id: UUID | None = None) -> Asked:
    if since is not None and until is not None and until < since:
        raise Refused(f"The period ends ({until}) before it begins ({since}).", rule="attribution.period", field="to")
    return Asked(
        as_of=as_of,
        since=None if since is None else datetime.combine(since, time(), UTC),
        until=None if until is None else datetime.combine(until, time(), UTC) + timedelta(days=1),
        campaign_id=campaign_id,
    )


async def _attribute(
    call: Call, model: Model, half_life_days: float, asked: Asked
) -> tuple[Mapping[UUID, Plan], Attribution]:
    found = Attribution(model, timedelta(days=half_life_days))
    async with call.query() as connection:
        plans = await plans_as_of(connection, call.runtime.store.catalog.codec, asked.as_of)
        async for deals in touched_deals(connection, asked):
            await asyncio.to_thread(found.count, deals)
    return plans, found


def _credits(by_currency: Mapping[str, Credit]) -> Iterator[CreditView]:
    for currency in sorted(by_currency):
        yield CreditView.model_validate(_fields(currency, by_currency[currency]))


def _fields(currency: str, credit: Credit) -> dict[str, object]:
    return {
        "currency": currency,
        "deals": credit.deals,
        "weight": credit.weight,
        "pipeline": Money(amount=credit.pipeline, currency=currency),
        "won_revenue": Money(amount=credit.won_revenue, currency=currency),
    }


def _campaign(campaign_id: UUID, plan: Plan | None, currency: str, credit: Credit) -> CampaignCredit:
    same = plan is not None and plan.budget.currency == currency
    cost = plan.budget.amount if plan is not None else Decimal(0)
    figures = Figures(pipeline=credit.pipeline, won_revenue=credit.won_revenue, cost=cost)
    told = _fields(currency, credit) | {
        "campaign_id": campaign_id,
        "name": plan.name if plan is not None else None,
        "cost": plan.budget if plan is not None else None,
        "pipeline_multiple": Ratio.of(pipeline_multiple(figures)) if same else None,
        "roi_on_won_revenue": Ratio.of(roi_on_won_revenue(figures)) if same else None,
    }
    return CampaignCredit.model_validate(told)
