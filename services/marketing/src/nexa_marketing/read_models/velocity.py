"""How long do a campaign's leads take to be converted, and to be won? By the band they were converted in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_contracts.values import Band

_VELOCITY = """
    select band, count(won) as won, avg(converted) as to_conversion, avg(won) as to_won,
           percentile_cont(0.5) within group (order by converted) as to_conversion_median,
           percentile_cont(0.5) within group (order by won) as to_won_median
      from (select c.band, extract(epoch from c.converted_at - l.created_at)::float / 86400 as converted,
                   extract(epoch from w.occurred_at - l.created_at)::float / 86400 as won
              from lead_conversions c
              join leads l on l.lead_id = c.lead_id
              left join lateral (select status, occurred_at from deal_history
                                  where deal_id = c.deal_id order by version desc limit 1) w on w.status = 'won'
             where c.campaign_id = :campaign_id and c.band is not null) as days
     group by band"""


@dataclass(frozen=True)
class Pace:
    """Days from the lead, to a hundredth; null where nothing came about."""

    won: int
    to_conversion: float | None
    to_conversion_median: float | None
    to_won: float | None
    to_won_median: float | None


NO_PACE = Pace(0, None, None, None, None)


async def velocity_of(connection: AsyncConnection, campaign_id: UUID) -> Mapping[Band, Pace]:
    rows = (await connection.execute(text(_VELOCITY), {"campaign_id": campaign_id})).all()
    return {Band(row.band): _pace(row) for row in rows}


def _pace(row: Any) -> Pace:
    days = (row.to_conversion, row.to_conversion_median, row.to_won, row.to_won_median)
    return Pace(row.won, *(None if each is None else round(each, 2) for each in days))
