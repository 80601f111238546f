"""How did an account do, day by day?"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Double, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.success import AccountSignalReported
from nexa_success.signals.state import reported_in
from nexa_success.tables import metadata

signals = Table(
    "account_signals",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("on", Date, primary_key=True),
    Column("usage", Double),
    Column("adoption", Double),
    Column("support_tickets", Integer),
    Column("payment", Text),
    Column("engagement", Text),
    Column("nps", Integer),
    Column("reported_at", DateTime(timezone=True)),
    Column("reported_by", Text),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case AccountSignalReported(account_id=account_id, on=on) as report:
            given = {name: value for name, value in reported_in(report)._asdict().items() if value is not None}
            told = {"reported_at": fact.recorded_at, "reported_by": fact.actor}
            yield Put(signals, {"account_id": account_id, "on": on}, {**given, **told})
        case _:
            return


signals_by_day = ReadModel(name="signals_by_day", tables=(signals,), on=(AccountSignalReported,), project=project)


async def list_signals(
    connection: AsyncConnection,
    account_id: UUID,
    *,
    since: date | None,
    until: date | None,
    limit: int | None,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """The days of an account that something was reported of, the latest first."""
    query = select(signals).where(signals.c.account_id == account_id)
    if since is not None:
        query = query.where(signals.c.on >= since)
    if until is not None:
        query = query.where(signals.c.on <= until)
    return await paginate(connection, query, order=[signals.c.on.desc()], limit=limit, cursor=cursor)


async def signals_on(connection: AsyncConnection, account_id: UUID, on: date) -> Mapping[str, Any] | None:
    query = select(signals).where(signals.c.account_id == account_id, signals.c.on == on)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)
