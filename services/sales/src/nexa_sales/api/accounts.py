"""Accounts and contacts over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.history import AsOf, load_as_of
from nexa_chassis.http.call import Call
from nexa_chassis.http.history import After, AsOfQuery, Change, Since, changes
from nexa_chassis.http.paging import Page
from nexa_contracts.marketing import CompanySize
from nexa_contracts.values import Money
from nexa_sales.account.contract import Contract, Lost
from nexa_sales.account.decisions import ChangeAccount, OpenAccount, account_id_of
from nexa_sales.account.state import Churned, Customer, NoAccount, Prospect
from nexa_sales.aggregates import account
from nexa_sales.api.bodies import Body, Cursor, Limit, Reader, Salesperson, Text, address
from nexa_sales.contact.decisions import AddContact
from nexa_sales.read_models.account_book import (
    AccountType,
    account_row,
    contact_row,
    list_accounts,
    list_contacts,
)
from nexa_sales.read_models.account_history import list_history

routes = APIRouter(tags=["accounts"])


class AccountView(BaseModel):
    account_id: UUID
    version: int
    name: str
    country: str | None
    company_size: CompanySize | None
    created_at: datetime
    type: AccountType = Field(description="A customer has a contract; a churned one had.")
    customer_since: date | None = Field(description="The UTC day on which the deal was won that made it a customer.")
    arr: Money | None = Field(description="What the contract brings a year; of a churned account, what was lost.")
    contract_end: date | None
    churned_on: date | None
    churned_because: str | None


class AccountEntry(BaseModel):
    """Something that happened, in words as they were then."""

    event_id: str
    event: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    summary: str


class AccountBody(Body):
    """What is known of the company, as it is to be."""

    name: Text
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")
    company_size: CompanySize | None = None


class ContactBody(Body):
    """A person of an account, with a name or an address."""

    account_id: UUID
    first_name: Text | None = Field(default=None, examples=["Dana"])
    last_name: Text | None = Field(default=None, examples=["Reyes"])
    email: Text | None = Field(default=None, examples=["dana.reyes@acme.example"])
    phone: Text | None = None
    title: Text | None = Field(default=None, examples=["IT Director"])


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
    kind: Annotated[AccountType | None, Query(alias="type", description="Only of this type.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[AccountView]:
    """Accounts by name."""
    async with call.query() as connection:
        page = await list_accounts(connection, name, kind, limit=limit, cursor=cursor)
    return Page(items=[*map(_account_view, page.items)], next=page.next)


@routes.post("/accounts", status_code=201)
async def open_account(body: AccountBody, call: Salesperson, response: Response) -> AccountView:
    """Open a company's account by hand. 409 where it is there, whatever way its name is written."""
    account_id = account_id_of(body.name)
    done = await call.execute(
        OpenAccount(account_id=account_id, name=body.name, country=body.country, company_size=body.company_size)
    )
    call.etag(response, done.version_of(f"account-{account_id}"))
    return await _account(call, account_id)


@routes.get("/accounts/{account_id}")
async def read_account(account_id: UUID, call: Reader, as_of: AsOfQuery, response: Response) -> AccountView:
    """One account, now or as of a time; its people and deals are in `/contacts` and `/deals` with `account_id`."""
    view = await (_account(call, account_id) if as_of.is_now else _account_as_of(call, account_id, as_of))
    call.etag(response, view.version)
    return view


@routes.get("/accounts/{account_id}/changes")
async def account_changes(account_id: UUID, call: Reader, since: Since, after: After = 0) -> Page[Change]:
    """What changed about the account since a time."""
    await _account(call, account_id)
    return await changes(call, account, f"account-{account_id}", since, after)


@routes.get("/accounts/{account_id}/history")
async def account_history(
    account_id: UUID, call: Reader, limit: Limit = None, cursor: Cursor = None
) -> Page[AccountEntry]:
    """What happened to the account, its people and its deals, in words, newest first."""
    await _account(call, account_id)
    async with call.query() as connection:
        page = await list_history(connection, account_id, limit=limit, cursor=cursor)
    return Page(items=[AccountEntry.model_validate(row) for row in page.items], next=page.next)


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


@routes.post("/contacts", status_code=201)
async def add_contact(body: ContactBody, call: Salesperson, response: Response) -> ContactView:
    """Enter a person of an account by hand."""
    if not (body.first_name or body.last_name or body.email):
        raise Refused("A contact has a name or an e-mail address.", rule="contact.nobody", field="last_name")
    email = address(body.email, "contact.email") if body.email else None
    async with call.query() as connection:
        if await account_row(connection, body.account_id) is None:
            raise Refused(f"There is no account {body.account_id}.", rule="account.unknown", field="account_id")
    contact_id = call.new_id("contact")
    await call.execute(
        AddContact(
            contact_id=contact_id,
            account_id=body.account_id,
            lead_id=None,
            first_name=body.first_name,
            last_name=body.last_name,
            email=email,
            phone=body.phone,
            title=body.title,
        )
    )
    return await _contact(call, contact_id, response)


@routes.get("/contacts/{contact_id}")
async def read_contact(contact_id: UUID, call: Reader, response: Response) -> ContactView:
    """One person."""
    return await _contact(call, contact_id, response)


async def _contact(call: Call, contact_id: UUID, response: Response) -> ContactView:
    async with call.query() as connection:
        row = await contact_row(connection, contact_id)
    if row is None:
        raise NotFound(f"There is no contact {contact_id}.", rule="contact.unknown")
    view = ContactView.model_validate(row)
    call.etag(response, view.version)
    return view


async def _account_as_of(call: Call, account_id: UUID, as_of: AsOf) -> AccountView:
    loaded = await load_as_of(call.runtime.store, account, account_id, as_of)
    state = loaded.state
    if isinstance(state, NoAccount):
        raise NotFound(f"There was no account {account_id} at that time.", rule="account.unknown")
    created = (await _account(call, account_id)).created_at
    kind: AccountType = "prospect"
    contract: Contract | None = None
    lost: Lost | None = None
    match state:
        case Prospect():
            pass
        case Customer():
            kind, contract = "customer", state.contract
        case Churned():
            kind, contract, lost = "churned", state.lost.contract, state.lost
    return AccountView(
        account_id=account_id,
        version=loaded.version,
        created_at=created,
        name=state.company.name,
        country=state.company.country,
        company_size=state.company.company_size,
        type=kind,
        customer_since=contract.customer_since if contract else None,
        arr=contract.arr if contract else None,
        contract_end=contract.contract_end if contract else None,
        churned_on=lost.churned_on if lost else None,
        churned_because=lost.because if lost else None,
    )


async def _account(call: Call, account_id: UUID) -> AccountView:
    async with call.query() as connection:
        row = await account_row(connection, account_id)
    if row is None:
        raise NotFound(f"There is no account {account_id}.", rule="account.unknown")
    return _account_view(row)


def _account_view(row: Any) -> AccountView:
    arr = None if row["arr"] is None else {"amount": row["arr"], "currency": row["currency"]}
    return AccountView.model_validate({**row, "arr": arr})
