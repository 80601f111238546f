"""Which promises are due next, and what moved the clocks of a period's tickets?"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, and_, false, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.support import (
    ClockMove,
    ClockReading,
    Severity,
    SlaClock,
    SlaClocksMoved,
    TicketAccountFound,
    TicketAssigned,
    TicketSubmitted,
)
from nexa_support.tables import metadata

promises = Table(
    "promises_due",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("reference", Text),
    Column("subject", Text),
    Column("account_id", Uuid),
    Column("account_name", Text),
    Column("agent_id", Uuid),
    Column("agent_name", Text),
    Column("submitted_at", DateTime(timezone=True)),
    Column("settled", Boolean, server_default=false()),
    Column("severity", Text),
    Column("policy", Text),
    Column("policy_version", Integer),
    Column("acknowledge_due_at", DateTime(timezone=True)),
    Column("next_response_due_at", DateTime(timezone=True)),
    Column("resolve_due_at", DateTime(timezone=True)),
    Index("promises_due_submitted_idx", "submitted_at"),
    Index("promises_due_open_idx", "ticket_id", postgresql_where=text("not settled")),
)
next_due_at = func.least(
    promises.c.acknowledge_due_at,
    promises.c.next_response_due_at,
    promises.c.resolve_due_at,
    type_=DateTime(timezone=True),
)
Index("promises_due_next_idx", next_due_at, promises.c.ticket_id)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TicketSubmitted() as event:
            named = {"reference": event.reference, "subject": event.subject, "submitted_at": event.submitted_at}
            account = {"account_id": event.account_id, "account_name": event.account_name}
            yield Put(promises, {"ticket_id": event.ticket_id}, {**named, **account})
        case TicketAccountFound(ticket_id=ticket_id, account_id=account_id, account_name=name):
            yield Put(promises, {"ticket_id": ticket_id}, {"account_id": account_id, "account_name": name})
        case TicketAssigned(ticket_id=ticket_id, agent=agent):
            yield Put(promises, {"ticket_id": ticket_id}, {"agent_id": agent.agent_id, "agent_name": agent.name})
        case SlaClocksMoved() as event:
            yield Put(promises, {"ticket_id": event.ticket_id}, _clocks(event))
        case _:
            return


def _clocks(event: SlaClocksMoved) -> dict[str, object]:
    measured = {
        "severity": event.severity.value,
        "policy": event.policy,
        "policy_version": event.policy_version,
    }
    dues: dict[str, object] = {f"{each.clock.value}_due_at": _open_due(each) for each in event.clocks}
    if event.policy is None:
        dues = {f"{clock.value}_due_at": None for clock in SlaClock}
    moves = {moment.move for moment in event.moments}
    if ClockMove.SETTLED in moves:
        return {**measured, **dues, "settled": True}
    return {**measured, **dues, "settled": False} if ClockMove.REOPENED in moves else {**measured, **dues}


def _open_due(reading: ClockReading) -> datetime | None:
    return reading.due_at if reading.ended_at is None else None


promises_due = ReadModel(
    name="promises_due",
    tables=(promises,),
    on=(TicketSubmitted, TicketAccountFound, TicketAssigned, SlaClocksMoved),
    project=project,
)


async def at_risk(
    connection: AsyncConnection,
    *,
    due_before: datetime | None,
    severity: Severity | None,
    agent_id: UUID | None,
    limit: int | None,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """Tickets with a promise that runs or is broken, the one that is due first, or has been due longest, before the others."""
    query = select(promises, next_due_at.label("next_due_at")).where(next_due_at.is_not(None))
    if due_before is not None:
        query = query.where(next_due_at < due_before)
    if severity is not None:
        query = query.where(promises.c.severity == severity.value)
    if agent_id is not None:
        query = query.where(promises.c.agent_id == agent_id)
    order = [next_due_at, promises.c.ticket_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def measured_before(connection: AsyncConnection, version: int, after: UUID | None, limit: int) -> list[UUID]:
    """Open tickets whose clocks were measured by an older version of the policies, by id."""
    query = select(promises.c.ticket_id).where(~promises.c.settled, promises.c.policy_version < version)
    if after is not None:
        query = query.where(promises.c.ticket_id > after)
    return list(await connection.scalars(query.order_by(promises.c.ticket_id).limit(limit)))


async def tickets_of(connection: AsyncConnection, begin: datetime, end: datetime) -> int:
    """How many tickets were submitted in the period."""
    period = and_(promises.c.submitted_at >= begin, promises.c.submitted_at < end)
    return await connection.scalar(select(func.count()).where(period)) or 0


async def clock_history(connection: AsyncConnection, begin: datetime, end: datetime) -> Sequence[Mapping[str, Any]]:
    """What moved the clocks of the tickets submitted in the period, ticket by ticket, in the order in which it came."""
    query = text(
        "select p.ticket_id, p.reference, e.data::json -> 'moments' as moments, e.data::json ->> 'severity' as severity,"
        " e.data::json ->> 'plan' as plan from promises_due p"
        " join events e on e.stream = 'ticket-' || p.ticket_id and e.type = :type"
        " where p.submitted_at >= :begin and p.submitted_at < :end order by p.ticket_id, e.version"
    )
    given = {"type": "nexa.support.SlaClocksMoved.v1", "begin": begin, "end": end}
    return [dict(row) for row in (await connection.execute(query, given)).mappings()]
