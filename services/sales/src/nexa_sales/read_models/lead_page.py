"""Whose is this lead and why, and what has sales done with it?"""

from collections.abc import Iterator, Mapping
from uuid import UUID

from sqlalchemy import JSON, Column, DateTime, Index, Integer, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import (
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadSentToNurture,
    RoutedLead,
    TaskCompleted,
    TaskCreated,
    TaskOverdue,
)
from nexa_sales.assignment.events import LeadLetGo
from nexa_sales.tables import metadata

assignments = Table(
    "assignments",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("status", Text),
    Column("rep_id", Uuid),
    Column("campaign_id", Uuid),
    Column("import_id", Uuid),
    Column("band", Text),
    Column("score", Integer),
    Column("source_label", Text),
    Column("source_kind", Text),
    Column("reason", Text),
    Column("because", JSON),
    Column("deal_id", Uuid),
    Column("changed_at", DateTime(timezone=True)),
    Column("version", Integer),
    Index("assignments_by_rep", "rep_id", "status", "changed_at"),
    Index("assignments_by_time", "changed_at", "lead_id"),
    Index("assignments_by_campaign", "campaign_id", "status"),
)
"""`status`: assigned, waiting, nurture, converted or closed."""

sales_timeline = Table(
    "sales_timeline",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("happened_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True)),
    Column("actor", Text),
    Column("summary", Text),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case LeadAssigned() as lead:
            yield _assignment(
                lead, fact, "assigned", lead.rep_id, lead.reason.value, lead.because.model_dump(mode="json")
            )
            name = next((candidate.name for candidate in lead.because.candidates if candidate.taken), "a rep")
            yield entry(lead.lead_id, fact, f"Assigned to {name} ({lead.reason.value.replace('_', ' ')})")
        case LeadQueued() as lead:
            yield _assignment(lead, fact, "waiting", None, lead.reason, lead.because.model_dump(mode="json"))
            yield entry(lead.lead_id, fact, f"Waiting for a rep: {lead.reason}")
        case LeadSentToNurture() as lead:
            yield _assignment(lead, fact, "nurture", None, "band low is left to marketing", None)
            yield entry(lead.lead_id, fact, "Left to marketing's e-mail series")
        case LeadConverted() as converted:
            yield _status(converted.lead_id, fact, {"status": "converted", "deal_id": converted.deal_id})
            amount = f"{converted.amount.amount:,.2f} {converted.amount.currency}"
            yield entry(converted.lead_id, fact, f"Converted to a deal of {amount}")
        case LeadDisqualified(lead_id=lead_id, reason=reason):
            yield _status(lead_id, fact, {"status": "closed", "reason": reason})
            yield entry(lead_id, fact, f"Disqualified: {reason}")
        case LeadLetGo(lead_id=lead_id):
            yield _status(lead_id, fact, {"status": "closed", "reason": "withdrawn"})
            yield entry(lead_id, fact, "Withdrawn by marketing")
        case TaskCreated() as task:
            yield entry(task.lead_id, fact, f"Task: {task.title}, due {task.due_at:%Y-%m-%d %H:%M} UTC")
        case TaskOverdue() as task:
            yield entry(task.lead_id, fact, f"Overdue: {task.title}")
        case TaskCompleted() as task:
            yield entry(task.lead_id, fact, f"Task done: {task.outcome}")
        case _:
            return


def entry(lead_id: UUID, fact: Recorded, summary: str) -> Put:
    key = {"lead_id": lead_id, "event_id": fact.id}
    when = {"happened_at": fact.time, "recorded_at": fact.recorded_at}
    return Put(sales_timeline, key, {**when, "actor": fact.actor, "summary": summary})


def _assignment(
    lead: RoutedLead, fact: Recorded, status: str, rep_id: UUID | None, reason: str, because: object
) -> Put:
    values = {
        "status": status,
        "rep_id": rep_id,
        "campaign_id": lead.campaign_id,
        "import_id": lead.import_id,
        "band": lead.band.value,
        "score": lead.score,
        "source_label": lead.source_label,
        "source_kind": lead.source_kind.value,
        "reason": reason,
        "because": because,
    }
    return _status(lead.lead_id, fact, values)


def _status(lead_id: UUID, fact: Recorded, values: Mapping[str, object]) -> Put:
    return Put(assignments, {"lead_id": lead_id}, {**values, "changed_at": fact.time, "version": fact.version})


model = ReadModel(
    name="lead_page",
    tables=(assignments, sales_timeline),
    on=(
        LeadAssigned,
        LeadQueued,
        LeadSentToNurture,
        LeadConverted,
        LeadDisqualified,
        LeadLetGo,
        TaskCreated,
        TaskOverdue,
        TaskCompleted,
    ),
    project=project,
)
