"""What is shown of a ticket, in the three ways in which it is: for support, for the customer, as it came about."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from nexa_contracts.support import Attachment, Channel, Severity, TicketPriority, TicketStatus, TicketType
from nexa_contracts.values import Because


class TicketView(BaseModel):
    """A ticket as it stands."""

    ticket_id: UUID
    version: int
    reference: str
    subject: str
    description: str
    status: TicketStatus
    type: TicketType | None = Field(description="Null: nobody knows yet.")
    priority: TicketPriority
    severity: Severity
    channel: Channel
    account_id: UUID | None = Field(description="Null: nobody knows yet whose ticket it is.")
    account_name: str | None
    contact_id: UUID | None
    requester_name: str
    requester_email: str | None
    submitted_at: datetime
    changed_at: datetime
    impact: str | None = Field(description="The customer's own word for what it does to them.")
    product_version: str | None
    language: str
    feature: str | None
    sentiment: str | None
    urgency: str | None
    similar: int = Field(description="Similar tickets of the seven days before.")
    recommended_priority: Severity | None
    needs_person: bool = Field(description="The analysis abstained: somebody says what it is, then it is routed.")
    analysis_id: str | None
    agent_id: UUID | None
    agent_name: str | None
    instruction: str | None
    due_at: datetime | None
    because: Because | None = Field(description="Why this agent and none of the others, or why nobody.")
    waiting_since: datetime | None = Field(description="Since when it waits for an agent.")
    escalated_to: str | None
    bug_id: UUID | None
    acknowledged_at: datetime | None
    bug_status: str | None = Field(description="As the customer was told.")
    eta: str | None
    workaround: str | None
    resolution: str | None
    resolved_at: datetime | None
    resolved_bug_id: UUID | None
    deployment_id: UUID | None
    fixed_version: str | None
    into_id: UUID | None = Field(description="The ticket in which it goes on.")
    into_reference: str | None
    split_from: UUID | None
    follows_id: UUID | None = Field(description="The ticket that was settled too long ago to go on.")
    last_message_at: datetime | None
    customer_waits: bool | None = Field(description="Whether the last message is the customer's.")
    csat_asked_at: datetime | None
    csat: int | None = Field(description="0 to 10.")
    csat_comment: str | None


class WaitingView(TicketView):
    waiting_minutes: int = Field(description="How long it has waited for an agent.")


class MessageView(BaseModel):
    """A message of the conversation. It stays where it was written, and is read where the ticket goes on."""

    reply_id: UUID
    ticket_id: UUID = Field(description="The ticket it was written in.")
    reference: str
    from_customer: bool
    author: str
    text: str
    channel: Channel
    attachments: list[Attachment]
    at: datetime


class NoteView(BaseModel):
    """A note that no customer ever sees."""

    note_id: UUID
    author: str
    text: str
    next_steps: str
    at: datetime


class TimelineEntry(BaseModel):
    """Something that happened to a ticket, in words as they were then."""

    version: int
    event: str = Field(examples=["TicketEscalated"])
    summary: str
    customer_knows: bool = Field(description="Whether the customer saw it or was told.")
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    caused_by: str | None = Field(description="Id of the event that led to it; null: a person or a clock.")


class CustomerMessage(BaseModel):
    from_you: bool
    author: str
    text: str
    attachments: list[Attachment]
    at: datetime


class CustomerView(BaseModel):
    """What the customer sees of their ticket. It is made of the conversation alone; no note comes near it."""

    reference: str
    subject: str
    status: str = Field(description="In the customer's words.", examples=["We are working on it"])
    submitted_at: datetime
    goes_on_in: str | None = Field(description="Reference of the ticket in which it goes on.")
    progress: str | None = Field(description="Of the bug it is about.", examples=["In Progress"])
    eta: str | None
    workaround: str | None
    resolution: str | None
    resolved_at: datetime | None
    messages: list[CustomerMessage]


WORDS = {
    TicketStatus.OPEN: "We have received it",
    TicketStatus.IN_PROGRESS: "We are working on it",
    TicketStatus.WAITING_FOR_CUSTOMER: "We wait for your answer",
    TicketStatus.ESCALATED: "Our engineers are working on it",
    TicketStatus.RESOLVED: "Resolved",
    TicketStatus.CLOSED: "Closed",
    TicketStatus.MERGED: "Continued in another ticket",
}


def customer_view(ticket: TicketView, messages: list[dict[str, Any]]) -> CustomerView:
    """`messages`: what is read in the ticket and was said by or to its own requester."""
    return CustomerView(
        reference=ticket.reference,
        subject=ticket.subject,
        status=WORDS[ticket.status],
        submitted_at=ticket.submitted_at,
        goes_on_in=ticket.into_reference,
        progress=ticket.bug_status,
        eta=ticket.eta,
        workaround=ticket.workaround or None,
        resolution=ticket.resolution,
        resolved_at=ticket.resolved_at,
        messages=[CustomerMessage(from_you=row["from_customer"], **row) for row in messages],
    )


def as_it_stood(row: Any) -> TicketView:
    """A row made of events, with what a query would have added: its status and whether it needs a person."""
    status = TicketStatus.MERGED.value if row["into_id"] else row["work_status"]
    seen = row["type"] is not None and bool(row["priority_seen"])
    needs_person = bool(row["needs_person"]) and not seen
    return TicketView.model_validate(
        {**row, "status": status, "needs_person": needs_person, "similar": row["similar"] or 0}
    )
