"""What became of the customers that each campaign brought?"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.success import Stage
from nexa_success.read_models.where_customers_stand import lifecycle_entries, lifecycle_now, lives

ON_THE_WAY: Final = (Stage.LEAD, Stage.MQL, Stage.SQL, Stage.OPPORTUNITY, Stage.ONBOARDING, Stage.LIVE)
ASIDE: Final = (
    Stage.AT_RISK,
    Stage.EXPANSION,
    Stage.RENEWED,
    Stage.CHURNED,
    Stage.REACTIVATED,
    Stage.DISQUALIFIED,
)
CAME_BY: Final[Mapping[Stage, Stage]] = {
    **{stage: stage for stage in ON_THE_WAY},
    Stage.AT_RISK: Stage.ONBOARDING,
    Stage.CHURNED: Stage.ONBOARDING,
    Stage.REACTIVATED: Stage.ONBOARDING,
    Stage.RENEWED: Stage.LIVE,
    Stage.EXPANSION: Stage.LIVE,
}
"""How far on the way a party has come that was at this stage."""


async def cohort_page(connection: AsyncConnection, *, limit: int | None, cursor: str | None) -> Page[dict[str, Any]]:
    """By campaign, the one with the most customers first: customers, and how many of them reached each stage.

    A lead and the account it became are one customer, of the campaign that brought the account's first lead. A stage on
    the way counts as reached by who got beyond it.
    """
    life, account, entry = lives().cte("living"), lifecycle_now.alias("account"), lifecycle_entries.c
    far = case({stage.value: ON_THE_WAY.index(by) for stage, by in CAME_BY.items()}, value=entry.stage, else_=-1)
    campaign_id = func.coalesce(account.c.campaign_id, life.c.campaign_id).label("campaign_id")
    customers = (
        select(
            campaign_id,
            life.c.life,
            func.max(far).label("far"),
            *(func.bool_or(entry.stage == stage.value).label(stage.value) for stage in ASIDE),
        )
        .select_from(life)
        .outerjoin(account, account.c.party_id == life.c.life)
        .join(lifecycle_entries, entry.party_id == life.c.party_id)
        .group_by(campaign_id, life.c.life)
        .cte("customers")
    )
    reached = [
        func.count().filter(customers.c.far >= number).label(stage.value) for number, stage in enumerate(ON_THE_WAY)
    ] + [func.count().filter(customers.c[stage.value]).label(stage.value) for stage in ASIDE]
    cohorts = (
        select(customers.c.campaign_id, func.count().label("customers"), *reached)
        .group_by(customers.c.campaign_id)
        .cte("cohorts")
    )
    order = [cohorts.c.customers.desc(), cohorts.c.campaign_id]
    return await paginate(connection, select(cohorts), order=order, limit=limit, cursor=cursor)
