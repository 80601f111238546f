"""What did people correct, and how often was the analysis right?"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Float,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_scoring.read_models.ticket_analyses import ticket_analyses
from nexa_scoring.read_models.which_tickets_resemble import ticket_index
from nexa_scoring.tables import metadata
from nexa_scoring.ticket_analysis.events import AnalysisCorrected

ticket_labels = Table(
    "ticket_labels",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("label_id", Text),
    Column("field", Text),
    Column("before", Text),
    Column("after", Text),
    Column("said", Text),
    Column("confidence", Float),
    Column("analysis_id", Text),
    Column("rules_version", Integer),
    Column("by_id", Uuid),
    Column("corrected_at", DateTime(timezone=True)),
    Index("ticket_labels_by_time", "corrected_at", "ticket_id", "version"),
    Index("ticket_labels_by_field", "field", "corrected_at", "ticket_id", "version"),
)

ANALYSED = {
    "type": ticket_analyses.c.type,
    "priority": ticket_analyses.c.priority,
    "severity": ticket_analyses.c.recommended_priority,
    "feature": ticket_analyses.c.feature,
    "sentiment": ticket_analyses.c.sentiment,
    "urgency": ticket_analyses.c.urgency,
}
"""The fields that people correct, and what the analysis said of them."""


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case AnalysisCorrected() as label:
            values = label.model_dump(exclude={"ticket_id"})
            yield Put(ticket_labels, {"ticket_id": label.ticket_id, "version": fact.version}, values)


async def labels(
    connection: AsyncConnection, field: str | None, since: datetime | None, *, limit: int, cursor: str | None
) -> Page[dict[str, Any]]:
    """Each correction with the words of its ticket, the oldest first."""
    known = (ticket_index.c.language, ticket_index.c.product_version, ticket_index.c.terms)
    join = ticket_labels.outerjoin(ticket_index, ticket_index.c.ticket_id == ticket_labels.c.ticket_id)
    query = select(ticket_labels, *known).select_from(join)
    if field is not None:
        query = query.where(ticket_labels.c.field == field)
    if since is not None:
        query = query.where(ticket_labels.c.corrected_at >= since)
    order = [ticket_labels.c.corrected_at, ticket_labels.c.ticket_id, ticket_labels.c.version]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def accuracy(connection: AsyncConnection, since: datetime | None) -> Sequence[dict[str, Any]]:
    """By field: tickets analysed, tickets of which something was said, and of these the ones that a person corrected.

    Of a ticket analysed several times the last analysis counts, of a field corrected several times the last correction.
    """
    last = select(ticket_analyses).ext(distinct_on(ticket_analyses.c.ticket_id))
    if since is not None:
        last = last.where(ticket_analyses.c.analysed_at >= since)
    analyses = last.order_by(ticket_analyses.c.ticket_id, ticket_analyses.c.version.desc()).cte("analyses")
    label = ticket_labels.c
    final = (
        select(label.ticket_id, label.field, label.after)
        .ext(distinct_on(label.ticket_id, label.field))
        .order_by(label.ticket_id, label.field, label.version.desc())
        .cte("final")
    )
    counts = [_counts(name, analyses, final, analyses.c[column.name]) for name, column in ANALYSED.items()]
    return [dict(row) for row in (await connection.execute(union_all(*counts))).mappings()]


def _counts(name: str, analyses: Any, final: Any, said: ColumnElement[str | None]) -> Any:
    join = analyses.outerjoin(final, (final.c.ticket_id == analyses.c.ticket_id) & (final.c.field == name))
    return select(
        literal(name).label("field"),
        func.count().label("analysed"),
        func.count(said).label("said"),
        func.count().filter(final.c.after.is_not(None)).label("judged"),
        func.count().filter(said.is_not(None) & (final.c.after != said)).label("corrected"),
    ).select_from(join)


model = ReadModel(name="how_right_analysis_is", tables=(ticket_labels,), on=(AnalysisCorrected,), project=project)
