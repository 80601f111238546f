"""What marketing tells the others: campaigns, imports, leads, nurture."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.values import Money, Value


class LeadSourceKind(StrEnum):
    """The kind of source that scores; the label a person gave is a field of its own."""

    WEBINAR = "webinar"
    CONTENT = "content"
    REFERRAL = "referral"
    EVENT = "event"
    EMAIL = "email"
    ADVERTISING = "advertising"
    OTHER = "other"


class CompanySize(StrEnum):
    ENTERPRISE = "enterprise"
    MID_MARKET = "mid_market"
    SMALL = "small"
    UNKNOWN = "unknown"


class EngagementKind(StrEnum):
    REGISTERED_EARLY = "registered_early"
    ATTENDED = "attended"
    QUESTION_ASKED = "question_asked"
    CONTENT_DOWNLOADED = "content_downloaded"
    EMAIL_OPENED = "email_opened"
    EMAIL_CLICKED = "email_clicked"
    PRICING_PAGE_VISITED = "pricing_page_visited"


class Audience(Value):
    """Structured criteria of a target audience; a lead is in it when it meets each list that is not empty."""

    company_sizes: tuple[CompanySize, ...] = ()
    titles: tuple[str, ...] = Field(default=(), description="Words, one of which stands in the title.")
    countries: tuple[str, ...] = Field(default=(), description="ISO 3166-1 alpha-2.", examples=[("US", "DE")])


class Engagement(Value):
    """What the lead has done so far, as known when the event was recorded."""

    registered_early: bool = Field(default=False, description="14 days or more before the campaign's start.")
    attended: bool = False
    questions_asked: int = Field(default=0, ge=0)
    content_downloaded: tuple[str, ...] = Field(default=(), examples=[("Product brochure",)])
    emails_opened: int = Field(default=0, ge=0)
    emails_clicked: int = Field(default=0, ge=0)
    pricing_visits: int = Field(default=0, ge=0)


class CampaignFields(Event):
    campaign_id: UUID
    name: str = Field(examples=["Q4 Product Webinar"])
    type: LeadSourceKind = Field(description="Its kind; leads of the campaign have it as their source kind.")
    start_date: date
    goal: str = Field(default="", examples=["Generate 100 qualified leads"])
    budget: Money
    target_audience: str = Field(
        default="", description="For people; scores nothing.", examples=["Enterprise IT Managers"]
    )
    audience: Audience | None = Field(default=None, description="Structured criteria that score.")
    source_label: str = Field(default="", description="Default label of its leads' source.", examples=["Webinar Q4"])


class CampaignCreated(CampaignFields):
    """A campaign was planned."""


class CampaignChanged(CampaignFields):
    """A campaign's fields were changed; all fields as they are now."""

    changed: tuple[str, ...] = Field(description="Names of the fields that changed.")


class BandFigures(Value):
    leads: int = 0
    converted: int = 0


class CampaignMetricsChanged(Event):
    """A campaign's figures, coalesced: the latest stand, not each step."""

    campaign_id: UUID
    leads: int
    high: BandFigures
    medium: BandFigures
    low: BandFigures
    converted: int
    pipeline: Money = Field(description="Sum of the amounts of the campaign's deals, lost ones left out.")
    won_revenue: Money
    cost: Money
    pipeline_multiple: Annotated[Decimal | None, Field(description="Pipeline ÷ cost; null without cost.")] = None
    roi_on_won_revenue: Annotated[
        Decimal | None, Field(description="(Won revenue − cost) ÷ cost; null without cost.")
    ] = None


class LeadImportStarted(Event):
    """The rows of an uploaded file are being imported."""

    import_id: UUID
    campaign_id: UUID
    campaign_name: str
    filename: str
    match_key: str = Field(examples=["email"])


class LeadImportCompleted(Event):
    """Each row of the file is accounted for: total = created + updated + duplicate + rejected."""

    import_id: UUID
    campaign_id: UUID
    campaign_name: str
    total: int
    created: int
    updated: int
    duplicate: int
    rejected: int


class LeadProfile(Event):
    """What is known of a lead; each event carries all of it, so that a reader needs no other."""

    lead_id: UUID
    campaign_id: UUID
    campaign_name: str
    import_id: UUID | None = Field(default=None, description="The import that created the lead, if one did.")
    import_line: int | None = Field(default=None, description="Line of the file, the header being 1.")
    email: Annotated[str | None, Personal()] = Field(default=None, examples=["dana.reyes@acme.example"])
    first_name: Annotated[str | None, Personal()] = Field(default=None, examples=["Dana"])
    last_name: Annotated[str | None, Personal()] = Field(default=None, examples=["Reyes"])
    phone: Annotated[str | None, Personal()] = None
    company: str | None = Field(default=None, examples=["Acme Corp"])
    title: Annotated[str | None, Personal()] = Field(default=None, examples=["IT Director"])
    company_size: CompanySize = CompanySize.UNKNOWN
    country: str | None = Field(
        default=None, description="ISO 3166-1 alpha-2, where it could be told.", examples=["US"]
    )
    territory: str | None = Field(default=None, examples=["emea"])
    product_interest: str | None = None
    source_label: str = Field(default="", description="As a person named it.", examples=["Webinar Q4"])
    source_kind: LeadSourceKind = LeadSourceKind.OTHER
    in_target_audience: bool = Field(default=False, description="Meets the campaign's structured criteria.")
    engagement: Engagement = Engagement()
    attributes: Annotated[dict[str, str], Personal()] = Field(
        default_factory=dict, description="Columns of the import that no field was mapped to."
    )


class LeadCreated(LeadProfile):
    """A lead is known for the first time. Mapped engagement columns of an import are part of it."""


class LeadUpdated(LeadProfile):
    """A lead's profile changed; all fields as they are now."""

    changed: tuple[str, ...] = Field(description="Names of the fields that changed.")


class LeadEngaged(Event):
    """A lead did something that tells of interest."""

    lead_id: UUID
    campaign_id: UUID
    kind: EngagementKind
    occurred_at: datetime
    detail: str = Field(default="", description="What was asked, downloaded or visited.")


class LeadWithdrawn(Event):
    """A lead is no longer pursued and was never meant to be one."""

    lead_id: UUID
    campaign_id: UUID
    reason: str


class LeadUnsubscribed(Event):
    """A lead wants no more marketing mail."""

    lead_id: UUID
    campaign_id: UUID


class LeadEnrolledInNurture(Event):
    """A lead entered an e-mail series."""

    enrolment_id: UUID
    lead_id: UUID
    campaign_id: UUID
    series: str = Field(examples=["Webinar_Followup_Series"])
    series_version: int


class NurtureStepDue(Event):
    """A step of the series is due; carries all that its mail needs."""

    enrolment_id: UUID
    lead_id: UUID
    campaign_id: UUID
    campaign_name: str
    series: str
    step: int = Field(ge=1)
    template: str = Field(description="Name and version of the mail template.", examples=["webinar_followup_1.v1"])
    email: Annotated[str, Personal()]
    first_name: Annotated[str | None, Personal()] = None
    company: str | None = None


class NurtureStopped(Event):
    """The series ended before its last step, or after it."""

    enrolment_id: UUID
    lead_id: UUID
    campaign_id: UUID
    reason: str = Field(description="finished, unsubscribed, converted, withdrawn or promoted.")
