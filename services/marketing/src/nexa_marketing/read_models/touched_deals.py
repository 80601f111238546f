"""Which touches came before each deal, as known at a time? Two queries for all deals.

A deal's touches are those of the lead it came from. Opened without a lead, they are those of the leads that became its primary
contact, and if there are none, those of all leads that became contacts of its account. Only what happened before the deal was
opened counts: the touches of a deal do not change any more once it is there, unless one is recorded late.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_marketing.attribution.touches import Touch, TouchedDeal

AT_A_TIME = 5_000

_KNOWN = """
    with known as (
        select o.deal_id, o.lead_id, o.contact_id, o.account_id, o.opened_at, h.status, h.amount, h.currency
          from deal_openings o
          join lateral (select status, amount, currency from deal_history
                         where deal_id = o.deal_id and recorded_at <= :as_of order by version desc limit 1) h on true
         where o.recorded_at <= :as_of and o.opened_at >= :since and o.opened_at < :until
           and (cast(:deal_id as uuid) is null or o.deal_id = :deal_id)
    ), found as (
        select deal_id, opened_at, lead_id, 'lead' as via from known where lead_id is not null
        union all
        select distinct k.deal_id, k.opened_at, c.lead_id, 'contact'
          from known k join lead_conversions c on c.contact_id = k.contact_id and c.recorded_at <= :as_of
         where k.lead_id is null
        union all
        select distinct k.deal_id, k.opened_at, c.lead_id, 'account'
          from known k join lead_conversions c on c.account_id = k.account_id and c.recorded_at <= :as_of
         where k.lead_id is null and not exists (
               select from lead_conversions d where d.contact_id = k.contact_id and d.recorded_at <= :as_of)
    ), touched as (
        select f.deal_id, f.lead_id, f.via, l.campaign_id, l.created_at as at,
               case when l.import_id is null then 'created' else 'imported' end as kind
          from found f join leads l on l.lead_id = f.lead_id
         where l.campaign_id is not null and l.created_at <= f.opened_at and l.created_at <= :as_of
        union all
        select f.deal_id, f.lead_id, f.via, t.campaign_id, t.occurred_at, t.kind
          from found f join lead_touches t on t.lead_id = f.lead_id
         where t.occurred_at <= f.opened_at and t.recorded_at <= :as_of and t.kind <> 'left'
           and not (t.kind = 'joined' and exists (
               select from lead_touches u where u.lead_id = t.lead_id and u.campaign_id = t.campaign_id
                  and u.kind = 'left' and u.version > t.version and u.recorded_at <= :as_of))
    )"""
_DEALS = (
    _KNOWN
    + """
    select deal_id, account_id, status, amount, currency, opened_at from known
     where cast(:campaign_id as uuid) is null
        or deal_id in (select deal_id from touched where campaign_id = :campaign_id)
     order by deal_id"""
)
_TOUCHES = (
    _KNOWN
    + """
    select deal_id, at, campaign_id, kind, lead_id, via from touched
     where cast(:campaign_id as uuid) is null
        or deal_id in (select deal_id from touched where campaign_id = :campaign_id)
     order by deal_id, at, campaign_id, kind, lead_id"""
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Deals opened from `since` up to before `until`, as known at `as_of`; of one deal, or touched by one campaign."""

    as_of: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    deal_id: UUID | None = None
    campaign_id: UUID | None = None

    def parameters(self) -> dict[str, object]:
        return vars(self) | {
            "as_of": self.as_of or "infinity",
            "since": self.since or "-infinity",
            "until": self.until or "infinity",
        }


async def touched_deals(connection: AsyncConnection, asked: Asked) -> AsyncIterator[list[TouchedDeal]]:
    """The deals, a good many at a time; last those that nothing touched."""
    deals = (await connection.execute(text(_DEALS), asked.parameters())).all()
    untouched = {deal.deal_id: deal for deal in deals}
    rows = await connection.stream(text(_TOUCHES), asked.parameters())
    kept: list[Any] = []
    async for part in rows.partitions(AT_A_TIME):
        kept += part
        whole = [row for row in kept if row.deal_id != kept[-1].deal_id]
        kept = kept[len(whole) :]
        yield list(_touched(whole, untouched))
    yield list(_touched(kept, untouched))
    yield [_deal(deal, ()) for deal in untouched.values()]


def _touched(rows: Sequence[Any], untouched: dict[UUID, Any]) -> Iterator[TouchedDeal]:
    """One that was opened between the two queries is left out."""
    for deal_id, of_deal in groupby(rows, key=lambda row: row.deal_id):
        deal = untouched.pop(deal_id, None)
        if deal is not None:
            touches = (Touch(row.at, row.campaign_id, row.kind, row.lead_id, row.via) for row in of_deal)
            yield _deal(deal, tuple(touches))


def _deal(row: Any, touches: tuple[Touch, ...]) -> TouchedDeal:
    return TouchedDeal(row.deal_id, row.account_id, row.status, row.amount, row.currency, row.opened_at, touches)
