"""Which tickets may resemble this one?

An inverted index: each term with the tickets it stands in, by their time. Of each term of a ticket the nearest tickets
before it (and after it, for one that is heard of late) are read, at most `NEAREST`, however frequent the term is: that keeps
the cost the same whether thousands of tickets are stored or a hundred thousand. Those that share most are then compared
exactly (`ticket_analysis/similarity.py`). One query answers for a whole batch of tickets.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Float, Integer, Table, Text, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_scoring.tables import metadata
from nexa_scoring.ticket_analysis.events import (
    AnalysisCorrected,
    TicketAttributed,
    TicketRead,
    TicketSetAside,
    TicketTakenBack,
)
from nexa_scoring.ticket_analysis.similarity import Known, weight_of
from nexa_scoring.ticket_rules.state import TicketRules

NEAREST = 50
"""Tickets read of each term and direction."""
COMPARED = 50
"""Tickets compared exactly with each one, in each direction."""

ticket_index = Table(
    "ticket_index",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("submitted_at", DateTime(timezone=True)),
    Column("account_id", Uuid),
    Column("product_version", Text),
    Column("language", Text),
    Column("feature", Text),
    Column("type", Text),
    Column("terms", Text, comment="in the order in which they stand in the ticket, between spaces"),
    Column("merged", Boolean, server_default="false"),
)
ticket_terms = Table(
    "ticket_terms",
    metadata,
    Column("term", Text, primary_key=True),
    Column("submitted_at", DateTime(timezone=True), primary_key=True),
    Column("ticket_id", Uuid, primary_key=True),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TicketRead() as read:
            yield Put(ticket_index, {"ticket_id": read.ticket_id}, _row(read))
            for term in read.terms:
                key = {"term": term, "submitted_at": read.submitted_at, "ticket_id": read.ticket_id}
                yield Put(ticket_terms, key)
        case AnalysisCorrected(ticket_id=ticket_id, field="feature" | "type" as field, after=after):
            yield Put(ticket_index, {"ticket_id": ticket_id}, {field: after})
        case TicketAttributed(ticket_id=ticket_id, account_id=account_id):
            yield Put(ticket_index, {"ticket_id": ticket_id}, {"account_id": account_id})
        case TicketSetAside(ticket_id=ticket_id):
            yield Put(ticket_index, {"ticket_id": ticket_id}, {"merged": True})
        case TicketTakenBack(ticket_id=ticket_id):
            yield Put(ticket_index, {"ticket_id": ticket_id}, {"merged": False})


def _row(read: TicketRead) -> Mapping[str, object]:
    return {
        "submitted_at": read.submitted_at,
        "account_id": read.account_id,
        "product_version": read.product_version,
        "language": read.language,
        "feature": read.feature,
        "type": read.type,
        "terms": " ".join(read.terms),
    }


_NEAR = """
    select a.place, near.ticket_id, near.submitted_at, sum(a.weight) as shared
    from asked a cross join lateral (
        select t.ticket_id, t.submitted_at from ticket_terms t
        where t.term = a.term and (t.submitted_at, t.ticket_id) {beyond} (a.submitted_at, a.ticket_id)
            and t.submitted_at {within}
        order by t.submitted_at {order}, t.ticket_id {order} limit :nearest
    ) near group by 1, 2, 3
"""
_BEFORE = _NEAR.format(beyond="<", within=">= a.submitted_at - :window", order="desc")
_AFTER = _NEAR.format(beyond=">", within="<= a.submitted_at + :window", order="asc")
_RANKED = (
    "select place, ticket_id, row_number() over (partition by place order by shared desc, submitted_at {order}, ticket_id)"
    " as rank from ({near}) as found"
)
_CANDIDATES = text(
    f"""
    with asked as materialized (
        select * from unnest(:places, :ids, :times, :terms, :weights) as a(place, ticket_id, submitted_at, term, weight)
    ), ranked as (
        {_RANKED.format(near=_BEFORE, order="desc")} union all {_RANKED.format(near=_AFTER, order="asc")}
    )
    select ranked.place, i.ticket_id, i.submitted_at, i.account_id, i.product_version, i.feature, i.type, i.terms
    from ranked join ticket_index i on i.ticket_id = ranked.ticket_id
    where ranked.rank <= :compared and not i.merged
    """
).bindparams(
    bindparam("places", type_=ARRAY(Integer)),
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("times", type_=ARRAY(DateTime(timezone=True))),
    bindparam("terms", type_=ARRAY(Text)),
    bindparam("weights", type_=ARRAY(Float)),
    bindparam("nearest", NEAREST),
    bindparam("compared", COMPARED),
)


async def candidates(
    connection: AsyncConnection, tickets: Sequence[Known], rules: TicketRules
) -> Sequence[Sequence[Known]]:
    """For each of the tickets, which may be stored or not, the stored ones that share most with it, merged ones left out."""
    asked = [
        (place, ticket.ticket_id, ticket.submitted_at, term, weight_of(term, rules))
        for place, ticket in enumerate(tickets)
        for term in ticket.terms
    ]
    found: list[list[Known]] = [[] for _ in tickets]
    if not asked:
        return found
    places, ids, times, terms, weights = (list(column) for column in zip(*asked, strict=True))
    window = timedelta(days=rules.window_days)
    given = {"places": places, "ids": ids, "times": times, "terms": terms, "weights": weights, "window": window}
    for place, *row in await connection.execute(_CANDIDATES, given):
        found[place].append(_known(row))
    return found


async def stored(connection: AsyncConnection, ticket_ids: Sequence[UUID]) -> Mapping[UUID, Known]:
    """Those of these tickets that are in the index."""
    if not ticket_ids:
        return {}
    columns = ("ticket_id", "submitted_at", "account_id", "product_version", "feature", "type", "terms")
    query = select(*(ticket_index.c[name] for name in columns)).where(ticket_index.c.ticket_id.in_(ticket_ids))
    return {row[0]: _known(row) for row in await connection.execute(query)}


def _known(row: Sequence[Any]) -> Known:
    ticket_id, submitted_at, account_id, product_version, feature, type_, terms = row
    return Known(ticket_id, submitted_at, tuple(terms.split()), account_id, product_version, feature, type_)


model = ReadModel(
    name="which_tickets_resemble",
    tables=(ticket_index, ticket_terms),
    on=(TicketRead, AnalysisCorrected, TicketAttributed, TicketSetAside, TicketTakenBack),
    project=project,
)
