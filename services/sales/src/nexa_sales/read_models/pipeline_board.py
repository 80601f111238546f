"""Which deals are in which stage, and what are they worth?"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import (
    JSON,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Numeric,
    Select,
    Table,
    Text,
    Uuid,
    case,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import (
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealDetailsChanged,
    DealHandoffResubmitted,
    DealHandoffReturned,
    DealReassigned,
    DealReopened,
    DealStage,
    DealStageChanged,
)
from nexa_sales.read_models.account_book import accounts
from nexa_sales.read_models.rep_desk import reps
from nexa_sales.tables import metadata

Handoff: TypeAlias = Literal["none", "handed_over", "returned"]

deals = Table(
    "deals",
    metadata,
    Column("deal_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("name", Text),
    Column("account_id", Uuid),
    Column("primary_contact_id", Uuid),
    Column("lead_id", Uuid),
    Column("campaign_id", Uuid),
    Column("rep_id", Uuid),
    Column("stage", Text),
    Column("open_stage", Text),
    Column("amount", Numeric(18, 2)),
    Column("currency", Text),
    Column("source_label", Text),
    Column("source_kind", Text),
    Column("contract_url", Text),
    Column("reason", Text),
    Column("created_at", DateTime(timezone=True)),
    Column("stage_since", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("details", JSON),
    Column("expected_close", Date),
    Column("returned_because", Text),
    Index("deals_stage_idx", "stage", "stage_since", "deal_id"),
    Index("deals_account_idx", "account_id"),
    Index("deals_created_idx", "created_at", "deal_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    changed = {"version": fact.version, **_changed(fact)}
    if "stage" in changed:
        changed["stage_since"] = fact.time
    if isinstance(event, DealReopened):
        changed |= {"closed_at": None, "reason": event.reason, "contract_url": None}
    yield Put(deals, {"deal_id": event.deal_id}, changed)


def _changed(fact: Recorded) -> dict[str, object]:
    match fact.event:
        case DealCreated() as deal:
            return {
                "name": deal.name,
                "account_id": deal.account_id,
                "primary_contact_id": deal.primary_contact_id,
                "lead_id": deal.lead_id,
                "campaign_id": deal.campaign_id,
                "rep_id": deal.rep_id,
                "stage": deal.stage.value,
                "open_stage": deal.stage.value,
                "amount": deal.amount.amount,
                "currency": deal.amount.currency,
                "source_label": deal.source_label,
                "source_kind": deal.source_kind.value,
                "created_at": fact.time,
            }
        case DealStageChanged(stage=stage):
            return {"stage": stage.value, "open_stage": stage.value}
        case DealClosedWon() as won:
            closed = {"stage": DealStage.CLOSED_WON.value, "contract_url": won.contract_url, "closed_at": won.closed_at}
            return {**closed, "amount": won.amount.amount, "currency": won.amount.currency}
        case DealDetailsChanged(details=details):
            return {"details": details.model_dump(mode="json"), "expected_close": details.expected_close}
        case DealReassigned(rep_id=rep_id):
            return {"rep_id": rep_id}
        case DealHandoffReturned(reason=reason):
            return {"returned_because": reason}
        case DealHandoffResubmitted():
            return {"returned_because": None}
        case DealClosedLost(reason=reason, closed_at=closed_at):
            return {"stage": DealStage.CLOSED_LOST.value, "reason": reason, "closed_at": closed_at}
        case DealReopened(amount=money, stage=stage):
            return {
                "stage": stage.value,
                "open_stage": stage.value,
                "amount": money.amount,
                "currency": money.currency,
            }
        case _:
            return {}


pipeline_board = ReadModel(
    name="pipeline_board",
    tables=(deals,),
    on=(
        DealCreated,
        DealStageChanged,
        DealDetailsChanged,
        DealClosedWon,
        DealClosedLost,
        DealReassigned,
        DealReopened,
        DealHandoffReturned,
        DealHandoffResubmitted,
    ),
    project=project,
)


_won = deals.c.stage == DealStage.CLOSED_WON.value
_returned = deals.c.returned_because.is_not(None)
_handoff = case((_won & _returned, "returned"), (_won, "handed_over"), else_="none")
_closed = deals.c.stage.in_((DealStage.CLOSED_WON.value, DealStage.CLOSED_LOST.value))
_to_work_on = ~_closed | (_won & _returned)
_without_rep = _to_work_on & (deals.c.rep_id.is_(None) | reps.c.left_at.is_not(None))


def _with_names() -> Select[Any]:
    named = (
        _handoff.label("handoff"),
        accounts.c.name.label("account_name"),
        reps.c.name.label("rep_name"),
        reps.c.left_at.label("rep_left_at"),
    )
    return (
        select(deals, *named)
        .outerjoin(accounts, accounts.c.account_id == deals.c.account_id)
        .outerjoin(reps, reps.c.rep_id == deals.c.rep_id)
    )


async def stage_totals(
    connection: AsyncConnection, rep_id: UUID | None, campaign_id: UUID | None
) -> list[Mapping[str, Any]]:
    """Per stage and currency: how many deals, and their sum."""
    query = select(
        deals.c.stage, deals.c.currency, func.count().label("deals"), func.sum(deals.c.amount).label("amount")
    ).group_by(deals.c.stage, deals.c.currency)
    if rep_id is not None:
        query = query.where(deals.c.rep_id == rep_id)
    if campaign_id is not None:
        query = query.where(deals.c.campaign_id == campaign_id)
    return [dict(row) for row in (await connection.execute(query.order_by(deals.c.currency))).mappings()]


async def list_deals(
    connection: AsyncConnection,
    *,
    stage: DealStage | None = None,
    rep_id: UUID | None = None,
    campaign_id: UUID | None = None,
    account_id: UUID | None = None,
    handoff: Handoff | None = None,
    without_rep: bool | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[dict[str, Any]]:
    """Deals, the newest first. `without_rep`: there is work on them, and nobody has them, or somebody who left."""
    wanted = {
        "stage": stage.value if stage else None,
        "rep_id": rep_id,
        "campaign_id": campaign_id,
        "account_id": account_id,
    }
    query = _with_names()
    for name, value in wanted.items():
        if value is not None:
            query = query.where(deals.c[name] == value)
    if handoff is not None:
        query = query.where(_handoff == handoff)
    if without_rep is not None:
        query = query.where(_without_rep if without_rep else ~_without_rep)
    order = [deals.c.created_at.desc(), deals.c.deal_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def deal_row(connection: AsyncConnection, deal_id: UUID) -> Mapping[str, Any] | None:
    row = (await connection.execute(_with_names().where(deals.c.deal_id == deal_id))).mappings().one_or_none()
    return None if row is None else dict(row)


async def deals_to_work_on(connection: AsyncConnection, rep_id: UUID, limit: int) -> dict[UUID, str]:
    """A rep's deals that are open, or won and returned by customer success, with their names; the oldest first."""
    query = select(deals.c.deal_id, deals.c.name).where(deals.c.rep_id == rep_id, _to_work_on)
    found = await connection.execute(query.order_by(deals.c.created_at, deals.c.deal_id).limit(limit))
    return {row.deal_id: row.name for row in found}


async def how_many_to_work_on(connection: AsyncConnection, rep_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many such deals each of these reps has; those who have none are left out."""
    query = select(deals.c.rep_id, func.count().label("deals")).where(deals.c.rep_id.in_(rep_ids), _to_work_on)
    return {row.rep_id: row.deals for row in await connection.execute(query.group_by(deals.c.rep_id))}
