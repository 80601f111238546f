"""Leads over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints
from sqlalchemy import ColumnElement, Select, select

from nexa_chassis.conflicts import ConcurrencyConflict, VersionMismatch
from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page, paginate
from nexa_contracts.marketing import CompanySize, Engagement, EngagementKind, LeadSourceKind
from nexa_marketing.api.bodies import Body
from nexa_marketing.api.campaigns import Marketer, load_campaign
from nexa_marketing.campaign.state import Plan
from nexa_marketing.lead.decisions import ChangeLead, EngageLead, RegisterLead, UnsubscribeLead, WithdrawLead, lead
from nexa_marketing.lead.normalise import company_size_of, country_of, in_audience
from nexa_marketing.lead.state import Active, LeadOrigin, NoLead, Profile, Withdrawn
from nexa_marketing.lead_import import match_keys
from nexa_marketing.lead_import.interpret import EMAIL_KEY, MatchKey
from nexa_marketing.lead_import.ledger import Outcome
from nexa_marketing.lead_import.tables import import_rows
from nexa_marketing.lead_import.values import Unclear, email_of
from nexa_marketing.read_models.lead_list import leads

routes = APIRouter(tags=["leads"])

Text = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]


class Person(Body):
    """What can be told of a lead. A company size is a word or a number of employees, a country its name or code."""

    email: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    phone: Text | None = None
    company: Text | None = None
    title: Text | None = None
    company_size: Text | None = None
    country: Text | None = None
    territory: Text | None = None
    product_interest: Text | None = None


class NewLead(Person):
    campaign_id: UUID
    source_label: Text | None = Field(default=None, description="The campaign's label unless given.")
    source_kind: LeadSourceKind | None = Field(default=None, description="The campaign's type unless given.")
    engagement: Engagement = Engagement()
    attributes: dict[Text, Annotated[str, StringConstraints(max_length=5_000)]] = Field(
        default_factory=dict, max_length=200
    )


class LeadMade(BaseModel):
    lead_id: UUID
    version: int


class EngagementBody(Body):
    kind: EngagementKind
    detail: Annotated[str, StringConstraints(max_length=500)] = ""
    at: AwareDatetime | None = Field(default=None, description="When it happened; now unless given.")
    campaign_id: UUID | None = Field(
        default=None, description="The campaign it was part of; the one that found the lead unless given."
    )


class WithdrawBody(Body):
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class LeadPage(BaseModel):
    lead_id: UUID
    version: int
    status: str = Field(description="active or withdrawn")
    withdrawn_because: str | None
    unsubscribed: bool
    campaign_id: UUID
    campaign_name: str
    campaigns: list[UUID] = Field(description="All campaigns that reached the lead.")
    import_id: UUID | None
    import_line: int | None
    email: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    company: str | None
    title: str | None
    company_size: CompanySize
    country: str | None
    territory: str | None
    product_interest: str | None
    source_label: str
    source_kind: LeadSourceKind
    in_target_audience: bool
    engagement: Engagement
    attributes: dict[str, str]


class LeadRow(BaseModel):
    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None
    import_line: int | None
    email: str | None
    first_name: str | None
    last_name: str | None
    company: str | None
    title: str | None
    company_size: CompanySize
    country: str | None
    source_label: str
    source_kind: LeadSourceKind
    unsubscribed: bool
    withdrawn_because: str | None
    created_at: datetime


@routes.post("/leads", status_code=201)
async def create_lead(body: NewLead, call: Marketer, response: Response) -> LeadMade:
    planned, _ = await load_campaign(call, body.campaign_id)
    told = _told(body)
    lead_id = await _lead_for(call, told.get("email"), call.new_id("lead"))
    profile = _profile(body, told, planned.plan)
    done = await call.execute(RegisterLead(lead_id, LeadOrigin(body.campaign_id, planned.plan.name), profile))
    return _made(call, response, lead_id, done.version_of(f"lead-{lead_id}"))


async def _lead_for(call: Call, email: object, lead_id: UUID) -> UUID:
    """Whose the address is now: this lead's, if it was free."""
    if not isinstance(email, str):
        return lead_id
    return await match_keys.claim_email(call.runtime.store, email, lead_id)


def _profile(body: NewLead, told: dict[str, str | CompanySize | None], plan: Plan) -> Profile:
    size = told.get("company_size")
    profile = Profile(
        **{name: value for name, value in told.items() if isinstance(value, str) and name != "company_size"},
        company_size=size if isinstance(size, CompanySize) else CompanySize.UNKNOWN,
        source_label=body.source_label or plan.source_label or plan.name,
        source_kind=body.source_kind or plan.type,
        engagement=body.engagement,
        attributes=body.attributes,
        in_target_audience=False,
    )
    inside = in_audience(plan.audience, profile.company_size, profile.title, profile.country)
    return Profile(**{**vars(profile), "in_target_audience": inside})


def _told(body: Person) -> dict[str, str | CompanySize | None]:
    """The fields that were sent, in this product's own words. Raises Refused for one that says nothing clear."""
    told: dict[str, str | CompanySize | None] = {
        name: getattr(body, name) for name in Person.model_fields if name in body.model_fields_set
    }
    if body.email is not None:
        try:
            told["email"] = email_of(body.email)
        except Unclear as unclear:
            raise Refused(f"{unclear}.", rule="lead.email", field="email") from None
    if body.country is not None:
        told["country"] = country_of(body.country)
        if told["country"] is None:
            raise Refused(f"{body.country!r} is no country.", rule="lead.country", field="country")
    if "company_size" in told:
        size = company_size_of(body.company_size)
        if body.company_size is not None and size is CompanySize.UNKNOWN and body.company_size != "unknown":
            message = f"{body.company_size!r} is no company size; give enterprise, mid_market, small or a number."
            raise Refused(message, rule="lead.company_size", field="company_size")
        told["company_size"] = size
    return told


@routes.get("/leads")
async def list_leads(
    call: Marketer,
    campaign_id: UUID | None = None,
    import_id: UUID | None = None,
    email: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[LeadRow]:
    """The earliest first; those that an import made in the order of its file."""
    query, order = leads_of(campaign_id, import_id)
    async with call.query() as connection:
        if email is not None:
            key = MatchKey(EMAIL_KEY, email.strip().lower())
            query = query.where(leads.c.lead_id.in_((await match_keys.owners(connection, [key])).values()))
        page = await paginate(connection, query, order=order, limit=limit, cursor=cursor)
    return Page(items=[LeadRow(**row) for row in page.items], next=page.next)


def leads_of(campaign_id: UUID | None, import_id: UUID | None) -> tuple[Select[Any], Sequence[ColumnElement[Any]]]:
    """Leads and their order. Those that an import made are found by its rows, so no import has to keep a further index."""
    query = select(*(leads.c[name] for name in LeadRow.model_fields)).where(leads.c.campaign_id.is_not(None))
    if campaign_id is not None:
        query = query.where(leads.c.campaign_id == campaign_id)
    if import_id is None:
        return query, [leads.c.created_at, leads.c.lead_id]
    row = import_rows.c
    made = (row.import_id == import_id) & ~row.dry & (row.outcome == Outcome.CREATED)
    return query.join(import_rows, row.lead_id == leads.c.lead_id).where(made), [row.line]


@routes.get("/leads/{lead_id}")
async def read_lead(lead_id: UUID, call: Marketer, response: Response) -> LeadPage:
    state, version = await _load(call, lead_id)
    call.etag(response, version)
    active = isinstance(state, Active)
    return LeadPage(
        lead_id=lead_id,
        version=version,
        status="active" if active else "withdrawn",
        withdrawn_because=state.reason if isinstance(state, Withdrawn) else None,
        unsubscribed=isinstance(state, Active) and state.unsubscribed,
        campaigns=sorted(state.campaigns) if isinstance(state, Active) else [state.origin.campaign_id],
        **vars(state.origin),
        **vars(state.profile),
    )


@routes.patch("/leads/{lead_id}")
async def change_lead(lead_id: UUID, body: Person, call: Marketer, response: Response) -> LeadMade:
    state, _ = await _load(call, lead_id)
    planned, _ = await load_campaign(call, state.origin.campaign_id)
    told = _told(body)
    email = told.get("email")
    if isinstance(email, str):
        owner = await _lead_for(call, email, lead_id)
        if owner != lead_id:
            raise Refused(f"The e-mail address belongs to lead {owner}.", rule="lead.known")
    try:
        done = await call.execute(ChangeLead(lead_id, told, planned.plan.audience))
    except (Refused, VersionMismatch, ConcurrencyConflict):
        if isinstance(email, str):
            await _let_go(call, lead_id, email)
        raise
    return _made(call, response, lead_id, done.version_of(f"lead-{lead_id}"))


async def _let_go(call: Call, lead_id: UUID, email: str) -> None:
    """The address is free again, unless it is the lead's."""
    state, _ = await _load(call, lead_id)
    if state.profile.email != email:
        async with call.runtime.engine.begin() as connection:
            await match_keys.release(connection, (), [(lead_id, email)])


@routes.post("/leads/{lead_id}/engagements", status_code=201)
async def engage_lead(lead_id: UUID, body: EngagementBody, call: Marketer, response: Response) -> LeadMade:
    if body.campaign_id is not None:
        await load_campaign(call, body.campaign_id)
    done = await call.execute(EngageLead(lead_id, body.kind, body.at or call.now, body.detail, body.campaign_id))
    return _made(call, response, lead_id, done.version_of(f"lead-{lead_id}"))


@routes.post("/leads/{lead_id}/withdraw")
async def withdraw_lead(lead_id: UUID, body: WithdrawBody, call: Marketer, response: Response) -> LeadMade:
    done = await call.execute(WithdrawLead(lead_id, body.reason))
    return _made(call, response, lead_id, done.version_of(f"lead-{lead_id}"))


@routes.post("/leads/{lead_id}/unsubscribe")
async def unsubscribe_lead(lead_id: UUID, call: Marketer, response: Response) -> LeadMade:
    done = await call.execute(UnsubscribeLead(lead_id))
    return _made(call, response, lead_id, done.version_of(f"lead-{lead_id}"))


async def _load(call: Call, lead_id: UUID) -> tuple[Active | Withdrawn, int]:
    loaded = await call.runtime.store.load(lead, lead_id)
    if isinstance(loaded.state, NoLead):
        raise NotFound(f"There is no lead {lead_id}.", rule="lead.unknown")
    return loaded.state, loaded.version


def _made(call: Call, response: Response, lead_id: UUID, version: int) -> LeadMade:
    call.etag(response, version)
    return LeadMade(lead_id=lead_id, version=version)
