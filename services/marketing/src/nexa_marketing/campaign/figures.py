"""A campaign's figures, each ratio with the formula it comes from."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from nexa_contracts.marketing import BandFigures, CampaignMetricsChanged
from nexa_contracts.values import Money


@dataclass(frozen=True)
class Figures:
    """Counts and sums. `pipeline` is the sum of the campaign's deals without the lost ones, `won_revenue` of the won ones."""

    leads: int = 0
    high: BandFigures = field(default_factory=BandFigures)
    medium: BandFigures = field(default_factory=BandFigures)
    low: BandFigures = field(default_factory=BandFigures)
    converted: int = 0
    pipeline: Decimal = Decimal(0)
    won_revenue: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class Ratio:
    """A figure with the formula that gave it; no value where the divisor is 0."""

    value: Decimal | None
    formula: str


def figures_of(event: CampaignMetricsChanged) -> Figures:
    return Figures(
        leads=event.leads,
        high=event.high,
        medium=event.medium,
        low=event.low,
        converted=event.converted,
        pipeline=event.pipeline.amount,
        won_revenue=event.won_revenue.amount,
        cost=event.cost.amount,
    )


def conversion(leads: int, converted: int) -> Ratio:
    """Converted leads as a share of all."""
    return _ratio(converted, leads, f"converted / leads = {converted} / {leads}", "no leads")


def cost_per_lead(figures: Figures) -> Ratio:
    """What a lead cost, in the currency of the budget."""
    return _ratio(figures.cost, figures.leads, f"cost / leads = {_plain(figures.cost)} / {figures.leads}", "no leads")


def pipeline_multiple(figures: Figures) -> Ratio:
    """How many times its cost a campaign brought as pipeline."""
    formula = f"pipeline / cost = {_plain(figures.pipeline)} / {_plain(figures.cost)}"
    return _ratio(figures.pipeline, figures.cost, formula, "no cost")


def roi_on_won_revenue(figures: Figures) -> Ratio:
    """What was won beyond the cost, as a multiple of the cost."""
    won, cost = figures.won_revenue, figures.cost
    formula = f"(won revenue - cost) / cost = ({_plain(won)} - {_plain(cost)}) / {_plain(cost)}"
    return _ratio(won - cost, cost, formula, "no cost")


def metrics_changed(campaign_id: object, figures: Figures, currency: str) -> dict[str, object]:
    """The fields of CampaignMetricsChanged."""
    return {
        "campaign_id": campaign_id,
        "leads": figures.leads,
        "high": figures.high,
        "medium": figures.medium,
        "low": figures.low,
        "converted": figures.converted,
        "pipeline": Money(amount=figures.pipeline, currency=currency),
        "won_revenue": Money(amount=figures.won_revenue, currency=currency),
        "cost": Money(amount=figures.cost, currency=currency),
        "pipeline_multiple": pipeline_multiple(figures).value,
        "roi_on_won_revenue": roi_on_won_revenue(figures).value,
    }


def _ratio(dividend: Decimal | int, divisor: Decimal | int, formula: str, without: str) -> Ratio:
    if not divisor:
        return Ratio(None, f"{formula}: {without}")
    value = (Decimal(dividend) / Decimal(divisor)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    exact = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
    return Ratio(exact, f"{formula} = {_plain(exact)}")


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
