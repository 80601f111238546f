"""Deals, accounts and contacts over HTTP."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import DealStage
from nexa_contracts.values import Money
from nexa_sales.api.leads import ReasonBody
from nexa_sales.api.paged import Cursor, Limit, Reader, Seller
from nexa_sales.deal.decisions import CloseLost, CloseWon, Reopen
from nexa_sales.read_models.accounts_and_contacts import accounts, contacts
from nexa_sales.read_models.pipeline_board import deals

routes = APIRouter(tags=["deals"])


class DealView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    deal_id: UUID
    name: str
    account_id: UUID
    primary_contact_id: UUID
    lead_id: UUID | None
    campaign_id: UUID | None
    rep_id: UUID | None
    stage: DealStage
    amount: Decimal
    currency: str
    source_label: str
    source_kind: LeadSourceKind
    contract_url: str | None
    reason: str | None = Field(description="Why it was lost or reopened.")
    created_at: datetime
    closed_at: datetime | None
    version: int


class WonBody(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    contract_signed: bool = Field(description="A deal is won once its contract is signed.")
    contract_url: str | None = Field(default=None, max_length=2_000, description="Kept as text; nothing fetches it.")
    actual_amount: Money | None = Field(default=None, description="What the contract says; default: the deal's amount.")


class StageFigures(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    stage: DealStage
    currency: str
    deals: int
    amount: Decimal


class AccountView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    account_id: UUID
    name: str
    country: str | None
    company_size: str | None
    created_at: datetime
    version: int


class ContactView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    contact_id: UUID
    account_id: UUID
    lead_id: UUID | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    title: str | None
    created_at: datetime


@routes.get("/deals")
async def list_deals(
    call: Reader,
    stage: DealStage | None = None,
    rep_id: UUID | None = None,
    account_id: UUID | None = None,
    campaign_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DealView]:
    """Deals, the latest first."""
    query = select(deals)
    for name, wanted in (
        ("stage", stage),
        ("rep_id", rep_id),
        ("account_id", account_id),
        ("campaign_id", campaign_id),
    ):
        if wanted is not None:
            query = query.where(deals.c[name] == wanted)
    async with call.query() as connection:
        page = await paginate(
            connection, query, order=[deals.c.created_at.desc(), deals.c.deal_id], limit=limit, cursor=cursor
        )
    return Page(items=[DealView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/deals/board")
async def board(call: Reader, rep_id: UUID | None = None) -> list[StageFigures]:
    """How many deals stand in each stage, and their amounts by currency."""
    group = (deals.c.stage, deals.c.currency)
    query = select(*group, func.count().label("deals"), func.sum(deals.c.amount).label("amount")).group_by(*group)
    if rep_id is not None:
        query = query.where(deals.c.rep_id == rep_id)
    async with call.query() as connection:
        return [StageFigures.model_validate(row) for row in await connection.execute(query.order_by(*group))]


@routes.get("/deals/{deal_id}")
async def get_deal(deal_id: UUID, call: Reader, response: Response) -> DealView:
    """One deal."""
    async with call.query() as connection:
        row = (await connection.execute(select(deals).where(deals.c.deal_id == deal_id))).first()
    if row is None:
        raise NotFound(f"There is no deal {deal_id}.", rule="deal.unknown")
    call.etag(response, row.version)
    return DealView.model_validate(row)


@routes.post("/deals/{deal_id}/win")
async def win(deal_id: UUID, body: WonBody, call: Seller, response: Response) -> DealView:
    """Close a deal as won. Winning it a second time changes nothing."""
    await call.execute(
        CloseWon(
            deal_id=deal_id,
            contract_signed=body.contract_signed,
            contract_url=body.contract_url,
            actual_amount=body.actual_amount,
        )
    )
    return await get_deal(deal_id, call, response)


@routes.post("/deals/{deal_id}/lose")
async def lose(deal_id: UUID, body: ReasonBody, call: Seller, response: Response) -> DealView:
    """Close a deal as lost, with the reason."""
    await call.execute(CloseLost(deal_id=deal_id, reason=body.reason))
    return await get_deal(deal_id, call, response)


@routes.post("/deals/{deal_id}/reopen")
async def reopen(deal_id: UUID, body: ReasonBody, call: Seller, response: Response) -> DealView:
    """Open a closed deal again, with the reason."""
    await call.execute(Reopen(deal_id=deal_id, reason=body.reason))
    return await get_deal(deal_id, call, response)


@routes.get("/accounts")
async def list_accounts(call: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[AccountView]:
    """Accounts by name."""
    async with call.query() as connection:
        page = await paginate(
            connection, select(accounts), order=[accounts.c.name, accounts.c.account_id], limit=limit, cursor=cursor
        )
    return Page(items=[AccountView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/accounts/{account_id}")
async def get_account(account_id: UUID, call: Reader, response: Response) -> AccountView:
    """One account."""
    async with call.query() as connection:
        row = (await connection.execute(select(accounts).where(accounts.c.account_id == account_id))).first()
    if row is None:
        raise NotFound(f"There is no account {account_id}.", rule="account.unknown")
    call.etag(response, row.version)
    return AccountView.model_validate(row)


@routes.get("/accounts/{account_id}/contacts")
async def list_contacts(account_id: UUID, call: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[ContactView]:
    """The people of an account, the latest first."""
    async with call.query() as connection:
        page = await paginate(
            connection,
            select(contacts).where(contacts.c.account_id == account_id),
            order=[contacts.c.created_at.desc(), contacts.c.contact_id],
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[ContactView.model_validate(row) for row in page.items], next=page.next)
