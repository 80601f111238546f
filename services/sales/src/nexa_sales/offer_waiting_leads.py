"""The worker that offers waiting leads when something changed at the desk: a rep came back, a capacity rose, a lead closed."""

import asyncio
from uuid import uuid4

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.workers import Worker
from nexa_sales.assignment.decisions import OfferWaitingLead
from nexa_sales.read_models.rep_desk import desk_changes
from nexa_sales.read_models.who_is_waiting_for_a_rep import waiting_leads

BATCH = 500
LOOK_EVERY = 0.2


async def run(runtime: Runtime, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        try:
            if await offer_some(runtime):
                continue
        except ConcurrencyConflict:
            continue
        try:
            await asyncio.wait_for(stopping.wait(), LOOK_EVERY)
        except TimeoutError:
            continue


async def offer_some(runtime: Runtime) -> int:
    """Offer those that have not been offered since the desk's last change, the longest waiting first; gives how many."""
    origin = Origin(actor="system:sales.offer_waiting_leads", correlation_id=str(uuid4()))
    async with runtime.store.transaction(origin) as tx:
        changes = await tx.connection.scalar(select(desk_changes.c.changes)) or 0
        due = (
            select(waiting_leads.c.lead_id)
            .where(_due(changes))
            .order_by(waiting_leads.c.since, waiting_leads.c.lead_id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        leads = (await tx.connection.scalars(due)).all()
        if leads:
            await tx.execute([OfferWaitingLead(lead_id=lead_id) for lead_id in leads])
            still = update(waiting_leads).where(waiting_leads.c.lead_id.in_(leads))
            await tx.connection.execute(still.values(offered_at_change=changes))
        return len(leads)


async def waiting_to_be_offered(connection: AsyncConnection) -> int:
    changes = await connection.scalar(select(desk_changes.c.changes)) or 0
    return int(await connection.scalar(select(func.count()).select_from(waiting_leads).where(_due(changes))) or 0)


def _due(changes: int) -> ColumnElement[bool]:
    offered = waiting_leads.c.offered_at_change
    return or_(offered.is_(None), offered < changes)


offer_waiting_leads = Worker(name="offer_waiting_leads", run=run, busy=waiting_to_be_offered)
