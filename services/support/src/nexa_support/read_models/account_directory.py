"""Which accounts are there, who writes for them, what do they pay and run, now and on a day?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Numeric, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import (
    AccountBecameCustomer,
    AccountBecameProspect,
    AccountChurned,
    AccountContractChanged,
    AccountCreated,
    AccountUpdated,
    ContactCreated,
    DealClosedWon,
)
from nexa_contracts.success import AccountVersionReported
from nexa_contracts.values import Money
from nexa_support.intake.free_mail import FREE_MAIL
from nexa_support.tables import metadata

NOTHING = Decimal(0)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("plan", Text),
    Column("arr", Numeric(18, 2)),
    Column("currency", Text),
    Column("product_version", Text),
    Index("accounts_version_idx", "product_version"),
)
contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("account_id", Uuid),
    Column("name", Text),
    Column("email", Text),
    Column("domain", Text),
    Index("contacts_email_idx", "email"),
    Index("contacts_domain_idx", "domain"),
)
arr_history = Table(
    "account_arr_history",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("stream_version", Integer, primary_key=True),
    Column("since", DateTime(timezone=True)),
    Column("arr", Numeric(18, 2)),
    Column("currency", Text),
)
version_history = Table(
    "account_version_history",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("stream_version", Integer, primary_key=True),
    Column("since", DateTime(timezone=True)),
    Column("product_version", Text),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case AccountCreated(account_id=account_id, name=name) | AccountUpdated(account_id=account_id, name=name):
            yield Put(accounts, {"account_id": account_id}, {"name": name})
        case (
            AccountBecameCustomer(account_id=account_id, arr=arr)
            | AccountContractChanged(account_id=account_id, arr=arr)
        ):
            yield from _pays(fact, account_id, arr)
        case AccountChurned(account_id=account_id, arr=arr):
            yield from _pays(fact, account_id, arr.model_copy(update={"amount": NOTHING}))
        case AccountBecameProspect(account_id=account_id):
            yield from _pays(fact, account_id, Money(amount=NOTHING))
        case DealClosedWon(account_id=account_id, details=details) if details is not None and details.products:
            yield Put(accounts, {"account_id": account_id}, {"plan": details.products[0].product})
        case ContactCreated() as contact:
            yield Put(contacts, {"contact_id": contact.contact_id}, _contact(contact))
        case AccountVersionReported(account_id=account_id, version=version, since=since):
            yield Put(accounts, {"account_id": account_id}, {"product_version": version})
            key = {"account_id": account_id, "stream_version": fact.version}
            yield Put(version_history, key, {"since": since, "product_version": version})
        case _:
            return


def _pays(fact: Recorded, account_id: UUID, arr: Money) -> Iterator[Change]:
    pays = {"arr": arr.amount, "currency": arr.currency}
    yield Put(accounts, {"account_id": account_id}, pays)
    yield Put(arr_history, {"account_id": account_id, "stream_version": fact.version}, {"since": fact.time, **pays})


def _contact(contact: ContactCreated) -> dict[str, object]:
    email = contact.email.lower() if contact.email else None
    name = " ".join(each for each in (contact.first_name, contact.last_name) if each)
    domain = email.rpartition("@")[2] if email else None
    return {"account_id": contact.account_id, "name": name, "email": email, "domain": domain}


account_directory = ReadModel(
    name="account_directory",
    tables=(accounts, contacts, arr_history, version_history),
    on=(
        AccountCreated,
        AccountUpdated,
        AccountBecameCustomer,
        AccountContractChanged,
        AccountChurned,
        AccountBecameProspect,
        DealClosedWon,
        ContactCreated,
        AccountVersionReported,
    ),
    project=project,
    from_topics=True,
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """Whose an address is; `because` as TicketAccountFound says it."""

    account_id: UUID
    account_name: str
    product_version: str | None
    contact_id: UUID | None
    because: str


async def whose_address(connection: AsyncConnection, email: str) -> Found | None:
    """The account of the contact with this address, else the only one that has contacts at its domain; None: nobody's."""
    known = await _contacts_with(connection, contacts.c.email == email.lower())
    if known:
        first = known[0]
        return Found(
            account_id=first["account_id"],
            account_name=first["account"],
            product_version=first["product_version"],
            contact_id=first["contact_id"],
            because="address of a contact",
        )
    domain = email.lower().rpartition("@")[2]
    if not domain or domain in FREE_MAIL:
        return None
    there = await _contacts_with(connection, contacts.c.domain == domain)
    if len({each["account_id"] for each in there}) != 1:
        return None
    return Found(
        account_id=there[0]["account_id"],
        account_name=there[0]["account"],
        product_version=there[0]["product_version"],
        contact_id=None,
        because="domain of the account",
    )


async def _contacts_with(connection: AsyncConnection, condition: Any) -> Sequence[Mapping[str, Any]]:
    query = select(contacts.c.contact_id, contacts.c.account_id, accounts.c.name.label("account"))
    query = query.add_columns(accounts.c.product_version)
    query = query.join(accounts, accounts.c.account_id == contacts.c.account_id).where(condition)
    query = query.where(accounts.c.name.is_not(None)).order_by(contacts.c.contact_id).limit(50)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def account_row(connection: AsyncConnection, account_id: UUID) -> Mapping[str, Any] | None:
    """Name, plan, ARR and version of an account, as they are now."""
    row = (await connection.execute(select(accounts).where(accounts.c.account_id == account_id))).mappings().first()
    return None if row is None else dict(row)


async def arr_of(
    connection: AsyncConnection, account_ids: Sequence[UUID], as_happened: datetime | None = None
) -> Mapping[UUID, Money]:
    """What each of these accounts pays a year, now or at that time; who pays nothing is not in it."""
    source = arr_history
    query = select(source.c.account_id, source.c.arr, source.c.currency).distinct(source.c.account_id)
    query = query.where(source.c.account_id.in_(account_ids))
    if as_happened is not None:
        query = query.where(source.c.since <= as_happened)
    query = query.order_by(source.c.account_id, source.c.since.desc(), source.c.stream_version.desc())
    rows = (await connection.execute(query)).all()
    return {each: Money(amount=arr, currency=currency) for each, arr, currency in rows if arr}


async def who_runs(connection: AsyncConnection, version: str, as_happened: datetime | None = None) -> Sequence[UUID]:
    """The accounts that run this version of the product, now or at that time."""
    source = version_history
    latest = select(source.c.account_id, source.c.product_version).distinct(source.c.account_id)
    if as_happened is not None:
        latest = latest.where(source.c.since <= as_happened)
    ran = latest.order_by(source.c.account_id, source.c.since.desc(), source.c.stream_version.desc()).subquery()
    query = select(ran.c.account_id).where(ran.c.product_version == version).order_by(ran.c.account_id)
    return list((await connection.execute(query)).scalars())


async def plan_of(connection: AsyncConnection, account_id: UUID) -> str | None:
    """What the account bought last, by the first product of the deal."""
    query = select(accounts.c.plan).where(accounts.c.account_id == account_id)
    found: str | None = (await connection.execute(query)).scalar_one_or_none()
    return found
