"""What is shown of leads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, Field

from nexa_contracts.marketing import CompanySize, LeadSourceKind
from nexa_contracts.sales import AssignmentReason
from nexa_contracts.scoring import FactorPoints
from nexa_contracts.values import Band, Because
from nexa_sales.api.tasks import TaskView
from nexa_sales.assignment.first_contact import FIRST_CONTACT_WITHIN, Clock
from nexa_sales.read_models.lead_page import LeadRows

LeadStatus: TypeAlias = Literal["new", "assigned", "waiting", "nurture", "converted", "disqualified", "withdrawn"]


class LeadRow(BaseModel):
    """A lead in a list. `band` and `routed_score` are those it was routed by, `score` is the present one."""

    lead_id: UUID
    version: int
    status: LeadStatus
    first_name: str | None
    last_name: str | None
    company: str | None
    title: str | None
    campaign_id: UUID | None
    campaign_name: str | None
    import_id: UUID | None
    band: Band | None
    routed_score: int | None
    score: int | None
    recommendation: str | None
    rep_id: UUID | None
    rep_name: str | None
    worked: bool = Field(description="A rep has been in touch.")
    since: datetime = Field(description="When it came to where it stands.")
    deal_id: UUID | None


class WaitingLead(BaseModel):
    """A lead that waits for a rep."""

    lead_id: UUID
    first_name: str | None
    last_name: str | None
    company: str | None
    campaign_id: UUID
    import_id: UUID | None
    band: Band
    score: int
    territory: str | None
    product_interest: str | None
    reason: str = Field(description="Why nobody could take it.")
    since: datetime
    age_seconds: int
    alert_at: datetime | None = Field(description="When managers are told that it still waits.")
    alerted_at: datetime | None = Field(description="When they were told; null while it is not too long.")


class Engagement(BaseModel):
    registered_early: bool
    attended: bool
    questions_asked: int
    content_downloaded: list[str]
    emails_opened: int
    emails_clicked: int
    pricing_visits: int


class HistoryEntry(BaseModel):
    event_id: str
    event: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    summary: str


class FirstContact(BaseModel):
    """The clock of the first call or mail to a lead. It stops with that, or when the lead is closed."""

    band: Band
    target_seconds: int
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None = Field(description="Null while it runs.")
    used_seconds: int
    breached_at: datetime | None = Field(description="When the target was missed; null if it was met, or still can be.")


class LeadPage(BaseModel):
    """All a rep needs to see of a lead, in one answer. What others have not told yet is null or empty."""

    lead_id: UUID
    version: int
    status: LeadStatus
    reason: str | None = Field(description="Why it waits, or was closed.")
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    company: str | None
    title: str | None
    company_size: CompanySize | None
    country: str | None
    territory: str | None
    product_interest: str | None
    in_target_audience: bool
    attributes: dict[str, str] = Field(description="Columns of the import that no field was mapped to.")
    campaign_id: UUID | None
    campaign_name: str | None
    import_id: UUID | None
    source_label: str | None
    source_kind: LeadSourceKind | None
    score: int | None = Field(description="The present score; null until scoring has seen the lead.")
    band: Band | None = Field(description="The present band.")
    factors: list[FactorPoints] = Field(description="What each factor brought, and why.")
    recommendation: str | None
    rules_version: int | None
    scored_at: datetime | None
    engagement: Engagement
    unsubscribed: bool
    withdrawn_because: str | None
    rep_id: UUID | None
    rep_name: str | None
    routed_band: Band | None = Field(description="The band it was routed by; null before.")
    assigned_because: AssignmentReason | None = Field(description="What brought it to its rep.")
    since: datetime | None = Field(description="When it came to where it stands.")
    because: Because | None = Field(
        description="Why this rep: rule, facts, and why each other candidate was not taken."
    )
    worked: bool = Field(description="A rep has been in touch.")
    first_contact: FirstContact | None = Field(description="Null for a lead that was never to be called.")
    recycle_at: datetime | None = Field(description="When a disqualified lead comes back to sales.")
    round: int | None = Field(description="How often it has come to sales; null before it was routed.")
    tasks: list[TaskView]
    timeline: list[HistoryEntry] = Field(description="In the order in which things happened, the latest 200.")
    account_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None


def lead_row(row: Mapping[str, Any]) -> LeadRow:
    return LeadRow.model_validate({**row, "worked": bool(row["worked"])})


def waiting_lead(row: Mapping[str, Any], now: datetime) -> WaitingLead:
    return WaitingLead.model_validate({**row, "age_seconds": max(0, int((now - row["since"]).total_seconds()))})


PROFILE = (
    *("first_name", "last_name", "email", "phone", "company", "title", "company_size", "country", "territory"),
    *("product_interest", "campaign_name", "score", "band", "recommendation", "rules_version", "scored_at"),
    "withdrawn_because",
)
STANDING = (
    "recycle_at",
    "round",
    "reason",
    "rep_id",
    "rep_name",
    "assigned_because",
    "since",
    "account_id",
    "contact_id",
    "deal_id",
)
EITHER = ("campaign_id", "import_id", "source_label", "source_kind")


def first_contact(row: Mapping[str, Any], now: datetime) -> FirstContact | None:
    if row.get("clock_from") is None:
        return None
    band = Band(row["band"])
    clock = Clock(FIRST_CONTACT_WITHIN[band], row["clock_from"], row["contacted_at"] or row["closed_at"])
    return FirstContact(
        band=band,
        target_seconds=int(clock.target.total_seconds()),
        started_at=clock.started_at,
        due_at=clock.due_at,
        stopped_at=clock.stopped_at,
        used_seconds=int(clock.used(now).total_seconds()),
        breached_at=clock.breached_at(now),
    )


def lead_page(lead_id: UUID, rows: LeadRows, now: datetime) -> LeadPage:
    standing, profile = rows.standing or {}, rows.profile or {}
    shown: dict[str, Any] = {
        "lead_id": lead_id,
        "version": standing.get("version", 0),
        "status": standing.get("status", "new"),
        "routed_band": standing.get("band"),
        "because": rows.because,
        "worked": bool(standing.get("worked")),
        "first_contact": first_contact(standing, now),
        "in_target_audience": bool(profile.get("in_target_audience")),
        "unsubscribed": bool(profile.get("unsubscribed")),
        "attributes": profile.get("attributes") or {},
        "factors": profile.get("factors") or [],
        "engagement": _engagement(profile, rows.downloads),
        "tasks": rows.tasks,
        "timeline": rows.history,
    }
    shown |= {name: profile.get(name) for name in PROFILE}
    shown |= {name: standing.get(name) for name in STANDING}
    shown |= {name: standing.get(name) or profile.get(name) for name in EITHER}
    return LeadPage.model_validate(shown)


def _engagement(profile: Mapping[str, Any], downloads: list[str]) -> dict[str, Any]:
    did = {name: profile.get(name) or 0 for name in Engagement.model_fields if name != "content_downloaded"}
    return {**did, "content_downloaded": downloads}
