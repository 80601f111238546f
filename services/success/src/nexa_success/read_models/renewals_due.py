"""Which contracts end when, who works on their renewal, and what came of it?"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Index, Integer, Numeric, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.success import RenewalClosed, RenewalOpened
from nexa_success.renewal.events import RenewalPlanned, RenewalTermsChanged, RenewalWithdrawn, TermsFields
from nexa_success.tables import metadata

RenewalStatus: TypeAlias = Literal["planned", "open", "won", "expanded", "lost", "withdrawn"]

renewals = Table(
    "renewals",
    metadata,
    Column("renewal_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("account_id", Uuid),
    Column("account_name", Text),
    Column("csm_id", Uuid),
    Column("status", Text),
    Column("contract_end", Date),
    Column("arr", Numeric(18, 2)),
    Column("currency", Text),
    Column("opened_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_by", Text),
    Column("new_arr", Numeric(18, 2)),
    Column("new_contract_end", Date),
    Column("reason", Text),
    Index("renewals_end_idx", "contract_end", "renewal_id"),
    Index("renewals_account_idx", "account_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case (
            RenewalPlanned(renewal_id=renewal_id)
            | RenewalTermsChanged(renewal_id=renewal_id)
            | RenewalWithdrawn(renewal_id=renewal_id)
            | RenewalOpened(renewal_id=renewal_id)
            | RenewalClosed(renewal_id=renewal_id)
        ):
            yield Put(renewals, {"renewal_id": renewal_id}, {"version": fact.version, **_changed(fact)})
        case _:
            return


def _changed(fact: Recorded) -> dict[str, object]:
    match fact.event:
        case RenewalPlanned() as planned:
            return {**_terms(planned), "status": "planned"}
        case RenewalTermsChanged() as changed:
            return _terms(changed)
        case RenewalOpened() as opened:
            return {**_terms(opened), "status": "open", "opened_at": fact.time}
        case RenewalWithdrawn():
            return {"status": "withdrawn"}
        case RenewalClosed() as closed:
            return {
                "status": closed.outcome.value,
                "closed_at": fact.time,
                "closed_by": fact.actor,
                "new_arr": closed.arr.amount if closed.arr else None,
                "new_contract_end": closed.contract_end if closed.arr else None,
                "reason": closed.reason,
            }
        case _:
            return {}


def _terms(event: TermsFields | RenewalOpened) -> dict[str, object]:
    return {
        "account_id": event.account_id,
        "account_name": event.account_name,
        "csm_id": event.csm_id,
        "contract_end": event.contract_end,
        "arr": event.arr.amount,
        "currency": event.arr.currency,
    }


renewals_due = ReadModel(
    name="renewals_due",
    tables=(renewals,),
    on=(RenewalPlanned, RenewalTermsChanged, RenewalWithdrawn, RenewalOpened, RenewalClosed),
    project=project,
)


async def list_renewals(
    connection: AsyncConnection,
    *,
    status: RenewalStatus | None,
    due_before: date | None,
    csm_id: UUID | None,
    account_id: UUID | None,
    limit: int | None,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """Renewals, those of the contracts that end first before the others. Without a status: all but the withdrawn ones."""
    query = select(renewals).where(renewals.c.status == status if status else renewals.c.status != "withdrawn")
    if due_before is not None:
        query = query.where(renewals.c.contract_end < due_before)
    for name, value in (("csm_id", csm_id), ("account_id", account_id)):
        if value is not None:
            query = query.where(renewals.c[name] == value)
    order = [renewals.c.contract_end, renewals.c.renewal_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def renewal_row(connection: AsyncConnection, renewal_id: UUID) -> Mapping[str, Any] | None:
    query = select(renewals).where(renewals.c.renewal_id == renewal_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)
