"""Leads as sales sees them: the page of one, lists, the queue, and what a rep or manager does with a lead."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import NotFound, derive
from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.marketing import CompanySize, LeadSourceKind
from nexa_contracts.sales import DealStage
from nexa_contracts.scoring import FactorPoints
from nexa_contracts.values import Band, Because, Money
from nexa_sales.account.decisions import OpenAccount, account_id_of
from nexa_sales.api.paged import Cursor, Limit, Manager, Reader, Seller
from nexa_sales.api.tasks import TaskView
from nexa_sales.assignment.decisions import ConvertLead, DisqualifyLead, ReassignLead
from nexa_sales.contact.decisions import AddContact
from nexa_sales.deal.decisions import OpenDeal
from nexa_sales.read_models.accounts_and_contacts import accounts
from nexa_sales.read_models.follow_ups_due import tasks
from nexa_sales.read_models.lead_page import assignments, sales_timeline
from nexa_sales.read_models.rep_desk import rep_desk
from nexa_sales.read_models.what_is_known_of_a_lead import known_leads, lead_timeline
from nexa_sales.read_models.who_is_waiting_for_a_rep import waiting_leads

routes = APIRouter(tags=["leads"])

Status = Literal["assigned", "waiting", "nurture", "converted", "closed"]


class LeadView(BaseModel):
    """A lead in a list."""

    model_config = ConfigDict(from_attributes=True)

    lead_id: UUID
    status: Status
    rep_id: UUID | None
    campaign_id: UUID | None
    band: Band | None
    score: int | None
    first_name: str | None
    last_name: str | None
    company: str | None
    title: str | None
    deal_id: UUID | None
    changed_at: datetime


class Entry(BaseModel):
    """Something that happened to the lead. `recorded_at` is later than `happened_at` for what was entered late."""

    model_config = ConfigDict(from_attributes=True)

    event_id: str
    happened_at: datetime
    recorded_at: datetime
    actor: str
    summary: str


class Engaged(BaseModel):
    registered_early: bool
    attended: bool
    questions_asked: int
    content_downloaded: list[str]
    further_downloads: int = Field(description="Downloads reported since the profile was last given.")
    emails_opened: int
    emails_clicked: int
    pricing_visits: int


class LeadPage(BaseModel):
    """All that a rep needs before a call, in one answer."""

    lead_id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    company: str | None
    title: str | None
    company_size: CompanySize | None
    country: str | None
    campaign_name: str | None
    source_label: str | None
    source_kind: LeadSourceKind | None
    attributes: dict[str, str]
    engagement: Engaged
    unsubscribed: bool
    score: int | None = Field(description="Null until scoring has seen the lead.")
    band: Band | None
    factors: list[FactorPoints]
    recommendation: str | None
    status: Status | None = Field(description="Null until the lead has been routed.")
    rep_id: UUID | None
    rep_name: str | None
    reason: str | None = Field(description="What brought the lead to where it is.")
    because: Because | None = Field(description="Why this rep, and why each other candidate was not taken.")
    deal_id: UUID | None
    tasks: list[TaskView]
    timeline: list[Entry] = Field(description="The latest first, at most 200.")


class WaitingLead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    lead_id: UUID
    campaign_id: UUID
    band: Band
    score: int
    reason: str = Field(description="Why nobody could take it.")
    since: datetime
    waiting_seconds: float


class ConvertBody(BaseModel):
    """What a lead becomes. The account is the company's, matched by its name or new."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    amount: Money
    deal_name: str | None = Field(default=None, max_length=200, description="Default: the company's name.")
    company: str | None = Field(
        default=None, max_length=200, description="Where marketing's record has none, or a wrong one."
    )


class Conversion(BaseModel):
    lead_id: UUID
    contact_id: UUID
    account_id: UUID
    account_matched: bool = Field(description="The account was there before.")
    deal_id: UUID
    stage: DealStage


class ReasonBody(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(min_length=1, max_length=2_000)


class ReassignBody(ReasonBody):
    rep_id: UUID


@routes.get("/leads")
async def list_leads(
    call: Reader,
    rep_id: UUID | None = None,
    status: Status | None = None,
    band: Band | None = None,
    campaign_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LeadView]:
    """Routed leads, those that changed last first."""
    query = select(
        assignments,
        known_leads.c.first_name,
        known_leads.c.last_name,
        known_leads.c.company,
        known_leads.c.title,
    ).join_from(assignments, known_leads, known_leads.c.lead_id == assignments.c.lead_id, isouter=True)
    for name, wanted in (("rep_id", rep_id), ("status", status), ("band", band), ("campaign_id", campaign_id)):
        if wanted is not None:
            query = query.where(assignments.c[name] == wanted)
    async with call.query() as connection:
        order = [assignments.c.changed_at.desc(), assignments.c.lead_id]
        page = await paginate(connection, query, order=order, limit=limit, cursor=cursor)
    return Page(items=[LeadView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/leads/waiting")
async def list_waiting(call: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[WaitingLead]:
    """Leads that nobody could take, the longest waiting first, with why."""
    async with call.query() as connection:
        order = [waiting_leads.c.since, waiting_leads.c.lead_id]
        page = await paginate(connection, select(waiting_leads), order=order, limit=limit, cursor=cursor)
    now = call.now
    items = [
        WaitingLead.model_validate({**row, "waiting_seconds": (now - row["since"]).total_seconds()})
        for row in page.items
    ]
    return Page(items=items, next=page.next)


@routes.get("/leads/{lead_id}")
async def lead_page(lead_id: UUID, call: Reader, response: Response) -> LeadPage:
    """The page of one lead: score and factors, engagement, recommendation, why this rep, tasks, timeline."""
    async with call.query() as connection:
        known = await _row(connection, known_leads, lead_id)
        assigned = await _row(connection, assignments, lead_id)
        if not known and not assigned:
            raise _unknown(lead_id)
        rep_name = await connection.scalar(select(rep_desk.c.name).where(rep_desk.c.rep_id == assigned.get("rep_id")))
        work = select(tasks).where(tasks.c.lead_id == lead_id).order_by(tasks.c.due_at)
        entries = union_all(
            select(sales_timeline).where(sales_timeline.c.lead_id == lead_id),
            select(lead_timeline).where(lead_timeline.c.lead_id == lead_id),
        ).subquery()
        latest = select(entries).order_by(
            entries.c.happened_at.desc(), entries.c.recorded_at.desc(), entries.c.event_id
        )
        open_tasks = [TaskView.model_validate(row) for row in await connection.execute(work)]
        timeline = [Entry.model_validate(row) for row in await connection.execute(latest.limit(200))]
    call.etag(response, assigned.get("version") or 0)
    return LeadPage(
        lead_id=lead_id,
        engagement=_engaged(known),
        attributes=known.get("attributes") or {},
        unsubscribed=bool(known.get("unsubscribed")),
        factors=[FactorPoints.model_validate(each) for each in known.get("factors") or ()],
        status=assigned.get("status"),
        rep_id=assigned.get("rep_id"),
        rep_name=rep_name,
        reason=assigned.get("reason"),
        because=assigned.get("because"),
        deal_id=assigned.get("deal_id"),
        tasks=open_tasks,
        timeline=timeline,
        **{name: known.get(name) for name in PROFILE},
    )


PROFILE = (
    *("first_name", "last_name", "email", "phone", "company", "title", "company_size", "country"),
    *("campaign_name", "source_label", "source_kind", "score", "band", "recommendation"),
)


def _engaged(known: dict[str, Any]) -> Engaged:
    return Engaged(
        registered_early=bool(known.get("registered_early")),
        attended=bool(known.get("attended")),
        questions_asked=known.get("questions_asked") or 0,
        content_downloaded=known.get("content_downloaded") or [],
        further_downloads=known.get("downloads_since") or 0,
        emails_opened=known.get("emails_opened") or 0,
        emails_clicked=known.get("emails_clicked") or 0,
        pricing_visits=known.get("pricing_visits") or 0,
    )


@routes.post("/leads/{lead_id}/convert", status_code=201)
async def convert(lead_id: UUID, body: ConvertBody, call: Seller) -> Conversion:
    """Make a contact, an account (or match one) and a deal in stage Qualification of a lead, all or none."""
    async with call.query() as connection:
        known = await _row(connection, known_leads, lead_id)
        company = body.company or known.get("company") or _full_name(known)
        account_id = account_id_of(company)
        matched = await connection.scalar(select(accounts.c.account_id).where(accounts.c.account_id == account_id))
    if not known:
        raise _unknown(lead_id)
    contact_id, deal_id = derive(lead_id, "contact"), derive(lead_id, "deal")
    done = await call.execute(
        ConvertLead(
            lead_id=lead_id,
            contact_id=contact_id,
            account_id=account_id,
            account_matched=matched is not None,
            deal_id=deal_id,
            amount=body.amount,
        ),
        OpenAccount(account_id=account_id, name=company, country=known["country"], company_size=known["company_size"]),
        AddContact(
            contact_id=contact_id,
            account_id=account_id,
            lead_id=lead_id,
            first_name=known["first_name"],
            last_name=known["last_name"],
            email=known["email"],
            phone=known["phone"],
            title=known["title"],
        ),
        OpenDeal(
            deal_id=deal_id,
            account_id=account_id,
            primary_contact_id=contact_id,
            lead_id=lead_id,
            campaign_id=known["campaign_id"],
            rep_id=await _rep_of(call, lead_id),
            name=body.deal_name or company,
            amount=body.amount,
            source_label=known["source_label"] or "",
            source_kind=LeadSourceKind(known["source_kind"]),
        ),
    )
    first_time = any(fact.stream == f"account-{account_id}" for fact in done.facts)
    return Conversion(
        lead_id=lead_id,
        contact_id=contact_id,
        account_id=account_id,
        account_matched=not first_time,
        deal_id=deal_id,
        stage=DealStage.QUALIFICATION,
    )


@routes.post("/leads/{lead_id}/disqualify")
async def disqualify(lead_id: UUID, body: ReasonBody, call: Seller, response: Response) -> LeadPage:
    """Say that the lead is none, and why. Its tasks end."""
    await call.execute(DisqualifyLead(lead_id=lead_id, reason=body.reason))
    return await lead_page(lead_id, call, response)


@routes.post("/leads/{lead_id}/reassign")
async def reassign(lead_id: UUID, body: ReassignBody, call: Manager, response: Response) -> LeadPage:
    """Give the lead, and its open task, to this rep."""
    await call.execute(ReassignLead(lead_id=lead_id, rep_id=body.rep_id, reason=body.reason))
    return await lead_page(lead_id, call, response)


async def _rep_of(call: Seller, lead_id: UUID) -> UUID | None:
    async with call.query() as connection:
        rep_id: UUID | None = await connection.scalar(
            select(assignments.c.rep_id).where(assignments.c.lead_id == lead_id)
        )
    return rep_id


async def _row(connection: AsyncConnection, table: Any, lead_id: UUID) -> dict[str, Any]:
    row = (await connection.execute(select(table).where(table.c.lead_id == lead_id))).mappings().first()
    return dict(row) if row else {}


def _full_name(known: dict[str, Any]) -> str:
    return " ".join(part for part in (known.get("first_name"), known.get("last_name")) if part) or "Unnamed"


def _unknown(lead_id: UUID) -> NotFound:
    return NotFound(
        f"Sales does not know a lead {lead_id}; one that marketing has just created comes here within seconds.",
        rule="lead.unknown",
    )
