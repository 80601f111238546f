"""Who is longer at a stage than is good, and what should be done about it next?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, false, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.success import Stage
from nexa_success.read_models.account_directory import accounts
from nexa_success.read_models.where_customers_stand import lifecycle_now, lives

LIMITS: Final[Mapping[Stage, int]] = {
    Stage.SUBSCRIBER: 90,
    Stage.RECYCLED: 60,
    Stage.LEAD: 30,
    Stage.MQL: 7,
    Stage.SQL: 14,
    Stage.OPPORTUNITY: 45,
    Stage.ONBOARDING: 30,
    Stage.AT_RISK: 14,
    Stage.REACTIVATED: 30,
}
"""Days after which a party counts as stuck. At the other stages it may stay as long as it likes."""


@dataclass(frozen=True)
class NextBest:
    """What to do next; `because` is completed with the days it has been there and the days that are usual."""

    action: str
    because: str


NEXT_BEST: Final[Mapping[Stage, NextBest]] = {
    Stage.SUBSCRIBER: NextBest("Invite to the next webinar", "reads along for {days} days without asking for more"),
    Stage.RECYCLED: NextBest("Enrol in a nurture series again", "nothing new since it was recycled {days} days ago"),
    Stage.LEAD: NextBest("Offer content that fits its interest", "did not reach band Medium in {days} days"),
    Stage.MQL: NextBest("Call", "no follow-up found interest in {days} days"),
    Stage.SQL: NextBest("Convert or disqualify", "interest was found {days} days ago and no deal was opened"),
    Stage.OPPORTUNITY: NextBest("Review the deal with the rep", "the deal is open for {days} days, {limit} are usual"),
    Stage.ONBOARDING: NextBest("Hold a go-live review", "not live after {days} days, {limit} were agreed"),
    Stage.AT_RISK: NextBest("Schedule executive business review", "at risk for {days} days without recovery"),
    Stage.REACTIVATED: NextBest("Agree on new success criteria", "came back {days} days ago and is not live"),
    Stage.LIVE: NextBest("Ask for a reference", "live for {days} days"),
    Stage.RENEWED: NextBest("Look for room to expand", "renewed {days} days ago"),
    Stage.EXPANSION: NextBest("Ask for a reference", "expanded {days} days ago"),
    Stage.CHURNED: NextBest("Try to win back", "churned {days} days ago"),
    Stage.DISQUALIFIED: NextBest("Recycle if the reason is gone", "disqualified {days} days ago"),
}


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
