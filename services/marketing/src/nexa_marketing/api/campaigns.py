"""Campaigns over HTTP."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call, allow
from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.marketing import Audience, BandFigures, LeadSourceKind
from nexa_contracts.values import Band, Money
from nexa_marketing.api.bodies import Body, MoneyOrNumber, Ratio
from nexa_marketing.campaign.decisions import ChangeCampaign, CreateCampaign, campaign
from nexa_marketing.campaign.figures import conversion, cost_per_lead, pipeline_multiple, roi_on_won_revenue
from nexa_marketing.campaign.state import Plan, Planned
from nexa_marketing.lead.countries import NAMES
from nexa_marketing.read_models.campaign_list import campaigns
from nexa_marketing.read_models.campaign_results import deals_of, figures_of, sums_of
from nexa_marketing.read_models.velocity import NO_PACE, velocity_of

routes = APIRouter(tags=["campaigns"])

ROLES = ("marketing_manager", "marketing_user")
Marketer = Annotated[Call, Depends(allow(*ROLES))]


class CampaignBody(Body):
    name: str = Field(min_length=1, max_length=200, examples=["Q4 Product Webinar"])
    type: LeadSourceKind
    start_date: date
    budget: MoneyOrNumber = Money(amount=0)
    goal: str = Field(default="", max_length=2_000)
    target_audience: str = Field(default="", max_length=2_000, description="For people; scores nothing.")
    audience: Audience | None = Field(default=None, description="Structured criteria that score.")
    source_label: str = Field(default="", max_length=200, examples=["Webinar Q4"])


class CampaignChanges(Body):
    """The fields to replace."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    type: LeadSourceKind | None = None
    start_date: date | None = None
    budget: MoneyOrNumber | None = None
    goal: str | None = Field(default=None, max_length=2_000)
    target_audience: str | None = Field(default=None, max_length=2_000)
    audience: Audience | None = None
    source_label: str | None = Field(default=None, max_length=200)


class CampaignPage(BaseModel):
    campaign_id: UUID
    version: int
    name: str
    type: LeadSourceKind
    start_date: date
    goal: str
    budget: Money
    target_audience: str
    audience: Audience | None
    source_label: str


class CampaignRow(BaseModel):
    campaign_id: UUID
    name: str
    type: LeadSourceKind
    start_date: date
    source_label: str
    created_at: datetime


class Made(BaseModel):
    campaign_id: UUID
    version: int


class Days(BaseModel):
    """How long something took, in days; null where it never came about."""

    average: float | None
    median: float | None


class BandResult(BaseModel):
    leads: int
    converted: int
    conversion: Ratio
    won: int = Field(description="Conversions out of this band whose deal is won.")
    days_to_conversion: Days = Field(description="From the lead to its conversion out of this band.")
    days_to_won: Days = Field(description="From the lead to the deal that was won.")


class MoneyOfDeals(BaseModel):
    pipeline: Money
    won_revenue: Money


class Metrics(BaseModel):
    """A campaign's figures as they stand. Pipeline is the sum of its deals without the lost ones; cost is its budget.

    Both are in the currency of the budget, and so are the ratios.
    """

    campaign_id: UUID
    leads: int
    bands: dict[str, BandResult]
    converted: int
    conversion: Ratio
    deals: dict[str, int]
    pipeline: Money
    won_revenue: Money
    cost: Money
    cost_per_lead: Ratio = Field(description="In the currency of the budget.")
    pipeline_multiple: Ratio
    roi_on_won_revenue: Ratio
    in_other_currencies: list[MoneyOfDeals] = Field(description="Of deals that are in none of the figures above.")


@routes.post("/campaigns", status_code=201)
async def create_campaign(body: CampaignBody, call: Marketer, response: Response) -> Made:
    campaign_id = call.new_id("campaign")
    _check_countries(body.audience)
    plan = Plan(**{name: getattr(body, name) for name in CampaignBody.model_fields})
    done = await call.execute(CreateCampaign(campaign_id, plan))
    version = done.version_of(f"campaign-{campaign_id}")
    call.etag(response, version)
    return Made(campaign_id=campaign_id, version=version)


@routes.patch("/campaigns/{campaign_id}")
async def change_campaign(campaign_id: UUID, body: CampaignChanges, call: Marketer, response: Response) -> Made:
    _check_countries(body.audience)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    changes = {name: value for name, value in changes.items() if value is not None or name == "audience"}
    done = await call.execute(ChangeCampaign(campaign_id, changes))
    version = done.version_of(f"campaign-{campaign_id}")
    call.etag(response, version)
    return Made(campaign_id=campaign_id, version=version)


@routes.get("/campaigns")
async def list_campaigns(call: Marketer, limit: int | None = None, cursor: str | None = None) -> Page[CampaignRow]:
    columns = [campaigns.c[name] for name in CampaignRow.model_fields]
    async with call.query() as connection:
        order = [campaigns.c.created_at.desc(), campaigns.c.campaign_id]
        page = await paginate(connection, select(*columns), order=order, limit=limit, cursor=cursor)
    return Page(items=[CampaignRow(**row) for row in page.items], next=page.next)


@routes.get("/campaigns/{campaign_id}")
async def read_campaign(campaign_id: UUID, call: Marketer, response: Response) -> CampaignPage:
    planned, version = await load_campaign(call, campaign_id)
    call.etag(response, version)
    return CampaignPage(campaign_id=campaign_id, version=version, **vars(planned.plan))


@routes.get("/campaigns/{campaign_id}/metrics")
async def read_metrics(campaign_id: UUID, call: Marketer) -> Metrics:
    planned, _ = await load_campaign(call, campaign_id)
    budget = planned.plan.budget
    async with call.query() as connection:
        figures = await figures_of(connection, campaign_id, budget)
        sums = await sums_of(connection, campaign_id, budget.currency)
        deals = await deals_of(connection, campaign_id)
        velocity = await velocity_of(connection, campaign_id)

    def band(name: Band, counted: BandFigures) -> BandResult:
        pace = velocity.get(name, NO_PACE)
        return BandResult(
            leads=counted.leads,
            converted=counted.converted,
            conversion=Ratio.of(conversion(counted.leads, counted.converted)),
            won=pace.won,
            days_to_conversion=Days(average=pace.to_conversion, median=pace.to_conversion_median),
            days_to_won=Days(average=pace.to_won, median=pace.to_won_median),
        )

    return Metrics(
        campaign_id=campaign_id,
        leads=figures.leads,
        bands={
            "high": band(Band.HIGH, figures.high),
            "medium": band(Band.MEDIUM, figures.medium),
            "low": band(Band.LOW, figures.low),
        },
        converted=figures.converted,
        conversion=Ratio.of(conversion(figures.leads, figures.converted)),
        deals=deals,
        pipeline=Money(amount=figures.pipeline, currency=budget.currency),
        won_revenue=Money(amount=figures.won_revenue, currency=budget.currency),
        cost=budget,
        cost_per_lead=Ratio.of(cost_per_lead(figures)),
        pipeline_multiple=Ratio.of(pipeline_multiple(figures)),
        roi_on_won_revenue=Ratio.of(roi_on_won_revenue(figures)),
        in_other_currencies=[
            MoneyOfDeals(
                pipeline=Money(amount=each.pipeline, currency=currency),
                won_revenue=Money(amount=each.won_revenue, currency=currency),
            )
            for currency, each in sums.items()
            if currency != budget.currency
        ],
    )


async def load_campaign(call: Call, campaign_id: UUID) -> tuple[Planned, int]:
    """The campaign with the version of its stream. Raises NotFound."""
    loaded = await call.runtime.store.load(campaign, campaign_id)
    if not isinstance(loaded.state, Planned):
        raise NotFound(f"There is no campaign {campaign_id}.", rule="campaign.unknown")
    return loaded.state, loaded.version


def _check_countries(audience: Audience | None) -> None:
    unknown = [country for country in (audience.countries if audience else ()) if country not in NAMES]
    if unknown:
        message = f"{unknown[0]!r} is no country code; give ISO 3166-1 alpha-2 codes such as DE."
        raise Refused(message, rule="campaign.country", field="audience.countries")
