"""What is going on with a customer right now, that something should be done about?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_contracts.success import Priority, Stage
from nexa_success.lifecycle.next_best import OpenAlert, OpenRenewal, OpenTask, RunningOnboarding, Situation
from nexa_success.read_models.churn_alerts import alerts
from nexa_success.read_models.onboarding_board import onboardings
from nexa_success.read_models.onboarding_tasks import tasks
from nexa_success.read_models.renewals_due import renewals
from nexa_success.read_models.where_customers_stand import standing_row


async def situation_of(
    connection: AsyncConnection, party_id: UUID, members: Sequence[UUID], now: datetime
) -> Situation | None:
    """The customer's stage and what is open in any of its accounts; None where nothing is known of it."""
    standing = await standing_row(connection, party_id)
    alert = await _first(connection, _alerts(members))
    renewal = await _first(connection, _renewals(members))
    onboarding = await _first(connection, _onboardings(members))
    task = await _first(connection, _tasks(members, now))
    if standing is None and alert is renewal is onboarding is None:
        return None
    return Situation(
        stage=Stage(standing["stage"]) if standing and standing["stage"] else None,
        since=standing["since"] if standing else None,
        alert=OpenAlert(**alert) if alert else None,
        renewal=OpenRenewal(**renewal) if renewal else None,
        onboarding=RunningOnboarding(**onboarding) if onboarding else None,
        task=OpenTask(**task) if task else None,
    )


async def _first(connection: AsyncConnection, query: Select[Any]) -> Mapping[str, Any] | None:
    row = (await connection.execute(query.limit(1))).mappings().first()
    return None if row is None else {str(name): value for name, value in row.items()}


def _alerts(members: Sequence[UUID]) -> Select[Any]:
    """The worst first."""
    columns = (alerts.c.alert_id, alerts.c.score, alerts.c.play, alerts.c.reason, alerts.c.raised_at)
    mine = alerts.c.account_id.in_(members), alerts.c.status.in_(("open", "acknowledged"))
    return select(*columns).where(*mine).order_by(alerts.c.score, alerts.c.raised_at, alerts.c.alert_id)


def _renewals(members: Sequence[UUID]) -> Select[Any]:
    """The one whose contract ends first."""
    mine = renewals.c.account_id.in_(members), renewals.c.status == "open"
    order = renewals.c.contract_end, renewals.c.renewal_id
    return select(renewals.c.renewal_id, renewals.c.contract_end).where(*mine).order_by(*order)


def _onboardings(members: Sequence[UUID]) -> Select[Any]:
    """One that nobody has taken over first."""
    taken = onboardings.c.handoff_status == "accepted"
    columns = (
        onboardings.c.project_id,
        onboardings.c.csm_id.is_not(None).label("has_csm"),
        onboardings.c.handoff_status.label("handoff"),
        onboardings.c.won_at,
    )
    mine = onboardings.c.account_id.in_(members), onboardings.c.status == "running"
    return select(*columns).where(*mine).order_by(taken, onboardings.c.won_at, onboardings.c.project_id)


def _tasks(members: Sequence[UUID], now: datetime) -> Select[Any]:
    """Overdue ones first, and of those the urgent ones; else the one that is due first."""
    late = tasks.c.due_at < now
    urgent = late & (tasks.c.priority == Priority.URGENT.value)
    columns = (
        tasks.c.project_id,
        tasks.c.title,
        tasks.c.due_at,
        func.count().filter(late).over().label("overdue"),
    )
    mine = onboardings.c.account_id.in_(members), onboardings.c.status == "running", tasks.c.done.is_(False)
    query = select(*columns).join(onboardings, onboardings.c.project_id == tasks.c.project_id).where(*mine)
    return query.order_by(urgent.desc(), late.desc(), tasks.c.due_at, tasks.c.position)
