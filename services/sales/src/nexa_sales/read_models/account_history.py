"""What happened to an account, when, by whom? Its own events, its people's and its deals', in words.

A summary is written once and stays as it was then, whatever changes later.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.envelope import Event, event_name
from nexa_contracts.sales import (
    AccountBecameCustomer,
    AccountBecameProspect,
    AccountChurned,
    AccountContractChanged,
    AccountCreated,
    AccountUpdated,
    ContactCreated,
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealDetailsChanged,
    DealHandoffResubmitted,
    DealHandoffReturned,
    DealReassigned,
    DealReopened,
)
from nexa_contracts.values import Money
from nexa_sales.tables import metadata

entries = Table(
    "account_history",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("account_id", Uuid),
    Column("version", Integer),
    Column("event", Text),
    Column("occurred_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True)),
    Column("actor", Text),
    Column("summary", Text),
    Index("account_history_account_idx", "account_id", "occurred_at"),
)


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    yield Put(
        entries,
        {"event_id": fact.id},
        {
            "account_id": event.account_id,
            "version": fact.version,
            "event": event_name(type(event)),
            "occurred_at": fact.time,
            "recorded_at": fact.recorded_at,
            "actor": fact.actor,
            "summary": summary(event),
        },
    )


def summary(event: Event) -> str:
    match event:
        case AccountCreated(name=name):
            return f"{name} became an account"
        case AccountUpdated(name=name, country=country, company_size=size):
            return f"Now {name}, {country or 'no country'}, {size.value if size else 'size unknown'}"
        case AccountBecameCustomer(customer_since=since, arr=arr, contract_end=end):
            return f"Customer since {since}: {_sum(arr)} a year, contract until {end}"
        case AccountContractChanged(reason=reason, arr=arr, previous_arr=previous, contract_end=end):
            return f"Contract changed ({reason}): {_sum(arr)} a year instead of {_sum(previous)}, until {end}"
        case AccountChurned(arr=arr, reason=reason, churned_on=day):
            return f"Lost as a customer on {day}: {_sum(arr)} a year; {reason}"
        case AccountBecameProspect(reason=reason):
            return f"A prospect again: {reason}"
        case ContactCreated(first_name=first, last_name=last, email=email):
            return f"Contact: {' '.join(filter(None, (first, last))) or email or 'without a name'}"
        case _:
            return deal_summary(event)


def deal_summary(event: Event) -> str:
    """A deal's event in words, also for the lead that the deal came from."""
    match event:
        case DealCreated(name=name, amount=money):
            return f"Deal {name} opened: {_sum(money)}"
        case DealDetailsChanged(changed=changed):
            return f"Deal described: {', '.join(name.replace('_', ' ') for name in changed)}"
        case DealClosedWon(amount=money):
            return f"Deal won: {_sum(money)}"
        case DealClosedLost(reason=reason):
            return f"Deal lost: {reason}"
        case DealReassigned(reason=reason):
            return f"Deal went to another rep: {reason}"
        case DealReopened(reason=reason):
            return f"Deal reopened: {reason}"
        case DealHandoffReturned(reason=reason):
            return f"Handoff returned by customer success: {reason}"
        case DealHandoffResubmitted(note=note):
            return f"Handed over again: {note}"
        case _:
            return event_name(type(event))


def _sum(money: Money) -> str:
    return f"{money.amount:.2f} {money.currency}"


account_history = ReadModel(
    name="account_history",
    tables=(entries,),
    on=(
        AccountCreated,
        AccountUpdated,
        AccountBecameCustomer,
        AccountContractChanged,
        AccountChurned,
        AccountBecameProspect,
        ContactCreated,
        DealCreated,
        DealDetailsChanged,
        DealClosedWon,
        DealClosedLost,
        DealReassigned,
        DealReopened,
        DealHandoffReturned,
        DealHandoffResubmitted,
    ),
    project=project,
)


async def list_history(
    connection: AsyncConnection, account_id: UUID, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """What happened to one account, newest first."""
    of = entries.c
    order = [of.occurred_at.desc(), of.recorded_at.desc(), of.version.desc(), of.event_id]
    return await paginate(
        connection, select(entries).where(of.account_id == account_id), order=order, limit=limit, cursor=cursor
    )
