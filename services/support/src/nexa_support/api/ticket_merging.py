"""Two tickets become one, one becomes two, and both can be undone."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound
from nexa_support.aggregates import ticket
from nexa_support.api.access import Agent
from nexa_support.api.bodies import Body, Optional, Word
from nexa_support.api.ticket_view import TicketView
from nexa_support.api.ticket_work import executed
from nexa_support.api.tickets import read
from nexa_support.read_models.conversation import texts_of
from nexa_support.ticket import reaching
from nexa_support.ticket.commands import (
    AbsorbTicket,
    MergeTicket,
    ReleaseTicket,
    SplitTicket,
    SubmitTicket,
    UndoSplit,
    UnmergeTicket,
)
from nexa_support.ticket.reference import reference_of
from nexa_support.ticket.state import Merged, Ticket

routes = APIRouter(tags=["merging tickets"])


class MergeBody(Body):
    into_id: UUID = Field(description="The ticket in which it goes on.")


class UnmergeBody(Body):
    reason: Optional = ""


class SplitBody(Body):
    reply_ids: list[UUID] = Field(min_length=1, max_length=100, description="Messages that were written in here.")
    subject: Word = Field(description="Of the new ticket.")


class UndoSplitBody(Body):
    new_ticket_id: UUID


class SplitView(BaseModel):
    """Both tickets after a split."""

    ticket: TicketView
    new_ticket: TicketView


@routes.post("/tickets/{ticket_id}/merge")
async def merge(ticket_id: UUID, body: MergeBody, call: Agent, response: Response) -> TicketView:
    """It is the same matter: the ticket goes on in the other one."""
    into = MergeTicket(ticket_id=ticket_id, into_id=body.into_id, into_reference=reference_of(body.into_id))
    return await executed(call, response, ticket_id, into, AbsorbTicket(ticket_id=body.into_id, from_id=ticket_id))


@routes.post("/tickets/{ticket_id}/unmerge")
async def unmerge(ticket_id: UUID, body: UnmergeBody, call: Agent, response: Response) -> TicketView:
    """It was another matter: both tickets are what they were, and messages stay where they were written."""
    loaded = await call.runtime.store.load(ticket, ticket_id)
    reaching.of(loaded.state, ticket_id)
    unmerge = UnmergeTicket(ticket_id=ticket_id, reason=body.reason)
    if not isinstance(loaded.state, Merged):
        return await executed(call, response, ticket_id, unmerge)
    release = ReleaseTicket(ticket_id=loaded.state.into_id, from_id=ticket_id)
    return await executed(call, response, ticket_id, unmerge, release)


@routes.post("/tickets/{ticket_id}/split", status_code=201)
async def split(ticket_id: UUID, body: SplitBody, call: Agent, response: Response) -> SplitView:
    """These messages are another matter: they become a ticket of their own."""
    loaded = await call.runtime.store.load(ticket, ticket_id)
    known = reaching.here(loaded.state, ticket_id).ticket
    async with call.query() as connection:
        texts = await texts_of(connection, body.reply_ids)
    if not texts:
        raise NotFound("None of these messages is there.", rule="ticket.split")
    new_id = call.new_id("split")
    out = SplitTicket(ticket_id=ticket_id, new_ticket_id=new_id, reply_ids=tuple(body.reply_ids))
    new = _taken_out(known, new_id, body.subject, "\n\n".join(texts))
    view = await executed(call, response, ticket_id, out, new)
    return SplitView(ticket=view, new_ticket=await read(call, new_id))


@routes.post("/tickets/{ticket_id}/split/undo")
async def undo_split(ticket_id: UUID, body: UndoSplitBody, call: Agent, response: Response) -> TicketView:
    """It was one matter: the messages come back, and the other ticket goes on in this one."""
    new_id = body.new_ticket_id
    back = UndoSplit(ticket_id=ticket_id, new_ticket_id=new_id)
    into = MergeTicket(ticket_id=new_id, into_id=ticket_id, into_reference=reference_of(ticket_id))
    return await executed(call, response, ticket_id, back, into, AbsorbTicket(ticket_id=ticket_id, from_id=new_id))


def _taken_out(known: Ticket, new_id: UUID, subject: str, text: str) -> SubmitTicket:
    submitted = known.submitted
    return SubmitTicket(
        ticket_id=new_id,
        subject=subject,
        description=text,
        channel=submitted.channel,
        requester=submitted.requester,
        account_id=known.account_id,
        account_name=known.account_name,
        product_version=submitted.product_version,
        language=submitted.language,
        split_from=known.ticket_id,
    )
