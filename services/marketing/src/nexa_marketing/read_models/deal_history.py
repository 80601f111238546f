"""What became of each deal, when, and which lead it came from? By sales' events; rows are only ever added.

So it can be asked as of a time, by what sales had recorded then.
"""

from collections.abc import Iterator

from sqlalchemy import Column, DateTime, Index, Integer, Numeric, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Put, ReadModel
from nexa_contracts.sales import DealClosedLost, DealClosedWon, DealCreated, DealReopened, LeadConverted
from nexa_marketing.tables import metadata

deal_history = Table(
    "deal_history",
    metadata,
    Column("deal_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("status", Text),
    Column("amount", Numeric(18, 2)),
    Column("currency", Text),
    Column("occurred_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True)),
)
deal_openings = Table(
    "deal_openings",
    metadata,
    Column("deal_id", Uuid, primary_key=True),
    Column("lead_id", Uuid),
    Column("contact_id", Uuid),
    Column("account_id", Uuid),
    Column("opened_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True)),
    Index("deal_openings_time_idx", "opened_at", "deal_id"),
)
lead_conversions = Table(
    "lead_conversions",
    metadata,
    Column("deal_id", Uuid, primary_key=True),
    Column("lead_id", Uuid),
    Column("campaign_id", Uuid),
    Column("contact_id", Uuid),
    Column("account_id", Uuid),
    Column("band", Text),
    Column("converted_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True)),
    Index("lead_conversions_campaign_idx", "campaign_id"),
    Index("lead_conversions_contact_idx", "contact_id"),
    Index("lead_conversions_account_idx", "account_id"),
)


def project(fact: Recorded) -> Iterator[Put]:
    match fact.event:
        case DealCreated() as created:
            yield _history(fact, created, "open")
            opened = {
                "lead_id": created.lead_id,
                "contact_id": created.primary_contact_id,
                "account_id": created.account_id,
                "opened_at": fact.time,
                "recorded_at": fact.recorded_at,
            }
            yield Put(deal_openings, {"deal_id": created.deal_id}, opened)
        case DealClosedWon() as won:
            yield _history(fact, won, "won")
        case DealClosedLost() as lost:
            yield _history(fact, lost, "lost")
        case DealReopened() as reopened:
            yield _history(fact, reopened, "open")
        case LeadConverted() as converted:
            told = {
                "lead_id": converted.lead_id,
                "campaign_id": converted.campaign_id,
                "contact_id": converted.contact_id,
                "account_id": converted.account_id,
                "band": converted.band.value if converted.band else None,
                "converted_at": fact.time,
                "recorded_at": fact.recorded_at,
            }
            yield Put(lead_conversions, {"deal_id": converted.deal_id}, told)
        case _:
            return


def _history(fact: Recorded, event: DealCreated | DealClosedWon | DealClosedLost | DealReopened, status: str) -> Put:
    occurred_at = event.closed_at if isinstance(event, DealClosedWon | DealClosedLost) else fact.time
    told = {
        "status": status,
        "amount": event.amount.amount,
        "currency": event.amount.currency,
        "occurred_at": occurred_at,
        "recorded_at": fact.recorded_at,
    }
    return Put(deal_history, {"deal_id": event.deal_id, "version": fact.version}, told)


history_of_deals = ReadModel(
    name="deal_history",
    tables=(deal_history, deal_openings, lead_conversions),
    on=(DealCreated, DealClosedWon, DealClosedLost, DealReopened, LeadConverted),
    project=project,
    from_topics=True,
)
