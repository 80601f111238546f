"""The weighted forecast against numbers computed by hand."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from nexa_contracts.sales import DealStage
from nexa_sales.api.deal_views import forecast_view
from nexa_sales.read_models.forecast import Line, weigh
from nexa_sales.settings import STAGE_WEIGHTS, SalesSettings

from .stories import id_of


def line(rep: str | None, stage: DealStage, amount: str, currency: str = "USD", deals: int = 1) -> Line:
    weight = STAGE_WEIGHTS[stage]
    return Line(
        rep_id=id_of(rep) if rep else None,
        rep_name=rep,
        stage=stage,
        currency=currency,
        deals=deals,
        amount=Decimal(amount),
        weight=weight,
        weighted=weigh(Decimal(amount), weight),
    )


def totals(sums: Any) -> dict[str, tuple[int, str, str]]:
    return {each.currency: (each.deals, str(each.amount), str(each.weighted)) for each in sums}


def test_the_forecast_weighs_by_stage_and_adds_up_each_currency_for_itself() -> None:
    view = forecast_view(
        [
            line("maria", DealStage.QUALIFICATION, "50000.00"),
            line("maria", DealStage.NEGOTIATION, "80000.00", deals=2),
            line("maria", DealStage.NEGOTIATION, "10000.00", "EUR"),
            line("jonas", DealStage.PROPOSAL, "0.03"),
            line(None, DealStage.PROPOSAL, "1000.00"),
        ],
        STAGE_WEIGHTS,
    )
    maria, jonas, nobody = view.reps
    assert totals(maria.totals) == {"EUR": (1, "10000.00", "7500.00"), "USD": (3, "130000.00", "70000.00")}
    assert totals(jonas.totals) == {"USD": (1, "0.03", "0.02")}
    assert (nobody.rep_id, totals(nobody.totals)) == (None, {"USD": (1, "1000.00", "500.00")})
    assert totals(view.totals) == {"EUR": (1, "10000.00", "7500.00"), "USD": (5, "131000.03", "70500.02")}
    assert [(each.stage.value, str(each.weight), str(each.weighted)) for each in maria.stages] == [
        ("qualification", "0.20", "10000.00"),
        ("negotiation", "0.75", "60000.00"),
        ("negotiation", "0.75", "7500.00"),
    ]
    assert view.formula.startswith("weighted = amount × weight")


@pytest.mark.parametrize(
    ("amount", "weight", "expected"),
    [("0.01", "0.5", "0.01"), ("0.03", "0.5", "0.02"), ("33.33", "0.2", "6.67"), ("99.99", "0.75", "74.99")],
)
def test_half_a_cent_is_rounded_up(amount: str, weight: str, expected: str) -> None:
    assert weigh(Decimal(amount), Decimal(weight)) == Decimal(expected)


def test_weights_have_defaults_and_can_be_set_for_some_stages() -> None:
    assert SalesSettings.from_environment({}).stage_weights == {
        DealStage.QUALIFICATION: Decimal("0.20"),
        DealStage.PROPOSAL: Decimal("0.50"),
        DealStage.NEGOTIATION: Decimal("0.75"),
    }
    given = SalesSettings.from_environment({"NEXA_STAGE_WEIGHTS": '{"negotiation": 0.9}'}).stage_weights
    assert (given[DealStage.NEGOTIATION], given[DealStage.PROPOSAL]) == (Decimal("0.9"), Decimal("0.50"))


@pytest.mark.parametrize("text", ['{"closed_won": 1}', '{"proposal": 1.2}', '{"proposal": -0.1}', "0.5", "{"])
def test_weights_that_make_no_sense_are_not_taken(text: str) -> None:
    with pytest.raises(ValidationError):
        SalesSettings.from_environment({"NEXA_STAGE_WEIGHTS": text})
