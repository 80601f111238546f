"""What a rep who left had open is handed over: leads by the routing rules, tasks after their lead, else to one heir.

Deals go to the heir too: open ones, and won ones that customer success has returned. The heir is whom the one who saw the rep
off named, else the rep's manager. Without one they stay where they are, and are listed as deals without a rep.
"""

from collections.abc import Mapping
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.jobs import Finished, Job, StartJob
from nexa_chassis.runtime import Runtime
from nexa_chassis.transaction import Transaction
from nexa_sales.assignment.commands import HandOverLead
from nexa_sales.deal.commands import ReassignDeal
from nexa_sales.read_models.follow_ups_due import tasks
from nexa_sales.read_models.pipeline_board import deals_to_work_on
from nexa_sales.read_models.rep_desk import is_on_the_roster, rep_row, reps
from nexa_sales.read_models.where_leads_stand import lead_standings
from nexa_sales.task.commands import MoveTask

NAME = "hand_over_leads"
A_STEP = 500


def hand_over_of(job_id: UUID, rep_id: UUID, heir_id: UUID | None) -> StartJob:
    """`heir_id` None: the manager."""
    heir = None if heir_id is None else str(heir_id)
    state: dict[str, JsonValue] = {"rep_id": str(rep_id), "heir_id": heir, "leads": 0, "tasks": 0, "deals": 0}
    return StartJob(name=NAME, job_id=job_id, state=state)


async def step(
    tx: Transaction, runtime: Runtime, job_id: UUID, state: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue] | Finished:
    """All leads first, so that a task can follow its lead. A rep who is back on the roster keeps what is left."""
    rep_id = UUID(str(state["rep_id"]))
    rep = await rep_row(tx.connection, rep_id)
    if rep is None or rep["left_at"] is None:
        return Finished(state)
    leads = await _leads_of(tx.connection, rep_id)
    if leads:
        await tx.execute([HandOverLead(lead_id=each, rep_id=rep_id, rep_name=rep["name"]) for each in leads])
        return {**state, "leads": int(str(state["leads"])) + len(leads)}
    heir_id = UUID(str(state["heir_id"])) if state.get("heir_id") else rep["manager_id"]
    moves = await _tasks_of(tx.connection, rep_id, rep["name"], heir_id)
    if moves:
        await tx.execute(moves)
        return {**state, "tasks": int(str(state["tasks"])) + len(moves)}
    if heir_id is None or not await is_on_the_roster(tx.connection, heir_id):
        return Finished(state)
    deals = await deals_to_work_on(tx.connection, rep_id, A_STEP)
    if deals:
        reason = f"{rep['name']} left"
        await tx.execute([ReassignDeal(deal_id=each, rep_id=heir_id, reason=reason) for each in deals])
        return {**state, "deals": int(str(state.get("deals", 0))) + len(deals)}
    return Finished(state)


async def _leads_of(connection: AsyncConnection, rep_id: UUID) -> list[UUID]:
    lead = lead_standings.c
    query = select(lead.lead_id).where(lead.rep_id == rep_id, lead.status == "assigned")
    return list((await connection.execute(query.order_by(lead.since, lead.lead_id).limit(A_STEP))).scalars())


async def _tasks_of(connection: AsyncConnection, rep_id: UUID, name: str, heir_id: UUID | None) -> list[MoveTask]:
    """To whoever has the lead now; of a lead that waits or is closed, to the heir of the one who left."""
    rows = (await connection.execute(_open_tasks(rep_id, heir_id))).all()
    return [
        MoveTask(
            task_id=row.task_id,
            rep_id=row.taker,
            reason=f"{name} left; {'it goes with its lead' if row.follows else 'nobody has its lead'}",
        )
        for row in rows
    ]


def _open_tasks(rep_id: UUID, heir_id: UUID | None) -> Select[tuple[UUID, UUID, bool]]:
    lead, heir = lead_standings.c, reps.alias("heir")
    owned = and_(lead.lead_id == tasks.c.lead_id, lead.status == "assigned", lead.rep_id != rep_id)
    taker = func.coalesce(lead.rep_id, heir.c.rep_id)
    present = and_(heir.c.rep_id == heir_id, heir.c.level.is_not(None), heir.c.left_at.is_(None))
    query = (
        select(tasks.c.task_id, taker.label("taker"), lead.rep_id.is_not(None).label("follows"))
        .outerjoin(lead_standings, owned)
        .outerjoin(heir, present)
        .where(tasks.c.rep_id == rep_id, tasks.c.completed_at.is_(None), taker.is_not(None))
    )
    return query.order_by(tasks.c.due_at, tasks.c.task_id).limit(A_STEP)


hand_over_leads = Job(name=NAME, step=step)
