"""Which tickets are there, how does each stand, and who has to do something?"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    case,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts import topics
from nexa_contracts.support import (
    CsatRecorded,
    CsatRequested,
    TicketAccountFound,
    TicketAcknowledged,
    TicketAssigned,
    TicketClassified,
    TicketCorrected,
    TicketEscalated,
    TicketLinked,
    TicketMerged,
    TicketPrioritised,
    TicketQueued,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketStatus,
    TicketStatusChanged,
    TicketSubmitted,
    TicketUnlinked,
    TicketUnmerged,
)
from nexa_support.tables import metadata
from nexa_support.ticket.events import PRIVATE, TicketFollows

SETTLED = (TicketStatus.RESOLVED.value, TicketStatus.CLOSED.value)

NAMES = (
    "to_tsvector('simple', coalesce(reference, '') || ' ' || coalesce(subject, '') || ' ' || coalesce(account_name, '')"
    " || ' ' || coalesce(requester_name, ''))"
)

tickets = Table(
    "tickets",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("reference", Text),
    Column("subject", Text),
    Column("description", Text),
    Column("channel", Text),
    Column("account_id", Uuid),
    Column("account_name", Text),
    Column("contact_id", Uuid),
    Column("requester_name", Text),
    Column("requester_email", Text),
    Column("submitted_at", DateTime(timezone=True)),
    Column("changed_at", DateTime(timezone=True)),
    Column("impact", Text),
    Column("product_version", Text),
    Column("language", Text),
    Column("type", Text),
    Column("priority", Text, server_default="normal"),
    Column("severity", Text, server_default="p3"),
    Column("feature", Text),
    Column("sentiment", Text),
    Column("urgency", Text),
    Column("similar", Integer, server_default="0"),
    Column("recommended_priority", Text),
    Column("needs_person", Boolean, server_default="false"),
    Column("priority_seen", Boolean, server_default="false"),
    Column("analysis_id", Text),
    Column("work_status", Text),
    Column("agent_id", Uuid),
    Column("agent_name", Text),
    Column("instruction", Text),
    Column("due_at", DateTime(timezone=True)),
    Column("because", JSON),
    Column("waiting_since", DateTime(timezone=True)),
    Column("escalated_to", Text),
    Column("bug_id", Uuid),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("bug_status", Text),
    Column("eta", Text),
    Column("workaround", Text),
    Column("resolution", Text),
    Column("resolved_at", DateTime(timezone=True)),
    Column("resolved_bug_id", Uuid),
    Column("deployment_id", Uuid),
    Column("fixed_version", Text),
    Column("reopened", Integer, server_default="0"),
    Column("into_id", Uuid),
    Column("into_reference", Text),
    Column("split_from", Uuid),
    Column("follows_id", Uuid),
    Column("last_message_at", DateTime(timezone=True)),
    Column("customer_waits", Boolean),
    Column("csat_asked_at", DateTime(timezone=True)),
    Column("csat", Integer),
    Column("csat_comment", Text),
    Index("tickets_submitted_idx", text("submitted_at desc"), text("ticket_id desc")),
    Index("tickets_reference_idx", "reference"),
    Index("tickets_account_idx", "account_id", "submitted_at"),
    Index("tickets_agent_idx", "agent_id", "work_status"),
    Index("tickets_bug_idx", "bug_id"),
    Index("tickets_feature_idx", "feature", "submitted_at"),
    Index("tickets_waiting_idx", "waiting_since", "ticket_id"),
    Index("tickets_triage_idx", "submitted_at", postgresql_where=text("needs_person")),
    Index("tickets_unknown_account_idx", "submitted_at", postgresql_where=text("account_id is null")),
    Index("tickets_search_idx", text(NAMES), postgresql_using="gin"),
)
shown_status: ColumnElement[str] = case(
    (tickets.c.into_id.is_not(None), literal(TicketStatus.MERGED.value)), else_=tickets.c.work_status
)
"""A merged ticket keeps the status it would have by itself, and has it again once that is undone."""

needs_a_person: ColumnElement[bool] = and_(
    tickets.c.needs_person, or_(tickets.c.type.is_(None), tickets.c.priority_seen.is_(False))
)
"""The analysis abstained from what routing needs, and no person has said it since."""


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    moved = {"version": fact.version, "changed_at": fact.time}
    yield Put(tickets, {"ticket_id": event.ticket_id}, {**moved, **_changed(fact)})


def _changed(fact: Recorded) -> Mapping[str, object]:
    match fact.event:
        case TicketSubmitted() as submitted:
            return _submitted(submitted)
        case TicketAccountFound(account_id=account_id, account_name=name):
            return {"account_id": account_id, "account_name": name}
        case TicketFollows(follows_id=follows_id):
            return {"follows_id": follows_id}
        case TicketClassified() | TicketCorrected() | TicketPrioritised():
            return _judged(fact.event)
        case TicketAssigned() | TicketQueued():
            return _routed(fact.event)
        case TicketReplied(from_customer=from_customer):
            return {"last_message_at": fact.time, "customer_waits": from_customer}
        case TicketMerged(into_id=into_id, into_reference=into_reference):
            return {"into_id": into_id, "into_reference": into_reference}
        case TicketUnmerged():
            return {"into_id": None, "into_reference": None}
        case CsatRequested():
            return {"csat_asked_at": fact.time}
        case CsatRecorded(score=score, comment=comment):
            return {"csat": score, "csat_comment": comment}
        case _:
            return _stands(fact)


def _stands(fact: Recorded) -> Mapping[str, object]:
    match fact.event:
        case TicketStatusChanged(status=status):
            closed: dict[str, object] = {"waiting_since": None} if status is TicketStatus.CLOSED else {}
            return {"work_status": status.value, **closed}
        case TicketEscalated() as escalated:
            return {
                "work_status": TicketStatus.ESCALATED.value,
                "escalated_to": escalated.escalated_to,
                **_judged(escalated),
            }
        case TicketLinked(bug_id=bug_id):
            return {"bug_id": bug_id}
        case TicketUnlinked():
            return {"bug_id": None, "acknowledged_at": None, "bug_status": None, "eta": None, "workaround": None}
        case TicketAcknowledged(status=status, eta=eta, workaround=workaround):
            return {"acknowledged_at": fact.time, "bug_status": status, "eta": eta, "workaround": workaround}
        case TicketResolved() as resolved:
            return {
                "work_status": TicketStatus.RESOLVED.value,
                "waiting_since": None,
                "resolution": resolved.resolution,
                "resolved_at": resolved.resolved_at,
                "resolved_bug_id": resolved.bug_id,
                "deployment_id": resolved.deployment_id,
                "fixed_version": resolved.version,
            }
        case TicketReopened():
            settled = ("resolution", "resolved_at", "resolved_bug_id", "deployment_id", "fixed_version")
            return {"work_status": TicketStatus.OPEN.value, **dict.fromkeys(settled)}
        case _:
            return {}


def _submitted(submitted: TicketSubmitted) -> Mapping[str, object]:
    requester = submitted.requester
    return {
        "reference": submitted.reference,
        "subject": submitted.subject,
        "description": submitted.description,
        "channel": submitted.channel.value,
        "account_id": submitted.account_id,
        "account_name": submitted.account_name,
        "contact_id": requester.contact_id,
        "requester_name": requester.name,
        "requester_email": requester.email,
        "submitted_at": submitted.submitted_at,
        "impact": submitted.impact,
        "product_version": submitted.product_version,
        "language": submitted.language,
        "type": submitted.type.value if submitted.type else None,
        "priority": "normal",
        "severity": "p3",
        "work_status": TicketStatus.OPEN.value,
        "split_from": submitted.split_from,
        "last_message_at": submitted.submitted_at,
        "customer_waits": True,
    }


def _judged(event: TicketClassified | TicketCorrected | TicketPrioritised | TicketEscalated) -> Mapping[str, object]:
    match event:
        case TicketClassified():
            names = {"type", "priority", "severity", "feature", "sentiment", "urgency", "similar"}
            names |= {"recommended_priority", "needs_person", "analysis_id"}
            return event.model_dump(mode="json", include=names)
        case TicketCorrected(field="type", after=after):
            return {"type": after, "needs_person": False}
        case TicketCorrected(field=name, after=after):
            return {name: after}
        case (
            TicketPrioritised(priority=priority, severity=severity)
            | TicketEscalated(priority=priority, severity=severity)
        ):
            return {"priority": priority.value, "severity": severity.value, "priority_seen": True}


def _routed(event: TicketAssigned | TicketQueued) -> Mapping[str, object]:
    because = event.because.model_dump(mode="json")
    match event:
        case TicketQueued(waiting_since=since):
            return {"waiting_since": since, "because": because}
        case TicketAssigned(agent=agent, instruction=instruction, due_at=due_at):
            return {
                "agent_id": agent.agent_id,
                "agent_name": agent.name,
                "instruction": instruction,
                "due_at": due_at,
                "because": because,
                "waiting_since": None,
                "needs_person": False,
            }


ticket_list = ReadModel(name="ticket_list", tables=(tickets,), on=(*topics.TICKET.events, *PRIVATE), project=project)


def shown() -> Select[Any]:
    """Each ticket with its status, and whether it needs a person."""
    columns = [column for column in tickets.c if column.name not in ("needs_person", "priority_seen")]
    query = select(*columns, shown_status.label("status"), needs_a_person.label("needs_person"))
    return query.where(tickets.c.reference.is_not(None))


async def ticket_row(connection: AsyncConnection, ticket_id: UUID) -> Mapping[str, Any] | None:
    row = (await connection.execute(shown().where(tickets.c.ticket_id == ticket_id))).mappings().one_or_none()
    return None if row is None else dict(row)


async def ticket_by_reference(connection: AsyncConnection, reference: str) -> UUID | None:
    """The ticket that people call by this, in whatever case they write it."""
    query = select(tickets.c.ticket_id).where(tickets.c.reference == reference.upper()).order_by(tickets.c.submitted_at)
    found: UUID | None = (await connection.execute(query.limit(1))).scalar_one_or_none()
    return found
