"""Which deals stand where, and what are they worth?"""

from collections.abc import Iterator

from sqlalchemy import Column, DateTime, Index, Integer, Numeric, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import DealClosedLost, DealClosedWon, DealCreated, DealReopened, DealStage
from nexa_sales.tables import metadata

deals = Table(
    "deals",
    metadata,
    Column("deal_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("account_id", Uuid),
    Column("primary_contact_id", Uuid),
    Column("lead_id", Uuid),
    Column("campaign_id", Uuid),
    Column("rep_id", Uuid),
    Column("stage", Text),
    Column("amount", Numeric(18, 2)),
    Column("currency", Text),
    Column("source_label", Text),
    Column("source_kind", Text),
    Column("contract_url", Text),
    Column("reason", Text),
    Column("created_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("version", Integer),
    Index("deals_by_stage", "stage", "created_at", "deal_id"),
    Index("deals_by_time", "created_at", "deal_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case DealCreated() as deal:
            values = {
                "name": deal.name,
                "account_id": deal.account_id,
                "primary_contact_id": deal.primary_contact_id,
                "lead_id": deal.lead_id,
                "campaign_id": deal.campaign_id,
                "rep_id": deal.rep_id,
                "stage": deal.stage.value,
                "amount": deal.amount.amount,
                "currency": deal.amount.currency,
                "source_label": deal.source_label,
                "source_kind": deal.source_kind.value,
                "created_at": fact.time,
            }
        case DealClosedWon() as won:
            values = {
                "stage": DealStage.CLOSED_WON.value,
                "amount": won.amount.amount,
                "currency": won.amount.currency,
                "contract_url": won.contract_url,
                "closed_at": won.closed_at,
            }
        case DealClosedLost() as lost:
            values = {"stage": DealStage.CLOSED_LOST.value, "reason": lost.reason, "closed_at": lost.closed_at}
        case DealReopened() as reopened:
            values = {"stage": DealStage.QUALIFICATION.value, "amount": reopened.amount.amount, "closed_at": None}
            values["reason"] = reopened.reason
        case _:
            return
    yield Put(deals, {"deal_id": fact.event.deal_id}, {**values, "version": fact.version})


model = ReadModel(
    name="pipeline_board",
    tables=(deals,),
    on=(DealCreated, DealClosedWon, DealClosedLost, DealReopened),
    project=project,
)
