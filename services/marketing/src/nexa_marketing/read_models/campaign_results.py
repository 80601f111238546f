"""What did a campaign bring? Leads, their bands, conversions and deals, from the topics of marketing, scoring and sales.

`campaign_changes` counts the facts that touched a campaign: whoever publishes its figures sees there that they are old.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Numeric, Table, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_contracts.marketing import BandFigures, CampaignChanged, LeadCreated, LeadWithdrawn
from nexa_contracts.sales import DealClosedLost, DealClosedWon, DealCreated, DealReopened, LeadConverted
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band, Money
from nexa_marketing.campaign.figures import Figures
from nexa_marketing.tables import metadata

campaign_leads = Table(
    "campaign_leads",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("campaign_id", Uuid),
    Column("known", Boolean),
    Column("withdrawn", Boolean),
    Column("score", Integer),
    Column("band", Text),
    Column("converted", Boolean),
    Column("converted_band", Text),
    Index("campaign_leads_campaign_idx", "campaign_id"),
)
campaign_deals = Table(
    "campaign_deals",
    metadata,
    Column("deal_id", Uuid, primary_key=True),
    Column("campaign_id", Uuid),
    Column("amount", Numeric(18, 2)),
    Column("currency", Text),
    Column("status", Text),
    Index("campaign_deals_campaign_idx", "campaign_id"),
)
campaign_changes = Table(
    "campaign_changes",
    metadata,
    Column("campaign_id", Uuid, primary_key=True),
    Column("changes", BigInteger),
)

DealFact = DealCreated | DealClosedWon | DealClosedLost | DealReopened


def project(fact: Recorded) -> Iterator[Change]:
    event = fact.event
    match event:
        case LeadCreated():
            yield _lead(event.lead_id, event.campaign_id, known=True)
        case LeadWithdrawn():
            yield _lead(event.lead_id, event.campaign_id, withdrawn=True)
        case LeadScored():
            yield _lead(event.lead_id, event.campaign_id, score=event.score, band=event.band.value)
        case LeadConverted():
            band = event.band.value if event.band else None
            yield _lead(event.lead_id, event.campaign_id, converted=True, converted_band=band)
        case DealCreated():
            yield from _deal(event, "open")
        case DealClosedWon():
            yield from _deal(event, "won")
        case DealClosedLost():
            yield from _deal(event, "lost")
        case DealReopened():
            yield from _deal(event, "open")
        case CampaignChanged():
            pass  # its budget is the cost in its figures
        case _:
            return
    if event.campaign_id is not None:
        yield Add(campaign_changes, {"campaign_id": event.campaign_id}, {"changes": 1})


def _lead(lead_id: UUID, campaign_id: UUID, **values: object) -> Put:
    return Put(campaign_leads, {"lead_id": lead_id}, {"campaign_id": campaign_id, **values})


def _deal(event: DealFact, status: str) -> Iterator[Put]:
    if event.campaign_id is not None:
        amount = {"amount": event.amount.amount, "currency": event.amount.currency}
        yield Put(
            campaign_deals, {"deal_id": event.deal_id}, {"campaign_id": event.campaign_id, "status": status} | amount
        )


campaign_results = ReadModel(
    name="campaign_results",
    tables=(campaign_leads, campaign_deals, campaign_changes),
    on=(
        CampaignChanged,
        LeadCreated,
        LeadWithdrawn,
        LeadScored,
        LeadConverted,
        DealCreated,
        DealClosedWon,
        DealClosedLost,
        DealReopened,
    ),
    project=project,
    from_topics=True,
)


@dataclass(frozen=True)
class Sums:
    """Of the campaign's deals in one currency."""

    pipeline: Decimal = Decimal(0)
    won_revenue: Decimal = Decimal(0)


async def figures_of(connection: AsyncConnection, campaign_id: UUID, budget: Money) -> Figures:
    """The campaign's figures as they stand. A lead counts in the band it has now, a conversion in the band it was made in.

    Money is that of the deals in the currency of the budget: what is in another one is not added to it.
    """
    lead = campaign_leads.c
    converted_band = func.coalesce(lead.converted_band, lead.band)
    per_band = (
        select(
            lead.band,
            converted_band.label("converted_band"),
            func.count().label("leads"),
            func.count().filter(lead.converted).label("converted"),
        )
        .where(lead.campaign_id == campaign_id, lead.known, lead.withdrawn.isnot(True))
        .group_by(lead.band, converted_band)
    )
    rows = (await connection.execute(per_band)).all()
    sums = (await sums_of(connection, campaign_id, budget.currency)).get(budget.currency, Sums())

    def band(of: Band) -> BandFigures:
        return BandFigures(
            leads=sum(row.leads for row in rows if row.band == of.value),
            converted=sum(row.converted for row in rows if row.converted_band == of.value),
        )

    return Figures(
        leads=sum(row.leads for row in rows),
        high=band(Band.HIGH),
        medium=band(Band.MEDIUM),
        low=band(Band.LOW),
        converted=sum(row.converted for row in rows),
        pipeline=sums.pipeline,
        won_revenue=sums.won_revenue,
        cost=budget.amount,
    )


async def sums_of(connection: AsyncConnection, campaign_id: UUID, unsaid: str) -> dict[str, Sums]:
    """By currency. A deal that was noted before its currency was counts as one in `unsaid`."""
    deal = campaign_deals.c
    currency = func.coalesce(deal.currency, unsaid).label("currency")
    query = (
        select(
            currency,
            func.coalesce(func.sum(deal.amount).filter(deal.status != "lost"), 0),
            func.coalesce(func.sum(deal.amount).filter(deal.status == "won"), 0),
        )
        .where(deal.campaign_id == campaign_id)
        .group_by(currency)
        .order_by(currency)
    )
    rows = await connection.execute(query)
    return {of: Sums(Decimal(pipeline), Decimal(won)) for of, pipeline, won in rows}


async def deals_of(connection: AsyncConnection, campaign_id: UUID) -> dict[str, int]:
    """How many of the campaign's deals are open, won and lost."""
    deal = campaign_deals.c
    counted = select(deal.status, func.count()).where(deal.campaign_id == campaign_id).group_by(deal.status)
    rows = (await connection.execute(counted)).all()
    return {"open": 0, "won": 0, "lost": 0, **{row[0]: row[1] for row in rows}}
