"""Which companies and people does sales deal with, and who of them is a customer until when?"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Index, Integer, Numeric, Table, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    AccountBecameCustomer,
    AccountBecameProspect,
    AccountChurned,
    AccountContractChanged,
    AccountCreated,
    AccountUpdated,
    ContactCreated,
)
from nexa_contracts.values import Money
from nexa_sales.account.events import DealCounted, RenewalCounted
from nexa_sales.tables import metadata

AccountType: TypeAlias = Literal["prospect", "customer", "churned"]

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("name", Text),
    Column("country", Text),
    Column("company_size", Text),
    Column("created_at", DateTime(timezone=True)),
    Column("type", Text, server_default="prospect"),
    Column("customer_since", Date),
    Column("arr", Numeric(18, 2)),
    Column("currency", Text),
    Column("contract_end", Date),
    Column("churned_on", Date),
    Column("churned_because", Text),
    Index("accounts_name_idx", "name", "account_id"),
    Index("accounts_type_idx", "type", "name", "account_id"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("account_id", Uuid),
    Column("lead_id", Uuid),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("title", Text),
    Column("created_at", DateTime(timezone=True)),
    Index("contacts_account_idx", "account_id"),
    Index("contacts_created_idx", "created_at", "contact_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case AccountCreated() | AccountUpdated() as account:
            known: dict[str, object] = {
                "version": fact.version,
                "name": account.name,
                "country": account.country,
                "company_size": account.company_size.value if account.company_size else None,
            }
            if isinstance(account, AccountCreated):
                known["created_at"] = fact.time
            yield Put(accounts, {"account_id": account.account_id}, known)
        case (
            AccountBecameCustomer(account_id=account_id)
            | AccountContractChanged(account_id=account_id)
            | AccountChurned(account_id=account_id)
            | AccountBecameProspect(account_id=account_id)
            | DealCounted(account_id=account_id)
            | RenewalCounted(account_id=account_id)
        ):
            yield Put(accounts, {"account_id": account_id}, {"version": fact.version, **_contract(fact.event)})
        case ContactCreated() as contact:
            person = contact.model_dump(exclude={"contact_id"})
            yield Put(
                contacts,
                {"contact_id": contact.contact_id},
                {"version": fact.version, "created_at": fact.time, **person},
            )
        case _:
            return


def _contract(event: Event) -> dict[str, object]:
    match event:
        case AccountBecameCustomer() as became:
            not_lost = {"churned_on": None, "churned_because": None}
            return {
                "type": "customer",
                "customer_since": became.customer_since,
                "contract_end": became.contract_end,
                **_arr(became.arr),
                **not_lost,
            }
        case AccountContractChanged() as changed:
            since = {"customer_since": changed.customer_since} if changed.customer_since else {}
            return {"contract_end": changed.contract_end, **_arr(changed.arr), **since}
        case AccountChurned() as churned:
            return {
                "type": "churned",
                "customer_since": churned.customer_since,
                "contract_end": churned.contract_end,
                "churned_on": churned.churned_on,
                "churned_because": churned.reason,
                **_arr(churned.arr),
            }
        case AccountBecameProspect():
            no_contract = ("customer_since", "arr", "currency", "contract_end", "churned_on", "churned_because")
            return {"type": "prospect", **dict.fromkeys(no_contract)}
        case _:
            return {}


def _arr(money: Money) -> dict[str, object]:
    return {"arr": money.amount, "currency": money.currency}


account_book = ReadModel(
    name="account_book",
    tables=(accounts, contacts),
    on=(
        AccountCreated,
        AccountUpdated,
        AccountBecameCustomer,
        AccountContractChanged,
        AccountChurned,
        AccountBecameProspect,
        DealCounted,
        RenewalCounted,
        ContactCreated,
    ),
    project=project,
)


async def list_accounts(
    connection: AsyncConnection,
    name: str | None,
    kind: AccountType | None,
    *,
    limit: int | None,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """Accounts by name; `name` is a part of it, in any case."""
    query = select(accounts)
    if kind:
        query = query.where(accounts.c.type == kind)
    if name:
        query = query.where(func.lower(accounts.c.name).contains(name.lower(), autoescape=True))
    order = [accounts.c.name, accounts.c.account_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def account_row(connection: AsyncConnection, account_id: UUID) -> Mapping[str, Any] | None:
    query = select(accounts).where(accounts.c.account_id == account_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)


async def list_contacts(
    connection: AsyncConnection, account_id: UUID | None, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """Contacts in the order in which they were made, of one account or of all."""
    query = select(contacts, accounts.c.name.label("account_name")).outerjoin(
        accounts, accounts.c.account_id == contacts.c.account_id
    )
    if account_id is not None:
        query = query.where(contacts.c.account_id == account_id)
    order = [contacts.c.created_at, contacts.c.contact_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def contact_row(connection: AsyncConnection, contact_id: UUID) -> Mapping[str, Any] | None:
    query = select(contacts, accounts.c.name.label("account_name")).outerjoin(
        accounts, accounts.c.account_id == contacts.c.account_id
    )
    row = (await connection.execute(query.where(contacts.c.contact_id == contact_id))).mappings().one_or_none()
    return None if row is None else dict(row)
