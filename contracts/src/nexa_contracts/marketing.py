"""What marketing tells the others: campaigns, imports, leads, nurture."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.values import (
    Because,
    CampaignId,
    EnrolmentId,
    ImportId,
    LeadId,
    Money,
    OriginalImport,
    Ratio,
    Value,
)

CampaignName = Annotated[
    str, Field(description="Name of the campaign, as it was then.", examples=["Q4 Product Webinar"])
]


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
    """How big the lead's company is, as far as known."""

    ENTERPRISE = "enterprise"
    MID_MARKET = "mid_market"
    SMALL = "small"
    UNKNOWN = "unknown"


class EngagementKind(StrEnum):
    """What a lead can do that tells of interest."""

    REGISTERED_EARLY = "registered_early"
    ATTENDED = "attended"
    QUESTION_ASKED = "question_asked"
    CONTENT_DOWNLOADED = "content_downloaded"
    EMAIL_OPENED = "email_opened"
    EMAIL_CLICKED = "email_clicked"
    PRICING_PAGE_VISITED = "pricing_page_visited"


class NurtureStopReason(StrEnum):
    """Why no more mails of a series are sent: its last one was, or the lead left it."""

    FINISHED = "finished"
    UNSUBSCRIBED = "unsubscribed"
    CONVERTED = "converted"
    WITHDRAWN = "withdrawn"
    PROMOTED = "promoted"


class Audience(Value):
    """Structured criteria of a target audience; a lead is in it when it meets each list that is not empty."""

    company_sizes: tuple[CompanySize, ...] = Field(
        default=(), description="Sizes of company.", examples=[("enterprise",)]
    )
    titles: tuple[str, ...] = Field(
        default=(), description="Words, one of which stands in the title.", examples=[("IT",)]
    )
    countries: tuple[str, ...] = Field(default=(), description="ISO 3166-1 alpha-2.", examples=[("US", "DE")])


class Engagement(Value):
    """What the lead has done so far, as known when the event was recorded."""

    registered_early: bool = Field(default=False, description="14 days or more before the campaign's start.")
    attended: bool = Field(default=False, description="Was there.")
    questions_asked: int = Field(default=0, ge=0, description="How many questions it asked.")
    content_downloaded: tuple[str, ...] = Field(
        default=(), description="Names of what it downloaded.", examples=[("Product brochure",)]
    )
    emails_opened: int = Field(default=0, ge=0, description="How many mails it opened.")
    emails_clicked: int = Field(default=0, ge=0, description="How many mails it followed a link of.")
    pricing_visits: int = Field(default=0, ge=0, description="How often it looked at the prices.")


class CampaignFields(Event):
    campaign_id: CampaignId
    name: str = Field(description="As people call it.", examples=["Q4 Product Webinar"])
    type: LeadSourceKind = Field(description="Its kind; leads of the campaign have it as their source kind.")
    start_date: date = Field(description="The day it takes place, or begins.")
    goal: str = Field(default="", description="For people.", examples=["Generate 100 qualified leads"])
    budget: Money = Field(description="What it may cost; the cost in its metrics.")
    target_audience: str = Field(
        default="", description="For people; scores nothing.", examples=["Enterprise IT Managers"]
    )
    audience: Audience | None = Field(default=None, description="Structured criteria that score.")
    source_label: str = Field(default="", description="Default label of its leads' source.", examples=["Webinar Q4"])


class CampaignCreated(CampaignFields):
    """A campaign was planned."""


class CampaignChanged(CampaignFields):
    """A campaign's fields were changed; all fields as they are now."""

    changed: tuple[str, ...] = Field(description="Names of the fields that changed.", examples=[("budget",)])


class BandFigures(Value):
    """What became of the leads of one band."""

    leads: int = Field(default=0, ge=0, description="Leads in the band.")
    converted: int = Field(default=0, ge=0, description="Those of them that were converted.")


class CampaignMetricsChanged(Event):
    """A campaign's figures, coalesced: the latest stand, not each step."""

    campaign_id: CampaignId
    leads: int = Field(ge=0, description="Leads the campaign brought, withdrawn ones left out.")
    high: BandFigures = Field(description="Band High.")
    medium: BandFigures = Field(description="Band Medium.")
    low: BandFigures = Field(description="Band Low.")
    converted: int = Field(ge=0, description="Leads of the campaign that were converted.")
    pipeline: Money = Field(description="Sum of the amounts of the campaign's deals, lost ones left out.")
    won_revenue: Money = Field(description="Sum of the amounts of its won deals.")
    cost: Money = Field(description="What it cost: its budget.")
    pipeline_multiple: Ratio | None = Field(
        default=None, description="Pipeline ÷ cost; null without cost.", examples=["700"]
    )
    roi_on_won_revenue: Ratio | None = Field(
        default=None, description="(Won revenue − cost) ÷ cost; null without cost.", examples=["9"]
    )


class LeadImportStarted(Event):
    """The rows of an uploaded file are being imported."""

    import_id: ImportId
    campaign_id: CampaignId
    campaign_name: CampaignName
    filename: str = Field(description="As it was uploaded.", examples=["registrants.csv"])
    match_key: str = Field(
        description="The field or column that tells whether a row's lead is known.", examples=["email"]
    )


class LeadImportCompleted(Event):
    """Each row of the file is accounted for: total = created + updated + duplicate + rejected."""

    import_id: ImportId
    campaign_id: CampaignId
    campaign_name: CampaignName
    total: int = Field(ge=0, description="Rows of the file, the header left out.")
    created: int = Field(ge=0, description="Rows that made a lead.")
    updated: int = Field(ge=0, description="Rows that changed a known lead.")
    duplicate: int = Field(ge=0, description="Rows that told nothing new of a known lead.")
    rejected: int = Field(
        ge=0, description="Rows that could not be read as a lead; the import lists each with its reason."
    )
    cancelled: bool = Field(
        default=False, description="It was stopped before its end: the counts are those of the rows until then."
    )


class LeadImportReverted(Event):
    """An import was taken back. What later edits had touched, and leads that were converted, stayed as they are."""

    import_id: ImportId
    campaign_id: CampaignId
    campaign_name: CampaignName
    withdrawn: int = Field(ge=0, description="Leads that the import had made and that were withdrawn.")
    restored: int = Field(ge=0, description="Leads it had changed of which fields are again what they were before.")
    conflicts: int = Field(ge=0, description="Leads with fields left alone, because a later edit had touched them.")
    converted: int = Field(ge=0, description="Leads that stayed as they are, because they had been converted.")


class LeadProfile(Event):
    """What is known of a lead; each event carries all of it, so that a reader needs no other."""

    lead_id: LeadId
    campaign_id: CampaignId
    campaign_name: CampaignName
    import_id: OriginalImport = None
    import_line: int | None = Field(default=None, ge=1, description="Line of the file, the header being 1.")
    email: Annotated[str | None, Personal()] = Field(
        default=None,
        description="Address; absent where the import matched on another key.",
        examples=["dana.reyes@acme.example"],
    )
    first_name: Annotated[str | None, Personal()] = Field(default=None, description="Given name.", examples=["Dana"])
    last_name: Annotated[str | None, Personal()] = Field(default=None, description="Family name.", examples=["Reyes"])
    phone: Annotated[str | None, Personal()] = Field(default=None, description="As it was written.")
    company: str | None = Field(default=None, description="Name of the company.", examples=["Acme Corp"])
    title: Annotated[str | None, Personal()] = Field(
        default=None, description="What the person does there.", examples=["IT Director"]
    )
    company_size: CompanySize = Field(default=CompanySize.UNKNOWN, description="Size of the company.")
    country: str | None = Field(
        default=None, description="ISO 3166-1 alpha-2, where it could be told.", examples=["US"]
    )
    territory: str | None = Field(default=None, description="Sales territory, if one was given.", examples=["emea"])
    product_interest: str | None = Field(
        default=None, description="Product the lead asked about.", examples=["Enterprise Plan"]
    )
    source_label: str = Field(default="", description="As a person named the source.", examples=["Webinar Q4"])
    source_kind: LeadSourceKind = Field(default=LeadSourceKind.OTHER, description="Kind of the source; it scores.")
    in_target_audience: bool = Field(default=False, description="Meets the campaign's structured criteria.")
    engagement: Engagement = Field(default=Engagement(), description="What the lead has done so far.")
    attributes: Annotated[dict[str, str], Personal()] = Field(
        default_factory=dict, description="Columns of the import that no field was mapped to."
    )


class LeadCreated(LeadProfile):
    """A lead is known for the first time. Mapped engagement columns of an import are part of it."""


class LeadUpdated(LeadProfile):
    """A lead's profile changed; all fields as they are now."""

    changed: tuple[str, ...] = Field(
        description="Names of the fields that changed.", examples=[("title", "engagement")]
    )


class LeadEngaged(Event):
    """A lead did something that tells of interest."""

    lead_id: LeadId
    campaign_id: CampaignId
    kind: EngagementKind = Field(description="What it did.")
    occurred_at: AwareDatetime = Field(description="When it did so.")
    detail: Annotated[str, Personal()] = Field(
        default="", description="What was asked, downloaded or visited.", examples=["Product brochure"]
    )
    at_campaign_id: UUID | None = Field(
        default=None, description="The campaign it was part of; null: the one that found the lead."
    )


class LeadWithdrawn(Event):
    """A lead is no longer pursued and was never meant to be one."""

    lead_id: LeadId
    campaign_id: CampaignId
    reason: Annotated[str, Personal()] = Field(
        description="In the words of who withdrew it.", examples=["Asked us to forget them"]
    )


class LeadUnsubscribed(Event):
    """A lead wants no more marketing mail."""

    lead_id: LeadId
    campaign_id: CampaignId


NURTURE_LETTER = "nurture_letter.v1"
NURTURE_TEMPLATES = ("webinar_followup_1.v1", "webinar_followup_2.v1", "webinar_followup_3.v1", NURTURE_LETTER)
"""The mail templates that a series may use. The letter's words are the step's own."""


class StepCondition(StrEnum):
    """What must be so when a step's time has come; else it is passed over. `previous` is the last mail that was sent."""

    ALWAYS = "always"
    PREVIOUS_OPENED = "previous_opened"
    PREVIOUS_NOT_OPENED = "previous_not_opened"
    PREVIOUS_CLICKED = "previous_clicked"
    PREVIOUS_NOT_CLICKED = "previous_not_clicked"


class NurtureStep(Value):
    """One mail of a series."""

    key: str = Field(
        pattern="^[a-z0-9][a-z0-9_-]{0,39}$",
        description="Names the mail in all versions of the series; who got it never gets it again.",
        examples=["answers"],
    )
    delay_hours: int = Field(ge=0, le=8760, description="Hours after the step before, the first one after the entry.")
    template: str = Field(description="Mail template.", examples=[NURTURE_LETTER])
    condition: StepCondition = Field(default=StepCondition.ALWAYS, description="What must be so for it to be sent.")
    subject: str | None = Field(
        default=None, description="Subject of the letter; may name {first_name}, {company}, {campaign_name}."
    )
    text: str | None = Field(default=None, description="Text of the letter, paragraphs apart by an empty line.")
    link: str | None = Field(default=None, description="Where the letter's link leads, http or https.")
    link_label: str | None = Field(default=None, description="What the link is called.", examples=["Read the answers"])


class SeriesEntry(Value):
    """Which Low leads enter a series; a list that is empty lets all in."""

    source_kinds: tuple[LeadSourceKind, ...] = Field(
        default=(), description="Kinds of source.", examples=[("webinar",)]
    )
    company_sizes: tuple[CompanySize, ...] = Field(default=(), description="Sizes of company.")
    campaigns: tuple[UUID, ...] = Field(default=(), description="Campaigns that found the lead.")


class InFlight(StrEnum):
    """What becomes of those who are in a series when its next version is published."""

    FINISH = "finish"
    MOVE = "move"
    STOP = "stop"


class NurtureSeriesPublished(Event):
    """A series has a new version. A version that was published never changes."""

    series_id: UUID = Field(description="The series.")
    name: str = Field(description="Name of the series.", examples=["Webinar_Followup_Series"])
    version: int = Field(ge=1, description="Version of the series.")
    steps: tuple[NurtureStep, ...] = Field(description="The mails, in order.")
    entry: SeriesEntry = Field(default=SeriesEntry(), description="Who enters.")
    rank: int = Field(default=100, ge=0, description="Where several series would take a lead, the lowest does.")
    reentry_days: int | None = Field(
        default=None, ge=1, description="Days after its end until a lead may enter again; null is never."
    )
    accepts: bool = Field(default=True, description="Whether leads enter it at all.")
    in_flight: InFlight = Field(
        description="finish: they go on in their version; move: they go on in this one, behind the last of their steps "
        "that it still has; stop: their series ends."
    )


class LeadEnrolledInNurture(Event):
    """A lead entered an e-mail series."""

    enrolment_id: EnrolmentId
    lead_id: LeadId
    campaign_id: CampaignId
    series: str = Field(description="Name of the series.", examples=["Webinar_Followup_Series"])
    series_version: int = Field(ge=1, description="Version of the series that it begins with.")
    because: Because | None = Field(default=None, description="The entry rule, and which other series there were.")


class NurtureStepScheduled(Event):
    """The next step of an enrolment has a time; without an address it waits beyond it."""

    enrolment_id: EnrolmentId
    lead_id: LeadId
    campaign_id: CampaignId
    series: str = Field(description="Name of the series.", examples=["Webinar_Followup_Series"])
    series_version: int = Field(ge=1, description="Version of the series.")
    step: int = Field(ge=1, description="Number of the step, from 1.")
    step_key: str = Field(description="Key of the step.", examples=["2"])
    since: AwareDatetime = Field(description="What its delay is counted from: the step before, or the entry.")
    at: AwareDatetime = Field(description="When it is due.")
    passed: tuple[str, ...] = Field(default=(), description="Keys of the steps sent or passed over.", examples=[("1",)])


class NurtureStepDue(Event):
    """A step of the series is due; carries all that its mail needs."""

    enrolment_id: EnrolmentId
    lead_id: LeadId
    campaign_id: CampaignId
    campaign_name: CampaignName
    series: str = Field(description="Name of the series.", examples=["Webinar_Followup_Series"])
    series_version: int = Field(default=1, ge=1, description="Version of the series.")
    step: int = Field(ge=1, description="Number of the step, from 1.")
    step_key: str | None = Field(
        default=None, description="Key of the step, the same in all versions; its number if there is none."
    )
    template: str = Field(description="Name and version of the mail template.", examples=["webinar_followup_1.v1"])
    email: Annotated[str, Personal()] = Field(description="Where to.", examples=["dana.reyes@acme.example"])
    first_name: Annotated[str | None, Personal()] = Field(default=None, description="Given name.", examples=["Dana"])
    company: str | None = Field(default=None, description="Name of the company.", examples=["Acme Corp"])
    subject: Annotated[str | None, Personal()] = Field(default=None, description="Subject of the letter, filled in.")
    text: Annotated[str | None, Personal()] = Field(default=None, description="Text of the letter, filled in.")
    link: str | None = Field(default=None, description="Where the letter's link leads.")
    link_label: str | None = Field(default=None, description="What the link is called.")


class NurtureStepSkipped(Event):
    """A step's time had come and its condition was not met: no mail."""

    enrolment_id: EnrolmentId
    lead_id: LeadId
    campaign_id: CampaignId
    series: str = Field(description="Name of the series.", examples=["Webinar_Followup_Series"])
    series_version: int = Field(ge=1, description="Version of the series.")
    step: int = Field(ge=1, description="Number of the step, from 1.")
    step_key: str = Field(description="Key of the step.", examples=["2"])
    condition: StepCondition = Field(description="What was not so.")


class NurtureMoved(Event):
    """An enrolment goes on in a newer version of its series."""

    enrolment_id: EnrolmentId
    lead_id: LeadId
    campaign_id: CampaignId
    series: str = Field(description="Name of the series.", examples=["Webinar_Followup_Series"])
    from_version: int = Field(ge=1, description="Version it was in.")
    series_version: int = Field(ge=1, description="Version it is in now.")


class NurtureStopped(Event):
    """The series ended: after its last step, or before."""

    enrolment_id: EnrolmentId
    lead_id: LeadId
    campaign_id: CampaignId
    reason: NurtureStopReason = Field(description="Why it ended.")
    series: str | None = Field(default=None, description="Name of the series.", examples=["Webinar_Followup_Series"])
    detail: str | None = Field(
        default=None, description="In words, where there is more to say.", examples=["ended by version 3"]
    )
