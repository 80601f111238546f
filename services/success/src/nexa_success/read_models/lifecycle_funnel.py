"""How many customers are at each stage, how many go on from there, and how long does it take them?"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, and_, case, cast, distinct, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_contracts.success import Stage
from nexa_success.lifecycle.stages import WENT_ON
from nexa_success.read_models.where_customers_stand import lifecycle_entries, lives

TO_ACCOUNTS = [stage.value for stage in Stage if Stage.OPPORTUNITY in WENT_ON[stage]]
DAY = 86_400


async def funnel_rows(connection: AsyncConnection, campaign_id: UUID | None) -> dict[str, Mapping[str, Any]]:
    """By stage: parties now, parties that ever entered, those that went on, mean and median days of stays that ended.

    A lead that became an account went on, and is counted where it was; its account is counted from opportunity on.
    """
    living = lives()
    if campaign_id is not None:
        living = living.where(living.selected_columns.campaign_id == campaign_id)
    life = living.cte("living")
    entry = lifecycle_entries.c
    later = (
        func.array_agg(entry.stage)
        .over(partition_by=entry.party_id, order_by=entry.version, rows=(1, None))
        .label("later")
    )
    left_at = func.lead(entry.entered_at).over(partition_by=entry.party_id, order_by=entry.version)
    stays = (
        select(
            entry.party_id,
            entry.stage,
            life.c.continued_by,
            later,
            func.extract("epoch", func.coalesce(left_at, life.c.continued_at) - entry.entered_at).label("seconds"),
        )
        .join(life, life.c.party_id == entry.party_id)
        .cte("stays")
    )
    following = case(
        {stage.value: cast(sorted(each.value for each in WENT_ON[stage]), ARRAY(Text)) for stage in Stage},
        value=stays.c.stage,
    )
    went_on = or_(
        stays.c.later.op("&&")(following), and_(stays.c.continued_by.is_not(None), stays.c.stage.in_(TO_ACCOUNTS))
    )
    ended = stays.c.seconds.is_not(None)
    entered = (
        select(
            stays.c.stage,
            func.count(distinct(stays.c.party_id)).label("entered"),
            func.count(distinct(stays.c.party_id)).filter(went_on).label("went_on"),
            (func.avg(stays.c.seconds).filter(ended) / DAY).label("mean_days"),
            (func.percentile_cont(literal(0.5)).within_group(stays.c.seconds).filter(ended) / DAY).label("median_days"),
        )
        .group_by(stays.c.stage)
        .cte("entered")
    )
    present = (
        select(life.c.stage, func.count().label("now"))
        .where(life.c.continued_by.is_(None))
        .group_by(life.c.stage)
        .cte("present")
    )
    query = select(entered, func.coalesce(present.c.now, 0).label("now")).outerjoin(
        present, present.c.stage == entered.c.stage
    )
    return {row["stage"]: dict(row) for row in (await connection.execute(query)).mappings()}
