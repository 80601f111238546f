"""Publishes a campaign's figures soon after they changed: the latest stand, at most once an interval, never one per lead.

`campaign_changes` counts the facts that the figures are made of; what was counted when they were last published is kept
beside it, so the last change is always followed by a publication.
"""

import asyncio
import contextlib
from typing import Any

from sqlalchemy import BigInteger, Column, Select, Table, Uuid, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.workers import Worker
from nexa_contracts.values import Money
from nexa_marketing.campaign.decisions import PublishFigures
from nexa_marketing.read_models.campaign_list import campaigns
from nexa_marketing.read_models.campaign_results import campaign_changes, figures_of
from nexa_marketing.settings import marketing_settings
from nexa_marketing.tables import metadata

AT_A_TIME = 50

figures_published = Table(
    "figures_published",
    metadata,
    Column("campaign_id", Uuid, primary_key=True),
    Column("changes", BigInteger, nullable=False),
)


def _outdated() -> Select[Any]:
    changed, published = campaign_changes.c, figures_published.c
    return (
        select(changed.campaign_id, changed.changes, campaigns.c.budget, campaigns.c.currency)
        .join(campaigns, campaigns.c.campaign_id == changed.campaign_id)
        .outerjoin(figures_published, published.campaign_id == changed.campaign_id)
        .where(published.changes.is_distinct_from(changed.changes))
    )


async def publish_outdated(runtime: Runtime) -> int:
    """Publish the figures of campaigns that changed; how many were looked at."""
    origin = Origin(actor="system:marketing.publish_figures", correlation_id="campaign figures")
    async with runtime.store.transaction(origin) as tx:
        query = _outdated().order_by(campaign_changes.c.campaign_id).limit(AT_A_TIME)
        outdated = (await tx.connection.execute(query)).all()
        if not outdated:
            return 0
        rows = [{"campaign_id": row.campaign_id, "changes": row.changes} for row in outdated]
        upsert = insert(figures_published).values(rows)
        known = upsert.on_conflict_do_update(index_elements=["campaign_id"], set_={"changes": upsert.excluded.changes})
        await tx.connection.execute(known)
        budgets = {row.campaign_id: Money(amount=row.budget, currency=row.currency) for row in outdated}
        stands = {each: await figures_of(tx.connection, each, budget) for each, budget in budgets.items()}
        await tx.execute([PublishFigures(campaign_id, figures) for campaign_id, figures in stands.items()])
    return len(outdated)


async def _run(runtime: Runtime, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        with contextlib.suppress(
            ConcurrencyConflict
        ):  # somebody changes the campaign at this moment; the next round sees it
            await publish_outdated(runtime)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), marketing_settings().figures_interval)


async def _busy(connection: AsyncConnection) -> int:
    outdated = _outdated().subquery()
    return (await connection.execute(select(func.count()).select_from(outdated))).scalar_one()


publish_figures = Worker(name="publish_figures", run=_run, busy=_busy)
