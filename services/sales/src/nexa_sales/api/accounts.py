"""Accounts and contacts over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.marketing import CompanySize
from nexa_sales.account.decisions import ChangeAccount
from nexa_sales.api.bodies import Body, Cursor, Limit, Reader, Salesperson, Text
from nexa_sales.read_models.account_book import account_row, contact_row, list_accounts, list_contacts

routes = APIRouter(tags=["accounts"])


class AccountView(BaseModel):
    account_id: UUID
    version: int
    name: str
    country: str | None
    company_size: CompanySize | None
    created_at: datetime


class AccountBody(Body):
    """What is known of the company, as it is to be."""

    name: Text
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")
    company_size: CompanySize | None = None


class ContactView(BaseModel):
    contact_id: UUID
    version: int
    account_id: UUID
    account_name: str | None
    lead_id: UUID | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    title: str | None
    created_at: datetime


@routes.get("/accounts")
async def accounts(
    call: Reader,
    name: Annotated[str | None, Query(max_length=200, description="A part of the name, in any case.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[AccountView]:
    """Accounts by name."""
    async with call.query() as connection:
        page = await list_accounts(connection, name, limit=limit, cursor=cursor)
    return Page(items=[AccountView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/accounts/{account_id}")
async def read_account(account_id: UUID, call: Reader, response: Response) -> AccountView:
    """One account; its people and deals are in `/contacts` and `/deals` with `account_id`."""
    view = await _account(call, account_id)
    call.etag(response, view.version)
    return view


@routes.put("/accounts/{account_id}")
async def change_account(account_id: UUID, body: AccountBody, call: Salesperson, response: Response) -> AccountView:
    """Correct what is known of a company. Its id, and what it is matched by, stay."""
    done = await call.execute(
        ChangeAccount(account_id=account_id, name=body.name, country=body.country, company_size=body.company_size)
    )
    call.etag(response, done.version_of(f"account-{account_id}"))
    return await _account(call, account_id)


@routes.get("/contacts")
async def contacts(
    call: Reader, account_id: UUID | None = None, limit: Limit = None, cursor: Cursor = None
) -> Page[ContactView]:
    """People, of one account or of all."""
    async with call.query() as connection:
        page = await list_contacts(connection, account_id, limit=limit, cursor=cursor)
    return Page(items=[ContactView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/contacts/{contact_id}")
async def read_contact(contact_id: UUID, call: Reader, response: Response) -> ContactView:
    """One person."""
    async with call.query() as connection:
        row = await contact_row(connection, contact_id)
    if row is None:
        raise NotFound(f"There is no contact {contact_id}.", rule="contact.unknown")
    view = ContactView.model_validate(row)
    call.etag(response, view.version)
    return view


async def _account(call: Call, account_id: UUID) -> AccountView:
    async with call.query() as connection:
        row = await account_row(connection, account_id)
    if row is None:
        raise NotFound(f"There is no account {account_id}.", rule="account.unknown")
    return AccountView.model_validate(row)
