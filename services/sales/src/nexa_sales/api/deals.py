"""Deals over HTTP."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, StringConstraints

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import DealStage
from nexa_contracts.values import Money
from nexa_sales.api.bodies import Amount, Body, Cursor, Limit, Mine, Reader, Salesperson, Text, not_negative, whose
from nexa_sales.deal.commands import CloseLost, CloseWon, MoveDeal, ReopenDeal
from nexa_sales.read_models.pipeline_board import deal_row, list_deals, stage_totals

routes = APIRouter(tags=["deals"])


class DealView(BaseModel):
    deal_id: UUID
    version: int
    name: str
    account_id: UUID
    account_name: str | None
    primary_contact_id: UUID
    lead_id: UUID | None
    campaign_id: UUID | None
    rep_id: UUID | None
    rep_name: str | None
    stage: DealStage
    amount: Money = Field(description="What it is expected to bring; of a won deal, what it brought.")
    source_label: str
    source_kind: LeadSourceKind
    contract_url: str | None = Field(description="Kept as text; nothing fetches it.")
    reason: str | None = Field(description="Why it was lost, or reopened.")
    created_at: datetime
    stage_since: datetime
    closed_at: datetime | None


class StageBody(Body):
    stage: DealStage = Field(description="qualification, proposal or negotiation.")


class WonBody(Body):
    contract_signed: bool = Field(description="A deal is won once its contract is signed.")
    contract_url: Annotated[str, StringConstraints(max_length=2_000)] | None = Field(
        default=None, description="Kept as text; nothing fetches it.", examples=["s3://contracts/acme_2025.pdf"]
    )
    amount: Amount | None = Field(default=None, description="What the contract says; the expected amount unless given.")


class ReasonBody(Body):
    reason: Text = Field(examples=["Chose another vendor"])


class Total(BaseModel):
    currency: str
    deals: int
    amount: Decimal


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
    """The pipeline board: each stage with count, sum and its newest deals."""
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
            sums = [Total.model_validate(row) for row in totals if row["stage"] == stage.value]
            columns.append(
                Column(stage=stage, deals=sum(each.deals for each in sums), totals=sums, newest=[*map(_view, newest)])
            )
    return Board(columns=columns)


@routes.get("/deals")
async def deals(
    call: Reader,
    stage: DealStage | None = None,
    mine: Mine = False,
    rep_id: UUID | None = None,
    campaign_id: UUID | None = None,
    account_id: UUID | None = None,
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
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[_view(row) for row in page.items], next=page.next)


@routes.get("/deals/{deal_id}")
async def read_deal(deal_id: UUID, call: Reader, response: Response) -> DealView:
    """One deal."""
    view = await _read(call, deal_id)
    call.etag(response, view.version)
    return view


@routes.post("/deals/{deal_id}/stage")
async def move_deal(deal_id: UUID, body: StageBody, call: Salesperson, response: Response) -> DealView:
    """Move an open deal to another open stage."""
    return await _executed(call, response, deal_id, MoveDeal(deal_id=deal_id, stage=body.stage))


@routes.post("/deals/{deal_id}/win")
async def win_deal(deal_id: UUID, body: WonBody, call: Salesperson, response: Response) -> DealView:
    """The deal is won. Refused without a signed contract; winning it again changes nothing."""
    command = CloseWon(
        deal_id=deal_id,
        contract_signed=body.contract_signed,
        contract_url=body.contract_url,
        actual_amount=not_negative(body.amount, "amount"),
    )
    return await _executed(call, response, deal_id, command)


@routes.post("/deals/{deal_id}/lose")
async def lose_deal(deal_id: UUID, body: ReasonBody, call: Salesperson, response: Response) -> DealView:
    """The deal is lost, for this reason."""
    return await _executed(call, response, deal_id, CloseLost(deal_id=deal_id, reason=body.reason))


@routes.post("/deals/{deal_id}/reopen")
async def reopen_deal(deal_id: UUID, body: ReasonBody, call: Salesperson, response: Response) -> DealView:
    """A closed deal is open again, in the stage it was closed from, with the amount it was opened with."""
    return await _executed(call, response, deal_id, ReopenDeal(deal_id=deal_id, reason=body.reason))


async def _executed(call: Call, response: Response, deal_id: UUID, command: object) -> DealView:
    done = await call.execute(command)
    call.etag(response, done.version_of(f"deal-{deal_id}"))
    return await _read(call, deal_id)


async def _read(call: Call, deal_id: UUID) -> DealView:
    async with call.query() as connection:
        row = await deal_row(connection, deal_id)
    if row is None:
        raise NotFound(f"There is no deal {deal_id}.", rule="deal.unknown")
    return _view(row)


def _view(row: Any) -> DealView:
    return DealView.model_validate({**row, "amount": {"amount": row["amount"], "currency": row["currency"]}})
