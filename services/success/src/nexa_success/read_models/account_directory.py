"""Which accounts are there, what are they called, who is responsible for them?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, DateTime, Index, Numeric, ScalarSelect, Table, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    AccountBecameCustomer,
    AccountBecameProspect,
    AccountChurned,
    AccountContractChanged,
    AccountCreated,
    AccountUpdated,
)
from nexa_contracts.success import OnboardingAssigned, OnboardingCancelled, OnboardingResumed, OnboardingStarted
from nexa_contracts.values import Money
from nexa_success.tables import metadata

account_table = Table(
    "accounts",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("type", Text, server_default="prospect"),
    Column("customer_since", Date),
    Column("arr", Numeric(18, 2)),
    Column("currency", Text),
    Column("contract_end", Date),
)
Index("accounts_name_idx", func.lower(account_table.c.name))

onboardings = Table(
    "account_onboardings",
    metadata,
    Column("project_id", Uuid, primary_key=True),
    Column("account_id", Uuid),
    Column("won_at", DateTime(timezone=True)),
    Column("csm_id", Uuid),
    Column("cancelled", Boolean, server_default="false"),
    Index("account_onboardings_idx", "account_id", "won_at"),
)


def _of_the_latest(column: Column[UUID]) -> ScalarSelect[UUID]:
    """The value of the onboarding that was won last and has one, cancelled ones left out."""
    mine = onboardings.c.account_id == account_table.c.account_id
    theirs = select(column).where(mine, column.is_not(None), onboardings.c.cancelled.is_not(True))
    latest = theirs.order_by(onboardings.c.won_at.desc(), onboardings.c.project_id.desc()).limit(1)
    return latest.correlate(account_table).scalar_subquery()


accounts = select(
    account_table,
    _of_the_latest(onboardings.c.csm_id).label("csm_id"),
    _of_the_latest(onboardings.c.project_id).label("project_id"),
).subquery("directory")
"""To select from: each account with the CSM and the onboarding of the deal it won last."""


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case (
            AccountCreated(account_id=account_id)
            | AccountUpdated(account_id=account_id)
            | AccountBecameCustomer(account_id=account_id)
            | AccountContractChanged(account_id=account_id)
            | AccountChurned(account_id=account_id)
            | AccountBecameProspect(account_id=account_id)
        ):
            yield Put(account_table, {"account_id": account_id}, _changed(fact.event))
        case OnboardingStarted() as started:
            begun = {"won_at": started.won_at, "csm_id": started.csm.person_id if started.csm else None}
            yield Put(onboardings, {"project_id": started.project_id}, {"account_id": started.account_id, **begun})
        case OnboardingAssigned(project_id=project_id, csm=csm):
            yield Put(onboardings, {"project_id": project_id}, {"csm_id": csm.person_id})
        case OnboardingCancelled(project_id=project_id):
            yield Put(onboardings, {"project_id": project_id}, {"cancelled": True})
        case OnboardingResumed(project_id=project_id):
            yield Put(onboardings, {"project_id": project_id}, {"cancelled": False})
        case _:
            return


def _changed(event: Event) -> dict[str, object]:
    match event:
        case AccountCreated(name=name) | AccountUpdated(name=name):
            return {"name": name}
        case AccountBecameCustomer() as became:
            since = {"customer_since": became.customer_since}
            return {"type": "customer", "contract_end": became.contract_end, **since, **_arr(became.arr)}
        case AccountContractChanged() as changed:
            since = {"customer_since": changed.customer_since} if changed.customer_since else {}
            return {"contract_end": changed.contract_end, **since, **_arr(changed.arr)}
        case AccountChurned() as churned:
            told = {"customer_since": churned.customer_since, "contract_end": churned.contract_end}
            return {"type": "churned", **{name: day for name, day in told.items() if day}, **_arr(churned.arr)}
        case AccountBecameProspect():
            return {"type": "prospect", **dict.fromkeys(("customer_since", "arr", "currency", "contract_end"))}
        case _:
            return {}


def _arr(money: Money) -> dict[str, object]:
    return {"arr": money.amount, "currency": money.currency}


account_directory = ReadModel(
    name="account_directory",
    tables=(account_table, onboardings),
    on=(
        AccountCreated,
        AccountUpdated,
        AccountBecameCustomer,
        AccountContractChanged,
        AccountChurned,
        AccountBecameProspect,
        OnboardingStarted,
        OnboardingAssigned,
        OnboardingCancelled,
        OnboardingResumed,
    ),
    project=project,
    from_topics=True,
)


async def account_row(connection: AsyncConnection, account_id: UUID) -> Mapping[str, Any] | None:
    row = (await connection.execute(select(accounts).where(accounts.c.account_id == account_id))).mappings().first()
    return None if row is None else dict(row)


async def accounts_known(connection: AsyncConnection, account_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the ids that are an account's."""
    query = select(account_table.c.account_id).where(account_table.c.account_id.in_(account_ids))
    return frozenset((await connection.execute(query)).scalars())


async def accounts_called(connection: AsyncConnection, names: Collection[str]) -> Mapping[str, Sequence[UUID]]:
    """The accounts of each name, by the name in lower case; several where a name is not one account's alone."""
    called = func.lower(account_table.c.name)
    query = select(called, account_table.c.account_id).where(called.in_({name.lower() for name in names}))
    found: dict[str, list[UUID]] = {}
    for name, account_id in (await connection.execute(query)).all():
        found.setdefault(name, []).append(account_id)
    return found
