"""Who is longer at a stage than is good, and what should be done about it next?"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, false, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.success import Stage
from nexa_success.read_models.account_directory import accounts
from nexa_success.read_models.where_customers_stand import lifecycle_now, lives


async def stuck_page(
    connection: AsyncConnection,
    limits: Mapping[Stage, int],
    now: datetime,
    *,
    stage: Stage | None,
    limit: int | None,
    cursor: str | None,
) -> Page[dict[str, Any]]:
    """Parties longer at their stage than its limit in days, those that are there the longest first."""
    here = lifecycle_now.c
    over = [
        and_(here.stage == each.value, here.since < now - timedelta(days=days))
        for each, days in limits.items()
        if stage is None or each is stage
    ]
    query = (
        lives()
        .add_columns(accounts.c.name.label("account_name"), accounts.c.csm_id)
        .outerjoin(accounts, accounts.c.account_id == here.party_id)
        .where(here.continued_by.is_(None), or_(false(), *over))
    )
    return await paginate(connection, query, order=[here.since, here.party_id], limit=limit, cursor=cursor)
