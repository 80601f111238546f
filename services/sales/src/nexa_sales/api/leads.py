"""Leads over HTTP: lists, the queue, the lead page, and what a rep or manager does with a lead."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.sales import LeadConverted
from nexa_contracts.values import Band
from nexa_sales.api.bodies import (
    Amount,
    Body,
    Cursor,
    Limit,
    Manager,
    Mine,
    Reader,
    Salesperson,
    Text,
    not_negative,
    whose,
)
from nexa_sales.api.lead_views import LeadPage, LeadRow, LeadStatus, WaitingLead, lead_page, lead_row, waiting_lead
from nexa_sales.assignment.commands import DisqualifyLead, ReassignLead, RecycleLead
from nexa_sales.conversion import Conversion, convert
from nexa_sales.read_models.lead_page import lead_rows
from nexa_sales.read_models.where_leads_stand import list_leads
from nexa_sales.read_models.who_is_waiting_for_a_rep import queue

routes = APIRouter(tags=["leads"])


class ConvertBody(Body):
    amount: Amount
    deal_name: Text | None = Field(default=None, description="The account's name unless given.", examples=["Acme Corp"])
    company: Text | None = Field(
        default=None, description="Where marketing's record has none, or a wrong one. It finds or makes the account."
    )


class Converted(BaseModel):
    """What the lead became."""

    lead_id: UUID
    version: int
    contact_id: UUID
    account_id: UUID
    account_matched: bool = Field(description="The account was there before.")
    deal_id: UUID


class DisqualifyBody(Body):
    reason: Text = Field(examples=["Student, no budget"])
    recycle_at: AwareDatetime | None = Field(
        default=None, description="When it comes back to sales, to be routed anew; null: not by itself."
    )


class ReassignBody(Body):
    rep_id: UUID
    reason: Text = Field(examples=["Knows the company"])


class LeadChanged(BaseModel):
    lead_id: UUID
    version: int


@routes.get("/leads")
async def leads(
    call: Reader,
    mine: Mine = False,
    rep_id: UUID | None = None,
    band: Annotated[Band | None, Query(description="The band it was routed by.")] = None,
    status: LeadStatus | None = None,
    campaign_id: UUID | None = None,
    import_id: UUID | None = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[LeadRow]:
    """Leads that sales has routed, those that changed hands last first."""
    async with call.query() as connection:
        page = await list_leads(
            connection,
            rep_id=await whose(connection, call, mine, rep_id),
            band=band,
            status=status,
            campaign_id=campaign_id,
            import_id=import_id,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[lead_row(row) for row in page.items], next=page.next)


@routes.get("/leads/waiting")
async def waiting(
    call: Reader,
    band: Band | None = None,
    alerted: Annotated[bool | None, Query(description="Only those that have, or have not, waited too long.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[WaitingLead]:
    """Leads that nobody could take, the longest waiting first, with the reason and their age in seconds."""
    async with call.query() as connection:
        page = await queue(connection, band, alerted, limit=limit, cursor=cursor)
    return Page(items=[waiting_lead(row, call.now) for row in page.items], next=page.next)


@routes.get("/leads/{lead_id}")
async def read_lead(lead_id: UUID, call: Reader, response: Response) -> LeadPage:
    """The lead page: score and factors, engagement, recommendation, why this rep, tasks and timeline, in one answer."""
    rows = await lead_rows(call, lead_id)
    if rows is None:
        raise NotFound(
            f"Sales does not know a lead {lead_id}; a new one comes here within seconds.", rule="lead.unknown"
        )
    page = lead_page(lead_id, rows, call.now)
    call.etag(response, page.version)
    return page


@routes.post("/leads/{lead_id}/convert", status_code=201)
async def convert_lead(lead_id: UUID, body: ConvertBody, call: Salesperson, response: Response) -> Converted:
    """The lead becomes a contact, of a new account or the one of its company, with a deal in stage qualification."""
    amount = not_negative(body.amount, "amount")
    assert amount is not None
    done = await convert(call, Conversion(lead_id, amount, body.deal_name, body.company))
    version = done.version_of(f"assignment-{lead_id}")
    call.etag(response, version)
    converted = next(fact.event for fact in done.facts if isinstance(fact.event, LeadConverted))
    made: dict[str, Any] = converted.model_dump(include=set(Converted.model_fields))
    return Converted.model_validate({**made, "version": version})


@routes.post("/leads/{lead_id}/disqualify")
async def disqualify_lead(lead_id: UUID, body: DisqualifyBody, call: Salesperson, response: Response) -> LeadChanged:
    """The lead is none, for this reason, for good or until a time; its rep has room for another.

    Of a disqualified lead, it changes reason and time.
    """
    command = DisqualifyLead(lead_id=lead_id, reason=body.reason, recycle_at=body.recycle_at)
    return await _executed(call, response, lead_id, command)


@routes.post("/leads/{lead_id}/recycle")
async def recycle_lead(lead_id: UUID, call: Salesperson, response: Response) -> LeadChanged:
    """A disqualified lead comes back now. High and Medium ones are routed anew, Low ones are left to marketing."""
    return await _executed(call, response, lead_id, RecycleLead(lead_id=lead_id))


@routes.post("/leads/{lead_id}/reassign")
async def reassign_lead(lead_id: UUID, body: ReassignBody, call: Manager, response: Response) -> LeadChanged:
    """Give the lead to this rep, whoever has it; its open task goes along."""
    command = ReassignLead(lead_id=lead_id, rep_id=body.rep_id, reason=body.reason)
    return await _executed(call, response, lead_id, command)


async def _executed(call: Call, response: Response, lead_id: UUID, command: object) -> LeadChanged:
    done = await call.execute(command)
    version = done.version_of(f"assignment-{lead_id}")
    call.etag(response, version)
    return LeadChanged(lead_id=lead_id, version=version)
