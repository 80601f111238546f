"""Tickets over HTTP: submitting them, finding them, and how each stands."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.history import AsOf, facts_of, facts_since
from nexa_chassis.http.call import Call
from nexa_chassis.http.history import After, AsOfQuery, Change, Since, changes
from nexa_chassis.http.paging import DEFAULT_LIMIT, Page
from nexa_chassis.rows_in_memory import rows_after
from nexa_contracts.envelope import event_name
from nexa_contracts.support import Channel, Requester, Severity, TicketPriority, TicketStatus, TicketType
from nexa_support.aggregates import ticket
from nexa_support.api.access import Reader, Submitter, Teammate
from nexa_support.api.bodies import Body, Cursor, Limit, LongText, Word, address
from nexa_support.api.ticket_view import (
    CustomerView,
    MessageView,
    NoteView,
    TicketView,
    TimelineEntry,
    WaitingView,
    as_it_stood,
    customer_view,
)
from nexa_support.read_models.account_directory import account_row
from nexa_support.read_models.conversation import list_messages, messages_with
from nexa_support.read_models.finding_tickets import list_tickets, waiting_tickets
from nexa_support.read_models.ticket_list import ticket_list, ticket_row
from nexa_support.read_models.ticket_notes import list_notes
from nexa_support.ticket import telling
from nexa_support.ticket.commands import SubmitTicket

routes = APIRouter(tags=["tickets"])

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
Place = Annotated[str | None, Query(pattern=r"^\d{1,9}$", description="`next` of the page before.")]
ByStaff = Annotated[
    Literal[Channel.API, Channel.CHAT, Channel.PHONE, Channel.WEB],
    Field(description="How it came in; mails come in by themselves."),
]


class RequesterBody(Body):
    name: Word = Field(examples=["Sarah Miller"])
    email: Word | None = Field(default=None, examples=["sarah.miller@acme.example"])
    contact_id: UUID | None = None

    def requester(self) -> Requester:
        email = address(self.email, "ticket.email") if self.email else None
        return Requester(name=self.name, email=email, contact_id=self.contact_id)


class TicketBody(Body):
    """What somebody reports."""

    subject: Word = Field(examples=["Export function not working"])
    description: LongText = Field(examples=["When I try to export contacts to CSV, I get an error message"])
    channel: ByStaff = Channel.API
    requester: RequesterBody
    account_id: UUID | None = Field(default=None, description="Without it, it is found by the requester's address.")
    account_name: Word | None = Field(default=None, description="Without it, as sales has it.")
    impact: Word | None = Field(default=None, examples=["blocking work"])
    product_version: Word | None = Field(default=None, examples=["2.1.5"])
    language: str = Field(default="en", pattern="^[a-z]{2}$", description="ISO 639-1.")
    type: TicketType | None = Field(default=None, description="Without it, the analysis says.")


@routes.post("/tickets", status_code=201)
async def submit_ticket(body: TicketBody, call: Submitter, response: Response) -> TicketView:
    """Report something: for a program, or for who reports it by chat or phone."""
    ticket_id = call.new_id("ticket")
    named = await account_name(call, body.account_id, body.account_name) if body.account_id else None
    command = SubmitTicket(
        ticket_id=ticket_id,
        subject=body.subject,
        description=body.description,
        channel=body.channel,
        requester=body.requester.requester(),
        account_id=body.account_id,
        account_name=named,
        impact=body.impact,
        product_version=body.product_version,
        language=body.language,
        type=body.type,
    )
    done = await call.execute(command)
    call.etag(response, done.version_of(f"ticket-{ticket_id}"))
    return await read(call, ticket_id)


@routes.get("/tickets")
async def tickets(
    call: Reader,
    status: Annotated[TicketStatus | None, Query(description="Only those in this status.")] = None,
    type: Annotated[TicketType | None, Query(description="Only those of this type.")] = None,
    priority: Annotated[TicketPriority | None, Query(description="Only those of this priority.")] = None,
    severity: Annotated[Severity | None, Query(description="Only those of this severity.")] = None,
    agent_id: Annotated[UUID | None, Query(description="Only those of this agent.")] = None,
    account_id: Annotated[UUID | None, Query(description="Only those of this account.")] = None,
    bug_id: Annotated[UUID | None, Query(description="Only those about this bug.")] = None,
    feature: Annotated[str | None, Query(max_length=200, description="Only those of this feature, by its key.")] = None,
    unsettled: Annotated[bool, Query(description="Only those on which somebody has to do something.")] = False,
    unassigned: Annotated[bool, Query(description="Only those that nobody has.")] = False,
    unknown_account: Annotated[bool, Query(description="Only those of which nobody knows whose they are.")] = False,
    needs_person: Annotated[bool, Query(description="Only those that a person has to look at first.")] = False,
    q: Annotated[str | None, Query(max_length=200, description="Words of subject, conversation, names.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[TicketView]:
    """Tickets, the newest first."""
    async with call.query() as connection:
        page = await list_tickets(
            connection,
            status=status,
            type=type,
            priority=priority,
            severity=severity,
            agent_id=agent_id,
            account_id=account_id,
            bug_id=bug_id,
            feature=feature,
            unsettled=unsettled,
            unassigned=unassigned,
            unknown_account=unknown_account,
            needs_person=needs_person,
            q=q,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[TicketView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/tickets/waiting")
async def waiting(call: Reader, limit: Limit = None, cursor: Cursor = None) -> Page[WaitingView]:
    """Tickets that nobody can take now, those first that have waited longest, with why."""
    async with call.query() as connection:
        page = await waiting_tickets(connection, limit=limit, cursor=cursor)
    return Page(items=[_waiting(row, call) for row in page.items], next=page.next)


@routes.get("/tickets/{ticket_id}")
async def read_ticket(ticket_id: UUID, call: Reader, as_of: AsOfQuery, response: Response) -> TicketView:
    """One ticket, now or as of a time."""
    view = await (read(call, ticket_id) if as_of.is_now else _read_as_of(call, ticket_id, as_of))
    call.etag(response, view.version)
    return view


@routes.get("/tickets/{ticket_id}/changes")
async def read_changes(ticket_id: UUID, call: Teammate, since: Since, after: After = 0) -> Page[Change]:
    """What changed since a time, event by event; notes are among them."""
    await read(call, ticket_id)
    return await changes(call, ticket, f"ticket-{ticket_id}", since, after)


@routes.get("/tickets/{ticket_id}/conversation")
async def read_conversation(
    ticket_id: UUID, call: Reader, limit: Limit = None, cursor: Cursor = None
) -> Page[MessageView]:
    """What customer and support said to each other, the oldest first, with that of the tickets that go on in here."""
    await read(call, ticket_id)
    async with call.query() as connection:
        page = await list_messages(connection, ticket_id, limit=limit, cursor=cursor)
    return Page(items=[MessageView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/tickets/{ticket_id}/notes")
async def read_notes(ticket_id: UUID, call: Teammate, limit: Limit = None, cursor: Cursor = None) -> Page[NoteView]:
    """What support, product and engineering noted for themselves, the oldest first."""
    await read(call, ticket_id)
    async with call.query() as connection:
        page = await list_notes(connection, ticket_id, limit=limit, cursor=cursor)
    return Page(items=[NoteView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/tickets/{ticket_id}/timeline")
async def read_timeline(
    ticket_id: UUID, call: Reader, limit: Limit = None, cursor: Place = None
) -> Page[TimelineEntry]:
    """Everything that happened to the ticket, in order."""
    await read(call, ticket_id)
    most, after = limit or DEFAULT_LIMIT, int(cursor or 0)
    facts = await facts_since(call.runtime.store, f"ticket-{ticket_id}", BEGINNING, after=after, limit=most + 1)
    items = [
        TimelineEntry(
            version=fact.version,
            event=event_name(type(fact.event)),
            summary=telling.summary(fact.event),
            customer_knows=isinstance(fact.event, telling.CUSTOMER_KNOWS),
            occurred_at=fact.time,
            recorded_at=fact.recorded_at,
            actor=fact.actor,
            caused_by=fact.causation_id,
        )
        for fact in facts[:most]
        if not isinstance(fact.event, telling.UNTOLD)
    ]
    return Page(items=items, next=str(facts[most - 1].version) if len(facts) > most else None)


@routes.get("/tickets/{ticket_id}/customer-view")
async def read_customer_view(ticket_id: UUID, call: Reader) -> CustomerView:
    """The ticket as its customer sees it."""
    view = await read(call, ticket_id)
    async with call.query() as connection:
        said = await messages_with(connection, ticket_id, view.contact_id, view.requester_email)
    return customer_view(view, said)


async def account_name(call: Call, account_id: UUID, given: str | None) -> str:
    """What the account is called: as sales has it, else as given. Raises Refused for one that nobody can name."""
    async with call.query() as connection:
        known = await account_row(connection, account_id)
    name = known["name"] if known else None
    if name is None and given is None:
        raise Refused(
            f"Support does not know an account {account_id}; give its account_name too.",
            rule="account.unknown",
            field="account_id",
        )
    return str(name or given)


async def read(call: Call, ticket_id: UUID) -> TicketView:
    """The ticket as it stands. Raises NotFound."""
    async with call.query() as connection:
        row = await ticket_row(connection, ticket_id)
    if row is None:
        raise _unknown(ticket_id)
    return TicketView.model_validate(row)


async def _read_as_of(call: Call, ticket_id: UUID, as_of: AsOf) -> TicketView:
    """The same row, made of the events that count for that time."""
    facts = [fact for fact in await facts_of(call.runtime.store, f"ticket-{ticket_id}") if as_of.covers(fact)]
    rows: list[Any] = rows_after(ticket_list, facts)
    if not rows or rows[0]["reference"] is None:
        raise NotFound(f"There was no ticket {ticket_id} at that time.", rule="ticket.unknown")
    return as_it_stood(rows[0])


def _waiting(row: Any, call: Call) -> WaitingView:
    waited = call.now - row["waiting_since"]
    return WaitingView.model_validate({**row, "waiting_minutes": max(0, int(waited.total_seconds() // 60))})


def _unknown(ticket_id: UUID) -> NotFound:
    return NotFound(f"There is no ticket {ticket_id}.", rule="ticket.unknown")
