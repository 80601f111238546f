"""Which tickets report a bug, of which accounts, now and at any time?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.history import AsOf
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.support import TicketAccountFound, TicketFields, TicketLinked, TicketUnlinked
from nexa_support.read_models.ticket_list import tickets
from nexa_support.tables import metadata

reports = Table(
    "bug_reports",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("stream_version", Integer, primary_key=True),
    Column("bug_id", Uuid),
    Column("linked", Boolean),
    Column("because", Text),
    Column("account_id", Uuid),
    Column("account_name", Text),
    Column("happened_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True)),
    Index("bug_reports_bug_idx", "bug_id", "ticket_id"),
)
"""What happened to the link of each ticket: it was made, it was cut, or its account became known (then `bug_id` is null)."""


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TicketLinked(bug_id=bug_id, because=because) as linked:
            yield _row(fact, linked, {"bug_id": bug_id, "linked": True, "because": because})
        case TicketUnlinked(bug_id=bug_id) as unlinked:
            yield _row(fact, unlinked, {"bug_id": bug_id, "linked": False})
        case TicketAccountFound() as found:
            yield _row(fact, found, {})
        case _:
            return


def _row(fact: Recorded, ticket: TicketFields, link: Mapping[str, object]) -> Put:
    key = {"ticket_id": ticket.ticket_id, "stream_version": fact.version}
    account = {"account_id": ticket.account_id, "account_name": ticket.account_name}
    return Put(reports, key, {**link, **account, "happened_at": fact.time, "recorded_at": fact.recorded_at})


bug_reports = ReadModel(
    name="bug_reports", tables=(reports,), on=(TicketLinked, TicketUnlinked, TicketAccountFound), project=project
)


@dataclass(frozen=True)
class Reported:
    """A ticket that reports the bug, and its account as it was known."""

    ticket_id: UUID
    account_id: UUID | None
    account_name: str | None
    because: str | None


async def reported(connection: AsyncConnection, bug_id: UUID, as_of: AsOf) -> list[Reported]:
    """The tickets that are linked to the bug, as of a time, the first linked first."""
    of_bug = select(reports.c.ticket_id).where(reports.c.bug_id == bug_id)
    query = select(reports).where(reports.c.ticket_id.in_(of_bug))
    if as_of.recorded is not None:
        query = query.where(reports.c.recorded_at <= as_of.recorded)
    if as_of.happened is not None:
        query = query.where(reports.c.happened_at <= as_of.happened)
    query = query.order_by(reports.c.happened_at, reports.c.ticket_id, reports.c.stream_version)
    return list(still_linked((await connection.execute(query)).mappings(), bug_id))


def still_linked(rows: Iterable[Mapping[Any, Any]], bug_id: UUID) -> Iterator[Reported]:
    """What is left of these rows, which are in the order of each ticket's stream."""
    bug_of: dict[UUID, UUID | None] = {}
    found: dict[UUID, Reported] = {}
    for row in rows:
        ticket_id = row["ticket_id"]
        if row["bug_id"] is not None:
            bug_of[ticket_id] = row["bug_id"] if row["linked"] else None
        because = row["because"] or (found[ticket_id].because if ticket_id in found else None)
        found[ticket_id] = Reported(ticket_id, row["account_id"], row["account_name"], because)
    for ticket_id, report in found.items():
        if bug_of.get(ticket_id) == bug_id:
            yield report


async def page_of_reported(
    connection: AsyncConnection, bug_id: UUID, *, limit: int | None, cursor: str | None
) -> Page[Reported]:
    """The tickets that are linked to the bug now, a page at a time."""
    source = tickets.c
    latest = select(reports.c.because).where(reports.c.ticket_id == source.ticket_id, reports.c.linked)
    because = latest.order_by(reports.c.stream_version.desc()).limit(1).scalar_subquery()
    query = select(source.ticket_id, source.account_id, source.account_name, because.label("because"))
    query = query.where(source.bug_id == bug_id)
    page = await paginate(connection, query, order=[source.ticket_id], limit=limit, cursor=cursor)
    return Page(items=[Reported(**row) for row in page.items], next=page.next)


async def ticket_rows(connection: AsyncConnection, ticket_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    """How these tickets stand now; those that are none are missing."""
    source = tickets.c
    query = select(source.ticket_id, source.reference, source.subject, source.work_status, source.severity)
    found = await connection.execute(query.where(source.ticket_id.in_(ticket_ids), source.reference.is_not(None)))
    return {row["ticket_id"]: dict(row) for row in found.mappings()}
