"""Which tickets did one fix close?"""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.http.paging import Page, paginate
from nexa_support.read_models.bug_list import fixes
from nexa_support.read_models.ticket_list import tickets

closed = (
    select(
        tickets.c.resolved_bug_id.label("bug_id"),
        tickets.c.deployment_id,
        func.max(tickets.c.fixed_version).label("version"),
        func.count().label("tickets"),
        (func.count() - 1).label("similar_closed"),
        func.count(tickets.c.account_id.distinct()).label("accounts"),
        func.min(tickets.c.resolved_at).label("closed_from"),
        func.max(tickets.c.resolved_at).label("closed_until"),
        func.max(fixes.c.recurred_at).label("recurred_at"),
    )
    .outerjoin(
        fixes, and_(fixes.c.bug_id == tickets.c.resolved_bug_id, fixes.c.deployment_id == tickets.c.deployment_id)
    )
    .where(tickets.c.into_id.is_(None), tickets.c.resolved_bug_id.is_not(None), tickets.c.deployment_id.is_not(None))
    .group_by(tickets.c.resolved_bug_id, tickets.c.deployment_id)
)
"""By bug and deployment. What goes on in another ticket is counted there only."""


async def list_fixes(
    connection: AsyncConnection, begin: datetime, end: datetime, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """The fixes that closed a ticket in the period, with all that they closed then, the most first."""
    found = closed.where(tickets.c.resolved_at >= begin, tickets.c.resolved_at < end).subquery()
    order = [found.c.tickets.desc(), found.c.bug_id, found.c.deployment_id]
    return await paginate(connection, select(found), order=order, limit=limit, cursor=cursor)
