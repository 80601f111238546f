"""Gives waiting leads to reps as soon as somebody can take them: a rep came, became available, or has room again.

A loop beside the consumers, not a reaction: what to offer stands in the queue's table, and any change at the desk may
matter.
"""

import asyncio

from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.origin import Origin
from nexa_chassis.pacing import Pace
from nexa_chassis.runtime import Runtime
from nexa_chassis.workers import Worker
from nexa_sales.assignment.choosing import Demand, can_be_met
from nexa_sales.assignment.commands import OfferWaitingLead
from nexa_sales.read_models.rep_desk import read_desk
from nexa_sales.read_models.who_is_waiting_for_a_rep import demands, longest_waiting
from nexa_sales.settings import sales_settings

ACTOR = "system:sales.offer_waiting_leads"
LEAST_PAUSE = 0.05


async def _offerable(connection: AsyncConnection) -> list[tuple[Demand, int]]:
    asked = await demands(connection)
    if not asked:
        return []
    desk = await read_desk(connection)
    return [(demand, leads) for demand, leads in asked if can_be_met(desk, demand)]


async def offer_waiting(runtime: Runtime) -> int:
    """Offer the leads that waited longest to the desk as it is now; gives how many were taken."""
    async with runtime.engine.connect() as connection:
        offerable = await _offerable(connection)
        if not offerable:
            return 0
        asking = [demand for demand, _ in offerable]
        waiting = await longest_waiting(connection, asking, sales_settings().queue_offers_per_step)
    async with runtime.store.transaction(Origin(actor=ACTOR, correlation_id="waiting queue")) as tx:
        facts = await tx.execute(
            [
                (
                    OfferWaitingLead(lead_id=row.lead_id),
                    Origin(actor=ACTOR, correlation_id=row.correlation_id, causation_id=row.event_id),
                )
                for row in waiting
            ]
        )
    return len(facts)


async def _run(runtime: Runtime, stopping: asyncio.Event) -> None:
    pace = Pace(stopping, longest=sales_settings().queue_poll_seconds, least=LEAST_PAUSE)
    with pace.woken_by(runtime.store.on_append):
        while not stopping.is_set():
            try:
                taken = await offer_waiting(runtime)
            except ConcurrencyConflict:
                continue
            if not taken:
                await pace.pause()


async def _busy(connection: AsyncConnection) -> int:
    return sum(leads for _, leads in await _offerable(connection))


offer_waiting_leads = Worker(name="offer_waiting_leads", run=_run, busy=_busy)
