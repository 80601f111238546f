"""Was each lead called or written to in time? Read from where leads stand, which keeps when each clock began and ended."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.values import Band
from nexa_sales.assignment.first_contact import FIRST_CONTACT_WITHIN
from nexa_sales.read_models.lead_profile import lead_profiles
from nexa_sales.read_models.rep_desk import reps
from nexa_sales.read_models.where_leads_stand import lead_standings

_lead = lead_standings.c
_stopped = func.coalesce(_lead.contacted_at, _lead.closed_at)
_running = _lead.contacted_at.is_(None) & _lead.closed_at.is_(None)


def _due() -> ColumnElement[datetime]:
    within = {band.value: literal(target) for band, target in FIRST_CONTACT_WITHIN.items()}
    due: ColumnElement[datetime] = _lead.clock_from + case(within, value=_lead.band)
    return due


def _breached(now: datetime) -> ColumnElement[bool]:
    return func.coalesce(_stopped, literal(now)) > _due()


async def list_first_contacts(
    connection: AsyncConnection,
    *,
    band: Band | None,
    rep_id: UUID | None,
    running: bool | None,
    breached: bool | None,
    now: datetime,
    limit: int | None,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """Leads with a clock, the one that began first first."""
    person = lead_profiles.c
    query: Select[Any] = (
        select(lead_standings, person.first_name, person.last_name, person.company, reps.c.name.label("rep_name"))
        .outerjoin(lead_profiles, person.lead_id == _lead.lead_id)
        .outerjoin(reps, reps.c.rep_id == _lead.rep_id)
        .where(_lead.clock_from.is_not(None))
    )
    if band is not None:
        query = query.where(_lead.band == band.value)
    if rep_id is not None:
        query = query.where(_lead.rep_id == rep_id)
    if running is not None:
        query = query.where(_running if running else ~_running)
    if breached is not None:
        query = query.where(_breached(now) if breached else ~_breached(now))
    order = [_lead.clock_from, _lead.lead_id]
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)


async def first_contacts_per_band(connection: AsyncConnection, now: datetime) -> list[dict[str, Any]]:
    """How many clocks of each band were met, missed, still run, run beyond their target; and how long a contact took."""
    contacted, running, late = _lead.contacted_at.is_not(None), _stopped.is_(None), _breached(now)
    took = func.extract("epoch", _lead.contacted_at - _lead.clock_from)
    query = (
        select(
            _lead.band,
            func.count().filter(contacted, ~late).label("met"),
            func.count().filter(~running, late).label("missed"),
            func.count().filter(running, ~late).label("running"),
            func.count().filter(running, late).label("running_late"),
            func.count().filter(~running, ~contacted, ~late).label("closed_before"),
            func.percentile_cont(0.5).within_group(took.asc()).label("median_seconds"),
        )
        .where(_lead.clock_from.is_not(None))
        .group_by(_lead.band)
    )
    return [dict(row) for row in (await connection.execute(query)).mappings()]
