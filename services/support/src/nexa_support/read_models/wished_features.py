"""What do customers wish for, how many accounts, and what do they pay?"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Select, Table, Text, Uuid, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel, Remove
from nexa_contracts.support import (
    FeatureRequestChanged,
    FeatureRequested,
    FeatureShipped,
    FeatureVoted,
    FeatureVoteWithdrawn,
    RequestStatus,
)
from nexa_support.read_models.account_directory import accounts
from nexa_support.read_models.ticket_list import tickets
from nexa_support.tables import metadata

feature_requests = Table(
    "feature_requests",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("stream_version", Integer),
    Column("title", Text),
    Column("feature", Text),
    Column("description", Text),
    Column("source", Text),
    Column("status", Text, server_default=RequestStatus.NEW.value),
    Column("business_value", Text),
    Column("engineering_effort", Text),
    Column("target_quarter", Text),
    Column("roadmap_effect", Text),
    Column("votes", Integer, server_default=text("0")),
    Column("requested_at", DateTime(timezone=True)),
    Column("shipped_at", DateTime(timezone=True)),
    Column("shipped_version", Text),
    Index("feature_requests_votes_idx", text("votes desc"), "request_id"),
)
feature_votes = Table(
    "feature_votes",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("account_id", Uuid, primary_key=True),
    Column("account_name", Text),
    Column("ticket_id", Uuid),
    Column("voted_at", DateTime(timezone=True)),
)
SAID = {"title", "feature", "business_value", "engineering_effort", "target_quarter", "roadmap_effect"}


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    request = {"request_id": event.request_id}
    yield Put(feature_requests, request, {"stream_version": fact.version, **_changed(fact)})
    match fact.event:
        case FeatureVoted() as voted:
            vote = {"account_name": voted.account_name, "ticket_id": voted.ticket_id, "voted_at": fact.time}
            yield Put(feature_votes, {**request, "account_id": voted.account_id}, vote)
        case FeatureVoteWithdrawn(account_id=account_id):
            yield Remove(feature_votes, {**request, "account_id": account_id})


def _changed(fact: Recorded) -> Mapping[str, object]:
    match fact.event:
        case FeatureRequested() as requested:
            told = requested.model_dump(include=SAID | {"description", "source"})
            return {**told, "requested_at": fact.time}
        case FeatureRequestChanged() as changed:
            return {**changed.model_dump(include=SAID), "status": changed.status.value}
        case FeatureVoted(votes=votes) | FeatureVoteWithdrawn(votes=votes):
            return {"votes": votes}
        case FeatureShipped(version=version):
            return {"status": RequestStatus.SHIPPED.value, "shipped_at": fact.time, "shipped_version": version}
        case _:
            return {}


wished_features = ReadModel(
    name="wished_features",
    tables=(feature_requests, feature_votes),
    on=(FeatureRequested, FeatureRequestChanged, FeatureVoted, FeatureVoteWithdrawn, FeatureShipped),
    project=project,
)


def _with_arr() -> Select[Any]:
    """Each request with what the accounts that wish for it pay a year, by currency."""
    paid = (
        select(accounts.c.currency, func.sum(accounts.c.arr).label("amount"))
        .join(feature_votes, feature_votes.c.account_id == accounts.c.account_id)
        .where(feature_votes.c.request_id == feature_requests.c.request_id, accounts.c.arr > 0)
        .group_by(accounts.c.currency)
        .order_by(accounts.c.currency)
        .correlate(feature_requests)
        .subquery()
    )
    money = func.json_build_object(
        "amount", func.to_char(paid.c.amount, "FM9999999999999990.00"), "currency", paid.c.currency
    )
    summed = select(func.coalesce(func.json_agg(money), text("'[]'::json"))).select_from(paid).scalar_subquery()
    return select(feature_requests, summed.label("arr"))


async def list_requests(
    connection: AsyncConnection,
    *,
    status: RequestStatus | None,
    feature: str | None,
    limit: int | None,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """The most wished for first."""
    query = _with_arr()
    if status is not None:
        query = query.where(feature_requests.c.status == status.value)
    if feature is not None:
        query = query.where(feature_requests.c.feature == feature)
    order = [feature_requests.c.votes.desc(), feature_requests.c.request_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def request_row(connection: AsyncConnection, request_id: UUID) -> Mapping[str, Any] | None:
    query = _with_arr().where(feature_requests.c.request_id == request_id)
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else dict(row)


async def list_votes(
    connection: AsyncConnection, request_id: UUID, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """Who wishes for it, in the order of their votes, with what they pay."""
    query = select(feature_votes, accounts.c.arr, accounts.c.currency, tickets.c.reference, tickets.c.subject)
    query = query.outerjoin(accounts, accounts.c.account_id == feature_votes.c.account_id)
    query = query.outerjoin(tickets, tickets.c.ticket_id == feature_votes.c.ticket_id)
    query = query.where(feature_votes.c.request_id == request_id)
    order = [feature_votes.c.voted_at, feature_votes.c.account_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)
