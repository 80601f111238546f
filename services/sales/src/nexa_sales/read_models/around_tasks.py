"""What is decided about a task, beside the task itself: whom its rep reports to, and what else is to be done of its lead?"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import ContextOfCommands
from nexa_contracts.envelope import Event
from nexa_contracts.sales import FollowUpRecorded, RepUpdated, TaskCompleted, TaskCreated
from nexa_sales.read_models.follow_ups_due import tasks
from nexa_sales.read_models.rep_desk import reps
from nexa_sales.task.commands import Command, TakeOver
from nexa_sales.task.decisions import Surroundings


async def _load(connection: AsyncConnection, commands: Sequence[Command]) -> Surroundings:
    rows = (await connection.execute(select(reps.c.rep_id, reps.c.manager_id))).all()
    changing_hands = {command.lead_id for command in commands if isinstance(command, TakeOver)}
    return Surroundings(
        managers={row.rep_id: row.manager_id for row in rows},
        open_tasks=await _open_tasks(connection, changing_hands) if changing_hands else {},
    )


async def _open_tasks(connection: AsyncConnection, leads: set[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Of each of these leads, none too, so that it is known which ones to follow."""
    query = select(tasks.c.lead_id, tasks.c.task_id).where(tasks.c.lead_id.in_(leads), tasks.c.completed_at.is_(None))
    found = dict.fromkeys(leads, frozenset[UUID]())
    for lead_id, task_id in await connection.execute(query):
        found[lead_id] |= {task_id}
    return found


def evolve(around: Surroundings, event: Event) -> Surroundings:
    match event:
        case RepUpdated(rep_id=rep_id, manager_id=manager_id):
            return replace(around, managers={**around.managers, rep_id: manager_id})
        case FollowUpRecorded(lead_id=lead_id):
            return replace(around, recorded={**around.recorded, lead_id: event})
        case TaskCreated(lead_id=lead_id, task_id=task_id) if lead_id in around.open_tasks:
            open_tasks = around.open_tasks[lead_id] | {task_id}
            return replace(around, open_tasks={**around.open_tasks, lead_id: open_tasks})
        case TaskCompleted(lead_id=lead_id, task_id=task_id) if lead_id in around.open_tasks:
            open_tasks = around.open_tasks[lead_id] - {task_id}
            return replace(around, open_tasks={**around.open_tasks, lead_id: open_tasks})
        case _:
            return around


around_tasks = ContextOfCommands(load=_load, evolve=evolve)
