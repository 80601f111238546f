"""What deals look like to those who ask."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import DealDetails, DealStage, KeyContact, ProductLine
from nexa_contracts.values import Money
from nexa_sales.api.bodies import Amount, Body, Text, not_negative
from nexa_sales.read_models.forecast import FORMULA, Line, Sum, Weights, sums
from nexa_sales.read_models.pipeline_board import Handoff

LongText = Annotated[str, StringConstraints(max_length=10_000, strip_whitespace=True)]


class DealView(BaseModel):
    deal_id: UUID
    version: int
    name: str
    account_id: UUID
    account_name: str | None
    primary_contact_id: UUID
    lead_id: UUID | None
    campaign_id: UUID | None
    rep_id: UUID | None
    rep_name: str | None
    rep_left_at: datetime | None = Field(
        description="When its rep left; `POST /deals/{deal_id}/reassign` gives it to another."
    )
    stage: DealStage
    amount: Money = Field(description="What it is expected to bring; of a won deal, what it brought.")
    source_label: str
    source_kind: LeadSourceKind
    contract_url: str | None = Field(description="Kept as text; nothing fetches it.")
    reason: str | None = Field(description="Why it was lost, or reopened.")
    created_at: datetime
    stage_since: datetime
    closed_at: datetime | None
    details: DealDetails = Field(description="What was sold and promised.")
    handoff: Handoff = Field(description="A won deal is handed over to customer success, who may return it.")
    handoff_reason: str | None = Field(description="Why customer success returned it; null unless it is returned.")


def deal_view(row: Any) -> DealView:
    amount = {"amount": row["amount"], "currency": row["currency"]}
    reason = row["returned_because"] if row["handoff"] == "returned" else None
    return DealView.model_validate({**row, "amount": amount, "details": row["details"] or {}, "handoff_reason": reason})


class ProductBody(Body):
    product: Text = Field(examples=["Enterprise Plan"])
    seats: int | None = Field(default=None, ge=1, description="For how many people.")
    amount: Amount | None = Field(default=None, description="Its part of the deal's amount, if it is known.")


class KeyContactBody(Body):
    name: Text = Field(examples=["Tom"])
    role: Text = Field(examples=["IT"])
    contact_id: UUID | None = Field(default=None, description="The contact, where it is one.")


class DetailsBody(Body):
    """What was sold and promised, all of it: the handoff note is written from it."""

    products: list[ProductBody] = Field(default_factory=list, max_length=100)
    special_requirements: list[Text] = Field(default_factory=list, max_length=100, examples=[["SSO"]])
    key_contacts: list[KeyContactBody] = Field(default_factory=list, max_length=100)
    sales_notes: LongText = Field(default="", examples=["Very engaged, high adoption likely"])
    timeline: LongText = Field(default="", examples=["Go-live by end of month"])
    expected_close: date | None = Field(default=None, description="When the deal should close.")

    def details(self) -> DealDetails:
        """The same as events carry it. Raises Refused for an amount below zero."""
        return DealDetails(
            products=tuple(
                ProductLine(product=each.product, seats=each.seats, amount=not_negative(each.amount, "products"))
                for each in self.products
            ),
            special_requirements=tuple(self.special_requirements),
            key_contacts=tuple(
                KeyContact(name=each.name, role=each.role, contact_id=each.contact_id) for each in self.key_contacts
            ),
            sales_notes=self.sales_notes,
            timeline=self.timeline,
            expected_close=self.expected_close,
        )


class StageStay(BaseModel):
    """A deal's stay in a stage. A closed stage is one too; reopening enters the stage it was closed from again."""

    stage: DealStage
    entered_at: datetime
    left_at: datetime | None = Field(description="Null for the stage it is in.")
    seconds: float = Field(description="How long it was, or has been there.")
    event: str
    cause: str = Field(description="Id of the event that brought it there.")
    actor: str


class StageTime(BaseModel):
    """All stays in one stage."""

    stage: DealStage
    times_entered: int
    seconds: float


class DealStages(BaseModel):
    deal_id: UUID
    stays: list[StageStay] = Field(description="In their order.")
    time_per_stage: list[StageTime]


def deal_stages(deal_id: UUID, rows: list[dict[str, Any]], now: datetime) -> DealStages:
    stays = [
        StageStay.model_validate({**row, "seconds": _length(row["entered_at"], row["left_at"] or now)}) for row in rows
    ]
    times = []
    for stage in DealStage:
        seconds = [stay.seconds for stay in stays if stay.stage is stage]
        if seconds:
            times.append(StageTime(stage=stage, times_entered=len(seconds), seconds=sum(seconds)))
    return DealStages(deal_id=deal_id, stays=stays, time_per_stage=times)


def _length(since: datetime, until: datetime) -> float:
    return max(until - since, timedelta(0)).total_seconds()


class ForecastSum(BaseModel):
    currency: str
    deals: int
    amount: Decimal
    weighted: Decimal


class ForecastLine(ForecastSum):
    """Open deals of one stage and currency."""

    stage: DealStage
    weight: Decimal


class RepForecast(BaseModel):
    """The open deals of one rep; of nobody's, `rep_id` is null."""

    rep_id: UUID | None
    rep_name: str | None
    stages: list[ForecastLine]
    totals: list[ForecastSum] = Field(description="One for each currency.")


class Forecast(BaseModel):
    weights: dict[DealStage, Decimal] = Field(description="Share of a stage's deals that is expected to be won.")
    formula: str
    reps: list[RepForecast]
    totals: list[ForecastSum] = Field(description="Of all reps, one for each currency.")


def forecast_view(lines: list[Line], weights: Weights) -> Forecast:
    by_rep: dict[UUID | None, list[Line]] = {}
    for line in lines:
        by_rep.setdefault(line.rep_id, []).append(line)
    return Forecast(
        weights=dict(weights),
        formula=FORMULA,
        reps=[
            RepForecast(
                rep_id=rep_id,
                rep_name=own[0].rep_name,
                stages=[ForecastLine.model_validate(line, from_attributes=True) for line in own],
                totals=_sums(sums(own)),
            )
            for rep_id, own in by_rep.items()
        ],
        totals=_sums(sums(lines)),
    )


def _sums(found: list[Sum]) -> list[ForecastSum]:
    return [ForecastSum.model_validate(each, from_attributes=True) for each in found]
