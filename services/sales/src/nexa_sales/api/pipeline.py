"""The pipeline over HTTP: the board, the forecast, and lists of deals."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from nexa_chassis.http.paging import Page
from nexa_contracts.sales import DealStage
from nexa_sales.api.bodies import Cursor, Limit, Mine, Reader, whose
from nexa_sales.api.deal_views import DealView, Forecast, deal_view, forecast_view
from nexa_sales.read_models.forecast import forecast_lines, weigh
from nexa_sales.read_models.pipeline_board import Handoff, list_deals, stage_totals
from nexa_sales.settings import sales_settings

routes = APIRouter(tags=["deals"])


class Total(BaseModel):
    currency: str
    deals: int
    amount: Decimal
    weighted: Decimal = Field(description="Amount by the weight of the stage; won deals weigh 1, lost ones 0.")


class Column(BaseModel):
    """One stage of the board with its newest deals; `/deals?stage=…` has them all."""

    stage: DealStage
    deals: int
    totals: list[Total] = Field(description="One for each currency.")
    newest: list[DealView]


class Board(BaseModel):
    columns: list[Column]


@routes.get("/deals/board")
async def board(
    call: Reader,
    mine: Mine = False,
    rep_id: UUID | None = None,
    campaign_id: UUID | None = None,
    deals_per_stage: Annotated[int, Query(ge=0, le=100)] = 20,
) -> Board:
    """The pipeline board: each stage with count, sums and its newest deals."""
    weights = sales_settings().stage_weights
    async with call.query() as connection:
        rep = await whose(connection, call, mine, rep_id)
        totals = await stage_totals(connection, rep, campaign_id)
        columns = []
        for stage in DealStage:
            newest: list[dict[str, Any]] = []
            if deals_per_stage:
                page = await list_deals(
                    connection, stage=stage, rep_id=rep, campaign_id=campaign_id, limit=deals_per_stage
                )
                newest = page.items
            weight = weights.get(stage, Decimal(stage is DealStage.CLOSED_WON))
            sums = [
                Total.model_validate({**row, "weighted": weigh(row["amount"], weight)})
                for row in totals
                if row["stage"] == stage.value
            ]
            deals = sum(each.deals for each in sums)
            columns.append(Column(stage=stage, deals=deals, totals=sums, newest=[*map(deal_view, newest)]))
    return Board(columns=columns)


@routes.get("/deals/forecast")
async def forecast(
    call: Reader,
    mine: Mine = False,
    rep_id: UUID | None = None,
    expected_before: Annotated[
        date | None,
        Query(description="Only deals that should close before this day; those without a day are left out."),
    ] = None,
) -> Forecast:
    """What the open deals will bring, weighted by stage: per rep and stage, and in all, each currency for itself."""
    weights = sales_settings().stage_weights
    async with call.query() as connection:
        rep = await whose(connection, call, mine, rep_id)
        lines = await forecast_lines(connection, weights, rep_id=rep, expected_before=expected_before)
    return forecast_view(lines, weights)


@routes.get("/deals")
async def deals(
    call: Reader,
    stage: DealStage | None = None,
    mine: Mine = False,
    rep_id: UUID | None = None,
    campaign_id: UUID | None = None,
    account_id: UUID | None = None,
    handoff: Handoff | None = None,
    without_rep: Annotated[
        bool | None,
        Query(description="Only those to work on that nobody has, or somebody who left; or only the others."),
    ] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[DealView]:
    """Deals, the newest first."""
    async with call.query() as connection:
        page = await list_deals(
            connection,
            stage=stage,
            rep_id=await whose(connection, call, mine, rep_id),
            campaign_id=campaign_id,
            account_id=account_id,
            handoff=handoff,
            without_rep=without_rep,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[deal_view(row) for row in page.items], next=page.next)
