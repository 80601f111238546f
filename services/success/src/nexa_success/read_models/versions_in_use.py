"""Which version of the product does each account run, and since when?"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.success import AccountVersionReported
from nexa_success.account_version.events import VersionNoted
from nexa_success.read_models.account_directory import account_table, accounts
from nexa_success.tables import metadata

versions = Table(
    "account_versions",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("stream_version", Integer),
    Column("version", Text),
    Column("since", DateTime(timezone=True)),
    Column("reported_at", DateTime(timezone=True)),
    Column("reported_by", Text),
    Index("account_versions_version_idx", "version", "since", "account_id"),
)
reports = Table(
    "account_version_reports",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("since", DateTime(timezone=True), primary_key=True),
    Column("version", Text),
    Column("reported_at", DateTime(timezone=True)),
    Column("reported_by", Text),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case (
            AccountVersionReported(account_id=account_id, version=version, since=since)
            | VersionNoted(account_id=account_id, version=version, since=since)
        ):
            told = {"version": version, "reported_at": fact.recorded_at, "reported_by": fact.actor}
            yield Put(reports, {"account_id": account_id, "since": since}, told)
            present = {"since": since, **told} if isinstance(fact.event, AccountVersionReported) else {}
            yield Put(versions, {"account_id": account_id}, {"stream_version": fact.version, **present})
        case _:
            return


versions_in_use = ReadModel(
    name="versions_in_use",
    tables=(versions, reports),
    on=(AccountVersionReported, VersionNoted),
    project=project,
)

_lost = select(account_table.c.account_id).where(account_table.c.type == "churned")


async def count_versions(connection: AsyncConnection, *, limit: int | None, cursor: str | None) -> Page[dict[str, Any]]:
    """Each version with the accounts that run it, those that churned left out; the one most of them run first."""
    counted = (
        select(
            versions.c.version,
            func.count().label("accounts"),
            func.min(versions.c.since).label("first_since"),
            func.max(versions.c.since).label("last_since"),
        )
        .where(versions.c.account_id.not_in(_lost))
        .group_by(versions.c.version)
        .subquery("counted")
    )
    order = [counted.c.accounts.desc(), counted.c.version]
    return await paginate(connection, select(counted), order=order, limit=limit, cursor=cursor)


async def list_running(
    connection: AsyncConnection, version: str, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """The accounts that run this version, those that churned left out; who has run it the longest first."""
    query = (
        select(versions, accounts.c.name.label("account_name"), accounts.c.csm_id)
        .outerjoin(accounts, accounts.c.account_id == versions.c.account_id)
        .where(versions.c.version == version, versions.c.account_id.not_in(_lost))
    )
    order = [versions.c.since, versions.c.account_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def version_row(connection: AsyncConnection, account_id: UUID) -> Mapping[str, Any] | None:
    row = (await connection.execute(select(versions).where(versions.c.account_id == account_id))).mappings().first()
    return None if row is None else dict(row)


async def list_history(
    connection: AsyncConnection, account_id: UUID, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """What the account ran, the latest first; reports that only confirm what ran are left out."""
    before = func.lag(reports.c.version).over(order_by=reports.c.since)
    told = select(reports, before.label("before")).where(reports.c.account_id == account_id).subquery("told")
    query = select(told).where(told.c.version.is_distinct_from(told.c.before))
    return await paginate(connection, query, order=[told.c.since.desc()], limit=limit, cursor=cursor)
