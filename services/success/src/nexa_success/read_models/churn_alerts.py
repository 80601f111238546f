"""Which accounts are about to be lost, who has to act, and what came of it?"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.success import (
    ChurnAlertAcknowledged,
    ChurnAlertClosed,
    ChurnAlertRaised,
    ChurnAlertResumed,
    ChurnAlertSnoozed,
)
from nexa_success.churn_alert.events import AlertOwnerChanged
from nexa_success.tables import metadata

AlertStatus: TypeAlias = Literal["open", "acknowledged", "snoozed", "closed"]

alerts = Table(
    "churn_alerts",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("account_id", Uuid),
    Column("account_name", Text),
    Column("episode", Integer),
    Column("csm_id", Uuid),
    Column("score", Integer),
    Column("message", Text),
    Column("play", Text),
    Column("reason", Text),
    Column("status", Text),
    Column("raised_at", DateTime(timezone=True)),
    Column("acknowledged_by", Text),
    Column("snoozed_until", DateTime(timezone=True)),
    Column("snooze_reason", Text),
    Column("outcome", Text),
    Column("note", Text),
    Column("closed_by", Text),
    Column("closed_at", DateTime(timezone=True)),
    Index("churn_alerts_raised_idx", "raised_at", "alert_id"),
    Index("churn_alerts_account_idx", "account_id"),
)

NOT_SNOOZED = {"snoozed_until": None, "snooze_reason": None}


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case (
            ChurnAlertRaised(alert_id=alert_id)
            | ChurnAlertAcknowledged(alert_id=alert_id)
            | ChurnAlertSnoozed(alert_id=alert_id)
            | ChurnAlertResumed(alert_id=alert_id)
            | ChurnAlertClosed(alert_id=alert_id)
            | AlertOwnerChanged(alert_id=alert_id)
        ):
            yield Put(alerts, {"alert_id": alert_id}, {"version": fact.version, **_changed(fact)})
        case _:
            return


def _changed(fact: Recorded) -> dict[str, object]:
    match fact.event:
        case ChurnAlertRaised() as raised:
            return {**raised.model_dump(exclude={"alert_id"}), "status": "open", "raised_at": fact.time}
        case ChurnAlertAcknowledged(acknowledged_by=by):
            return {"status": "acknowledged", "acknowledged_by": by, **NOT_SNOOZED}
        case ChurnAlertSnoozed(until=until, reason=reason):
            return {"status": "snoozed", "snoozed_until": until, "snooze_reason": reason}
        case ChurnAlertResumed():
            return {"status": "open", **NOT_SNOOZED}
        case ChurnAlertClosed(outcome=outcome, note=note, closed_by=by):
            closed = {"outcome": outcome.value, "note": note, "closed_by": by, "closed_at": fact.time}
            return {"status": "closed", **closed, **NOT_SNOOZED}
        case AlertOwnerChanged(csm_id=csm_id):
            return {"csm_id": csm_id}
        case _:
            return {}


churn_alerts = ReadModel(
    name="churn_alerts",
    tables=(alerts,),
    on=(
        ChurnAlertRaised,
        ChurnAlertAcknowledged,
        ChurnAlertSnoozed,
        ChurnAlertResumed,
        ChurnAlertClosed,
        AlertOwnerChanged,
    ),
    project=project,
)


async def list_alerts(
    connection: AsyncConnection,
    *,
    status: AlertStatus | None,
    csm_id: UUID | None,
    account_id: UUID | None,
    limit: int | None,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """Alerts, the oldest first."""
    query = select(alerts)
    for name, value in (("status", status), ("csm_id", csm_id), ("account_id", account_id)):
        if value is not None:
            query = query.where(alerts.c[name] == value)
    return await paginate(connection, query, order=[alerts.c.raised_at, alerts.c.alert_id], limit=limit, cursor=cursor)


async def alert_row(connection: AsyncConnection, alert_id: UUID) -> Mapping[str, Any] | None:
    row = (await connection.execute(select(alerts).where(alerts.c.alert_id == alert_id))).mappings().one_or_none()
    return None if row is None else dict(row)
