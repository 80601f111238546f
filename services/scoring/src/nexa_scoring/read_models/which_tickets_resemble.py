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

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, bindparam, text
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
from nexa_scoring.ticket_analysis.similarity import Known
from nexa_scoring.ticket_rules.state import TicketRules

SOUGHT = 16
"""Terms of a ticket that are looked for: the first ones in it that are no little words."""
NEAREST = 40
"""Tickets read of each term and direction."""
COMPARED = 30
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
    Index("ticket_index_by_time", "submitted_at"),
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
    select t.ticket_id, t.submitted_at from ticket_terms t
    where t.term = telling.term and (t.submitted_at, t.ticket_id) {beyond} (a.submitted_at, a.ticket_id)
        and t.submitted_at {within}
    order by t.submitted_at {order}, t.ticket_id {order} limit :nearest
"""
_BEST = """
    select a.place, best.ticket_id from asked a cross join lateral (
        select near.ticket_id
        from unnest(string_to_array(a.terms, ' ')) as telling(term) cross join lateral ({near}) as near
        group by near.ticket_id, near.submitted_at
        order by count(*) desc, near.submitted_at {order}, near.ticket_id limit :compared
    ) best where {where}
"""
_BEFORE = _BEST.format(
    near=_NEAR.format(beyond="<", within=">= a.submitted_at - :window", order="desc"), order="desc", where="true"
)
_AFTER = _BEST.format(
    near=_NEAR.format(beyond=">", within="<= a.submitted_at + :window", order="asc"),
    order="asc",
    where="a.submitted_at <= (select max(submitted_at) from ticket_index)",
)
_CANDIDATES = text(
    f"""
    with asked as materialized (
        select * from unnest(:places, :ids, :times, :terms) as given(place, ticket_id, submitted_at, terms)
    )
    select place, array_agg(ticket_id) from ({_BEFORE} union all {_AFTER}) as found group by place
    """
).bindparams(
    bindparam("places", type_=ARRAY(Integer)),
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("times", type_=ARRAY(DateTime(timezone=True))),
    bindparam("terms", type_=ARRAY(Text)),
    bindparam("nearest", NEAREST),
    bindparam("compared", COMPARED),
)


async def candidates(
    connection: AsyncConnection, tickets: Sequence[Known], rules: TicketRules
) -> Sequence[Sequence[Known]]:
    """For each of the tickets, which may be stored or not, the stored ones that share most with it, merged ones left out."""
    found: list[Sequence[UUID]] = [() for _ in tickets]
    if not tickets:
        return []
    given = {
        "places": list(range(len(tickets))),
        "ids": [ticket.ticket_id for ticket in tickets],
        "times": [ticket.submitted_at for ticket in tickets],
        "terms": [" ".join(sought(ticket, rules)) for ticket in tickets],
        "window": timedelta(days=rules.window_days),
    }
    for place, ticket_ids in await connection.execute(_CANDIDATES, given):
        found[place] = ticket_ids
    known = await stored(connection, list({each for ticket_ids in found for each in ticket_ids}))
    return [[known[each] for each in ticket_ids if each in known] for ticket_ids in found]


def sought(ticket: Known, rules: TicketRules) -> Sequence[str]:
    return rules.weights.telling(ticket.terms)[:SOUGHT]


_STORED = text(
    "select ticket_id, submitted_at, account_id, product_version, feature, type, terms from ticket_index"
    " where ticket_id = any(:ticket_ids) and not merged"
).bindparams(bindparam("ticket_ids", type_=ARRAY(Uuid)))


async def stored(connection: AsyncConnection, ticket_ids: Sequence[UUID]) -> Mapping[UUID, Known]:
    """Those of these tickets that are in the index and not merged."""
    if not ticket_ids:
        return {}
    return {row[0]: _known(row) for row in await connection.execute(_STORED, {"ticket_ids": ticket_ids})}


def _known(row: Sequence[Any]) -> Known:
    ticket_id, submitted_at, account_id, product_version, feature, type_, terms = row
    return Known(ticket_id, submitted_at, tuple(terms.split()), account_id, product_version, feature, type_)


model = ReadModel(
    name="which_tickets_resemble",
    tables=(ticket_index, ticket_terms),
    on=(TicketRead, AnalysisCorrected, TicketAttributed, TicketSetAside, TicketTakenBack),
    project=project,
)
