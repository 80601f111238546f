"""Which tickets did the analysis find to be like another one, and why? What a bug's tickets suggest to be linked too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Table, Uuid, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.scoring import TicketAnalyzed
from nexa_contracts.support import TicketType
from nexa_support.read_models.ticket_list import tickets
from nexa_support.tables import metadata
from nexa_support.ticket.reference import reference_of

RECENT = timedelta(days=90)
MOST_SUGGESTED = 100
MOST_LOOKED_AT = 500

analyses = Table(
    "similar_tickets",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("similar", JSON),
)
"""`similar`: a list of `{"ticket_id", "score", "reason"}`, the most similar first."""


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TicketAnalyzed(ticket_id=ticket_id, similar=similar):
            found = [each.model_dump(mode="json", include={"ticket_id", "score", "reason"}) for each in similar]
            yield Put(analyses, {"ticket_id": ticket_id}, {"similar": found})
        case _:
            return


similar_tickets = ReadModel(
    name="similar_tickets", tables=(analyses,), on=(TicketAnalyzed,), project=project, from_topics=True
)


@dataclass(frozen=True)
class Suggestion:
    """A ticket that may be about the bug; the more reasons, the earlier it stands."""

    ticket: Mapping[str, Any]
    reasons: tuple[str, ...]


async def suggested(
    connection: AsyncConnection, bug: Mapping[str, Any], linked: Sequence[UUID], now: datetime
) -> list[Suggestion]:
    """Unlinked tickets of the last 90 days: of the bug's feature, or like one of its tickets; those with most reasons first."""
    like_linked = await _named_by(connection, linked)
    candidates = await _candidates(connection, bug, list(like_linked), now)
    names_linked = await _names(connection, [row["ticket_id"] for row in candidates], frozenset(linked))
    found = []
    for row in candidates:
        named = (*like_linked.get(row["ticket_id"], ()), *names_linked.get(row["ticket_id"], ()))
        reasons = (*_shared(row, bug), *dict.fromkeys(named))
        found.append(Suggestion(row, reasons))
    found.sort(key=lambda each: -len(each.reasons))  # stable: the newest first among equals
    return found[:MOST_SUGGESTED]


def _shared(row: Mapping[str, Any], bug: Mapping[str, Any]) -> Iterator[str]:
    if bug["feature"] and row["feature"] == bug["feature"]:
        yield f"same feature {bug['feature']}"
    if bug["affected_version"] and row["product_version"] == bug["affected_version"]:
        yield f"same version {bug['affected_version']}"


async def _candidates(
    connection: AsyncConnection, bug: Mapping[str, Any], named: Sequence[UUID], now: datetime
) -> list[Mapping[str, Any]]:
    source = tickets.c
    of_feature = and_(source.feature == bug["feature"], or_(source.type.is_(None), source.type == TicketType.BUG.value))
    about = of_feature if bug["feature"] else source.ticket_id.in_(())
    query = select(
        source.ticket_id,
        source.reference,
        source.subject,
        source.account_id,
        source.account_name,
        source.work_status,
        source.feature,
        source.product_version,
        source.submitted_at,
    ).where(
        source.bug_id.is_(None),
        source.into_id.is_(None),
        source.submitted_at > now - RECENT,
        or_(about, source.ticket_id.in_(named)),
    )
    query = query.order_by(source.submitted_at.desc(), source.ticket_id).limit(MOST_LOOKED_AT)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def _named_by(connection: AsyncConnection, linked: Sequence[UUID]) -> Mapping[UUID, tuple[str, ...]]:
    """What the analyses of these tickets name, and why."""
    found: dict[UUID, tuple[str, ...]] = {}
    for ticket_id, similar in await _similar_of(connection, linked):
        for each in similar:
            other = UUID(each["ticket_id"])
            found[other] = (*found.get(other, ()), f"like {reference_of(ticket_id)}: {each['reason']}")
    return found


async def _names(
    connection: AsyncConnection, ticket_ids: Sequence[UUID], linked: frozenset[UUID]
) -> Mapping[UUID, tuple[str, ...]]:
    """Which of the linked tickets the analyses of these name, and why."""
    return {
        ticket_id: tuple(
            f"like {reference_of(UUID(each['ticket_id']))}: {each['reason']}"
            for each in similar
            if UUID(each["ticket_id"]) in linked
        )
        for ticket_id, similar in await _similar_of(connection, ticket_ids)
    }


async def _similar_of(connection: AsyncConnection, ticket_ids: Sequence[UUID]) -> Sequence[tuple[UUID, Any]]:
    source = analyses.c
    query = select(source.ticket_id, source.similar).where(source.ticket_id.in_(ticket_ids))
    return [(ticket_id, similar) for ticket_id, similar in await connection.execute(query.order_by(source.ticket_id))]
