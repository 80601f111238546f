"""What has a rep to do today: what is overdue, what is due before the day ends, and which leads are new?"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.http.paging import Page, paginate
from nexa_sales.read_models.follow_ups_due import tasks
from nexa_sales.read_models.lead_profile import lead_profiles
from nexa_sales.read_models.where_leads_stand import lead_standings

_lead = lead_standings.c
_is_new = func.coalesce(
    and_(_lead.status == "assigned", _lead.rep_id == tasks.c.rep_id, _lead.contacted_at.is_(None)), False
)


def _section(now: datetime, ends: datetime) -> ColumnElement[str]:
    return case(
        (tasks.c.due_at <= now, literal("overdue")), (tasks.c.due_at < ends, literal("due")), else_=literal("new")
    )


def _of_the_day(rep_id: UUID, ends: datetime) -> ColumnElement[bool]:
    today = or_(tasks.c.due_at < ends, _is_new)
    return and_(tasks.c.rep_id == rep_id, tasks.c.completed_at.is_(None), today)


_with_leads = tasks.outerjoin(lead_standings, _lead.lead_id == tasks.c.lead_id)


async def day_of(
    connection: AsyncConnection, rep_id: UUID, now: datetime, ends: datetime, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """Open tasks by due time, so that what is overdue comes first and what is new and not due today last."""
    person = lead_profiles.c
    query = select(
        tasks,
        _section(now, ends).label("section"),
        _is_new.label("new_lead"),
        _lead.band,
        _lead.clock_from,
        _lead.contacted_at,
        _lead.closed_at,
        person.first_name,
        person.last_name,
        person.company,
        person.phone,
        person.score,
        person.recommendation,
    )
    query = query.select_from(_with_leads.outerjoin(lead_profiles, person.lead_id == tasks.c.lead_id))
    query = query.where(_of_the_day(rep_id, ends))
    return await paginate(connection, query, order=[tasks.c.due_at, tasks.c.task_id], limit=limit, cursor=cursor)


async def counts_of_day(connection: AsyncConnection, rep_id: UUID, now: datetime, ends: datetime) -> dict[str, int]:
    """How many tasks each part of the day has."""
    section = _section(now, ends).label("section")
    counted = select(section, func.count().label("tasks")).select_from(_with_leads).where(_of_the_day(rep_id, ends))
    counted = counted.group_by(section)
    return {row.section: row.tasks for row in await connection.execute(counted)}
