"""What will the open deals bring, each weighed by how often deals of its stage are won?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_contracts.sales import DealStage
from nexa_sales.read_models.pipeline_board import deals
from nexa_sales.read_models.rep_desk import reps

CENT = Decimal("0.01")
FORMULA = (
    "weighted = amount × weight of the stage, rounded half up to 0.01 for each rep, stage and currency; totals add these"
    " up. Closed deals are not counted."
)

Weights = Mapping[DealStage, Decimal]
"""The share of deals of an open stage that is expected to be won, 0 to 1."""


@dataclass(frozen=True)
class Line:
    """The open deals of one rep in one stage and currency."""

    rep_id: UUID | None
    rep_name: str | None
    stage: DealStage
    currency: str
    deals: int
    amount: Decimal
    weight: Decimal
    weighted: Decimal


@dataclass(frozen=True)
class Sum:
    """Lines of one currency, added up."""

    currency: str
    deals: int
    amount: Decimal
    weighted: Decimal


def weigh(amount: Decimal, weight: Decimal) -> Decimal:
    return (amount * weight).quantize(CENT, ROUND_HALF_UP)


def sums(lines: list[Line]) -> list[Sum]:
    """One sum for each currency, never of two."""
    found = sorted({line.currency for line in lines})
    return [
        Sum(
            currency,
            sum(line.deals for line in lines if line.currency == currency),
            sum((line.amount for line in lines if line.currency == currency), Decimal(0)),
            sum((line.weighted for line in lines if line.currency == currency), Decimal(0)),
        )
        for currency in found
    ]


async def forecast_lines(
    connection: AsyncConnection, weights: Weights, *, rep_id: UUID | None = None, expected_before: date | None = None
) -> list[Line]:
    """The open deals by rep (those without one last), stage and currency.

    With `expected_before` only those that are to close before that day; a deal that does not say is not among them.
    """
    query = (
        select(
            deals.c.rep_id,
            reps.c.name.label("rep_name"),
            deals.c.stage,
            deals.c.currency,
            func.count().label("deals"),
            func.sum(deals.c.amount).label("amount"),
        )
        .outerjoin(reps, reps.c.rep_id == deals.c.rep_id)
        .where(deals.c.stage.in_([stage.value for stage in weights]))
        .group_by(deals.c.rep_id, reps.c.name, deals.c.stage, deals.c.currency)
    )
    if rep_id is not None:
        query = query.where(deals.c.rep_id == rep_id)
    if expected_before is not None:
        query = query.where(deals.c.expected_close < expected_before)
    lines = [_line(dict(row), weights) for row in (await connection.execute(query)).mappings()]
    return sorted(lines, key=_place)


def _line(row: Mapping[str, Any], weights: Weights) -> Line:
    stage = DealStage(row["stage"])
    weight = weights[stage]
    return Line(**(dict(row) | {"stage": stage, "weight": weight, "weighted": weigh(row["amount"], weight)}))


def _place(line: Line) -> tuple[bool, str, str, int, str]:
    return line.rep_id is None, line.rep_name or "", str(line.rep_id), [*DealStage].index(line.stage), line.currency
