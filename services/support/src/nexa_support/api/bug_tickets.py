"""The tickets of a bug over HTTP: those that report it, and those that may."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from nexa_chassis.history import AsOf
from nexa_chassis.http.paging import Page
from nexa_contracts.support import TicketStatus
from nexa_support.api.access import Reader, Teammate
from nexa_support.api.bodies import Body, Cursor, Limit, who
from nexa_support.api.bug_view import LinkedTicket, linked, read_bug
from nexa_support.api.bugs import MOST_TICKETS, check_tickets
from nexa_support.read_models.bug_reports import page_of_reported, reported
from nexa_support.read_models.similar_tickets import suggested
from nexa_support.ticket.commands import LinkBug

routes = APIRouter(tags=["bugs"])


class TicketsBody(Body):
    ticket_ids: list[UUID] = Field(min_length=1, max_length=MOST_TICKETS)


class LinkedView(BaseModel):
    """`linked`: how many of them were not linked before."""

    linked: int


class SuggestionView(BaseModel):
    """A ticket that may be about the bug, and why."""

    ticket_id: UUID
    reference: str
    subject: str
    account_id: UUID | None
    account_name: str | None
    status: TicketStatus
    product_version: str | None
    submitted_at: datetime
    reasons: list[str]


@routes.get("/bugs/{bug_id}/tickets")
async def tickets(bug_id: UUID, call: Reader, limit: Limit = None, cursor: Cursor = None) -> Page[LinkedTicket]:
    """The tickets that report it now."""
    await read_bug(call, bug_id)
    async with call.query() as connection:
        page = await page_of_reported(connection, bug_id, limit=limit, cursor=cursor)
    return Page(items=await linked(call, page.items), next=page.next)


@routes.post("/bugs/{bug_id}/tickets")
async def link_tickets(bug_id: UUID, body: TicketsBody, call: Teammate) -> LinkedView:
    """These tickets are about the bug; those that were about another one are not any more."""
    await read_bug(call, bug_id)
    await check_tickets(call, body.ticket_ids)
    person = await who(call)
    because = f"said by {person.name if person else call.actor}"
    ticket_ids = list(dict.fromkeys(body.ticket_ids))
    commands = [LinkBug(ticket_id=ticket_id, bug_id=bug_id, because=because) for ticket_id in ticket_ids]
    done = await call.execute(*commands)
    return LinkedView(linked=len({fact.stream for fact in done.facts}))


@routes.get("/bugs/{bug_id}/suggestions")
async def suggestions(bug_id: UUID, call: Reader) -> list[SuggestionView]:
    """Tickets of the last 90 days that are about no bug and may be about this one, at most 100; the likeliest first."""
    bug = await read_bug(call, bug_id)
    async with call.query() as connection:
        known = [each.ticket_id for each in await reported(connection, bug_id, AsOf())]
        found = await suggested(connection, bug.model_dump(), known, call.now)
    return [
        SuggestionView.model_validate(
            {**each.ticket, "status": each.ticket["work_status"], "reasons": list(each.reasons)}
        )
        for each in found
    ]
