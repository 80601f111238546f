"""Working on a ticket over HTTP: saying something, judging it, handing it on, settling it."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from nexa_chassis.domain import Refused
from nexa_chassis.http.call import Call
from nexa_contracts.support import Channel, Severity, TicketPriority, TicketStatus
from nexa_support.aggregates import ticket
from nexa_support.api.access import Agent, Submitter, Teammate
from nexa_support.api.bodies import Body, LongText, Moment, Optional, Text, Word, who
from nexa_support.api.bug_view import check_bug
from nexa_support.api.ticket_view import TicketView
from nexa_support.api.tickets import account_name, read
from nexa_support.ticket import reaching
from nexa_support.ticket.commands import (
    AcknowledgeBug,
    AddNote,
    AddReply,
    AssignTicket,
    ChangeStatus,
    CorrectTicket,
    EscalateTicket,
    FindAccount,
    LinkBug,
    PrioritiseTicket,
    ReopenTicket,
    ResolveTicket,
    RouteTicket,
    UnlinkBug,
)

routes = APIRouter(tags=["work on tickets"])


ByHand = Literal[TicketStatus.OPEN, TicketStatus.IN_PROGRESS, TicketStatus.WAITING_FOR_CUSTOMER, TicketStatus.CLOSED]


class ReplyBody(Body):
    text: LongText
    from_customer: bool = Field(default=False, description="Whether the customer said it, by chat or phone.")
    author: Word | None = Field(default=None, description="Who said it; without: the requester, or the caller.")
    channel: Channel = Field(default=Channel.EMAIL, description="How it goes out or came in.")
    then: ByHand | None = Field(
        default=None, description="Where the work stands after it, such as waiting_for_customer."
    )


class NoteBody(Body):
    text: LongText = Field(examples=["Reproduced: Dashboard, Contacts, Export, CSV. Missing dependency."])
    next_steps: Optional = Field(default="", examples=["Escalate to engineering immediately"])


class StatusBody(Body):
    status: ByHand = Field(description="The others come by acts of their own: escalate, resolve, merge.")
    reason: Optional = ""


class PriorityBody(Body):
    priority: TicketPriority
    severity: Severity
    reason: Text = Field(examples=["A customer before go-live"])


class AssignBody(Body):
    agent_id: UUID
    reason: Text = Field(examples=["Knows the customer"])


class EscalateBody(Body):
    escalated_to: Word = Field(examples=["engineering_team"])
    reason: Text = Field(examples=["Reproduced; blocks core functionality"])


class CorrectBody(Body):
    field: Word = Field(description="type, priority, severity, feature, sentiment or urgency.")
    value: Word = Field(examples=["data_export"])
    reason: Optional = ""


class LinkBody(Body):
    bug_id: UUID


class UnlinkBody(Body):
    bug_id: UUID
    reason: Text


class AcknowledgeBody(Body):
    status: Word = Field(examples=["In Progress"])
    priority: Word = Field(examples=["Critical (P1)"])
    eta: Word = Field(examples=["Fix deployed within 24 hours"])
    eta_at: Moment | None = Field(default=None, description="When it should be fixed.")
    workaround: Optional = Field(default="", examples=["Use JSON export temporarily"])


class ResolveBody(Body):
    resolution: Text = Field(examples=["The filter was set to archived contacts"])
    tell_customer: bool = True


class ReasonBody(Body):
    reason: Text


class AccountBody(Body):
    account_id: UUID = Field(description="Whose it is.")
    account_name: Word | None = Field(default=None, description="Without it, as sales has it.")
    because: Word = Field(default="said by an agent", description="How that is known.")


@routes.post("/tickets/{ticket_id}/reply")
async def reply(ticket_id: UUID, body: ReplyBody, call: Submitter, response: Response) -> TicketView:
    """Say something that the customer sees, or write down what the customer said."""
    person = await who(call)
    known = await read(call, ticket_id)
    speaker = known.requester_name if body.from_customer else (person.name if person else call.actor)
    command = AddReply(
        ticket_id=ticket_id,
        reply_id=call.new_id("reply"),
        from_customer=body.from_customer,
        author=body.author or speaker,
        text=body.text,
        channel=body.channel,
        by_agent=person.agent_id if person and not body.from_customer else None,
    )
    then = [ChangeStatus(ticket_id=ticket_id, status=body.then)] if body.then else []
    return await executed(call, response, ticket_id, command, *then)


@routes.post("/tickets/{ticket_id}/notes")
async def add_note(ticket_id: UUID, body: NoteBody, call: Teammate, response: Response) -> TicketView:
    """Note something that no customer ever sees."""
    person = await who(call)
    command = AddNote(
        ticket_id=ticket_id,
        note_id=call.new_id("note"),
        author=person.name if person else call.actor,
        text=body.text,
        next_steps=body.next_steps,
    )
    return await executed(call, response, ticket_id, command)


@routes.post("/tickets/{ticket_id}/status")
async def change_status(ticket_id: UUID, body: StatusBody, call: Agent, response: Response) -> TicketView:
    """Say where the work stands."""
    command = ChangeStatus(ticket_id=ticket_id, status=body.status, reason=body.reason)
    return await executed(call, response, ticket_id, command)


@routes.post("/tickets/{ticket_id}/priority")
async def prioritise(ticket_id: UUID, body: PriorityBody, call: Agent, response: Response) -> TicketView:
    """Say how soon it matters and how badly; no analysis changes that any more."""
    command = PrioritiseTicket(ticket_id=ticket_id, priority=body.priority, severity=body.severity, reason=body.reason)
    return await executed(call, response, ticket_id, command)


@routes.post("/tickets/{ticket_id}/assign")
async def assign(ticket_id: UUID, body: AssignBody, call: Agent, response: Response) -> TicketView:
    """Give it to a person, whatever their load."""
    command = AssignTicket(ticket_id=ticket_id, agent_id=body.agent_id, reason=body.reason)
    return await executed(call, response, ticket_id, command)


@routes.post("/tickets/{ticket_id}/route")
async def route(ticket_id: UUID, call: Agent, response: Response) -> TicketView:
    """Offer it to the desk now, where nobody has it."""
    return await executed(call, response, ticket_id, RouteTicket(ticket_id=ticket_id))


@routes.post("/tickets/{ticket_id}/escalate")
async def escalate(ticket_id: UUID, body: EscalateBody, call: Agent, response: Response) -> TicketView:
    """Support alone cannot solve it: priority critical, severity p1."""
    command = EscalateTicket(ticket_id=ticket_id, escalated_to=body.escalated_to, reason=body.reason)
    return await executed(call, response, ticket_id, command)


@routes.post("/tickets/{ticket_id}/correct")
async def correct(ticket_id: UUID, body: CorrectBody, call: Teammate, response: Response) -> TicketView:
    """Say otherwise than the analysis; it is kept as a label, and no later analysis changes it."""
    command = CorrectTicket(
        ticket_id=ticket_id, field=body.field, value=body.value, by=await who(call), reason=body.reason
    )
    return await executed(call, response, ticket_id, command)


@routes.post("/tickets/{ticket_id}/link")
async def link(ticket_id: UUID, body: LinkBody, call: Teammate, response: Response) -> TicketView:
    """The ticket is about this bug; if it was about another one, it is not any more."""
    await check_bug(call, body.bug_id)
    person = await who(call)
    because = f"said by {person.name if person else call.actor}"
    return await executed(call, response, ticket_id, LinkBug(ticket_id=ticket_id, bug_id=body.bug_id, because=because))


@routes.post("/tickets/{ticket_id}/unlink")
async def unlink(ticket_id: UUID, body: UnlinkBody, call: Teammate, response: Response) -> TicketView:
    """The ticket is not about this bug after all."""
    command = UnlinkBug(ticket_id=ticket_id, bug_id=body.bug_id, reason=body.reason)
    return await executed(call, response, ticket_id, command)


@routes.post("/tickets/{ticket_id}/acknowledge")
async def acknowledge(ticket_id: UUID, body: AcknowledgeBody, call: Agent, response: Response) -> TicketView:
    """Tell the customer how their bug stands, by when it will be fixed and what helps meanwhile."""
    loaded = await call.runtime.store.load(ticket, ticket_id)
    bug_id = reaching.at_work(loaded.state, ticket_id).ticket.bug_id
    if bug_id is None:
        raise Refused("The ticket is about no bug yet; link one first.", rule="ticket.no_bug")
    command = AcknowledgeBug(
        ticket_id=ticket_id,
        bug_id=bug_id,
        status=body.status,
        priority=body.priority,
        eta=body.eta,
        eta_at=body.eta_at,
        workaround=body.workaround,
    )
    return await executed(call, response, ticket_id, command)


@routes.post("/tickets/{ticket_id}/resolve")
async def resolve(ticket_id: UUID, body: ResolveBody, call: Agent, response: Response) -> TicketView:
    """Settle it; the customer is told."""
    loaded = await call.runtime.store.load(ticket, ticket_id)
    reaching.here(loaded.state, ticket_id)
    command = ResolveTicket(ticket_id=ticket_id, resolution=body.resolution, tell_customer=body.tell_customer)
    return await executed(call, response, ticket_id, command)


@routes.post("/tickets/{ticket_id}/reopen")
async def reopen(ticket_id: UUID, body: ReasonBody, call: Agent, response: Response) -> TicketView:
    """It is not settled after all."""
    return await executed(call, response, ticket_id, ReopenTicket(ticket_id=ticket_id, reason=body.reason))


@routes.post("/tickets/{ticket_id}/account")
async def set_account(ticket_id: UUID, body: AccountBody, call: Agent, response: Response) -> TicketView:
    """Say whose ticket it is."""
    name = await account_name(call, body.account_id, body.account_name)
    command = FindAccount(ticket_id=ticket_id, account_id=body.account_id, account_name=name, because=body.because)
    return await executed(call, response, ticket_id, command)


async def executed(call: Call, response: Response, ticket_id: UUID, *commands: object) -> TicketView:
    """The ticket after these commands, which are one transaction."""
    done = await call.execute(*commands)
    call.etag(response, done.version_of(f"ticket-{ticket_id}"))
    return await read(call, ticket_id)
