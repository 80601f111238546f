"""What of pipeline and won revenue each campaign is credited with, by the weights of its touches. Pure.

Pipeline is the sum of the deals without the lost ones, won revenue that of the won ones. For each currency, what campaigns are
credited with and what stays without any campaign add up to exactly the deals' amounts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from nexa_marketing.attribution.models import Model, shares, weights
from nexa_marketing.attribution.touches import TouchedDeal


@dataclass
class Credit:
    """`deals` that a campaign was given a part of; `weight`: how many deals these parts make together."""

    deals: int = 0
    weight: Decimal = Decimal(0)
    pipeline: Decimal = Decimal(0)
    won_revenue: Decimal = Decimal(0)

    def add(self, weight: Decimal, amount: Decimal, status: str) -> None:
        self.deals += 1
        self.weight += weight
        if status != "lost":
            self.pipeline += amount
        if status == "won":
            self.won_revenue += amount


@dataclass
class Attribution:
    """By campaign and currency; by currency what no campaign touched, and all deals together."""

    model: Model
    half_life: timedelta
    campaigns: dict[tuple[UUID, str], Credit] = field(default_factory=lambda: defaultdict(Credit))
    untouched: dict[str, Credit] = field(default_factory=lambda: defaultdict(Credit))
    total: dict[str, Credit] = field(default_factory=lambda: defaultdict(Credit))

    def count(self, deals: Iterable[TouchedDeal]) -> None:
        for deal in deals:
            self.total[deal.currency].add(Decimal(1), deal.amount, deal.status)
            if not deal.touches:
                self.untouched[deal.currency].add(Decimal(1), deal.amount, deal.status)
                continue
            by_campaign = credited(deal, self.model, self.half_life)
            for (campaign_id, weight), amount in by_campaign.items():
                self.campaigns[campaign_id, deal.currency].add(weight, amount, deal.status)


def weights_of(deal: TouchedDeal, model: Model, half_life: timedelta) -> tuple[Decimal, ...]:
    """The weight of each touch of the deal."""
    return weights([touch.at for touch in deal.touches], model, half_life)


def amounts_of(deal: TouchedDeal, of_touches: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    """What of the deal's amount falls to each touch."""
    return shares(deal.amount, of_touches) if of_touches else ()


def credited(deal: TouchedDeal, model: Model, half_life: timedelta) -> Mapping[tuple[UUID, Decimal], Decimal]:
    """What of the deal's amount each campaign is credited with, by campaign and its weight; parts of 0 are left out."""
    of_touches = weights_of(deal, model, half_life)
    weight: dict[UUID, Decimal] = defaultdict(Decimal)
    amount: dict[UUID, Decimal] = defaultdict(Decimal)
    for touch, share, part in zip(deal.touches, of_touches, amounts_of(deal, of_touches), strict=True):
        weight[touch.campaign_id] += share
        amount[touch.campaign_id] += part
    return {(campaign, weight[campaign]): amount[campaign] for campaign in weight if weight[campaign]}
