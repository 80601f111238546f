"""A lead as its events tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.marketing import (
    CompanySize,
    Engagement,
    EngagementKind,
    LeadCreated,
    LeadEngaged,
    LeadProfile,
    LeadSourceKind,
    LeadUnsubscribed,
    LeadUpdated,
    LeadWithdrawn,
)
from nexa_marketing.lead.events import LeadImportUndone, LeadJoinedCampaign


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What is known of a person and what they did."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    company: str | None = None
    title: str | None = None
    company_size: CompanySize = CompanySize.UNKNOWN
    country: str | None = None
    territory: str | None = None
    product_interest: str | None = None
    source_label: str = ""
    source_kind: LeadSourceKind = LeadSourceKind.OTHER
    in_target_audience: bool = False
    engagement: Engagement = Engagement()
    attributes: Mapping[str, str] = field(default_factory=dict)


PROFILE_FIELDS = tuple(Profile.__dataclass_fields__)


@dataclass(frozen=True)
class LeadOrigin:
    """The campaign that found the lead, and the row of the import that brought it."""

    campaign_id: UUID
    campaign_name: str
    import_id: UUID | None = None
    import_line: int | None = None


@dataclass(frozen=True)
class NoLead:
    """Nothing is known under this id."""


@dataclass(frozen=True)
class Active:
    """A lead; `campaigns` are those that reached it, the first one included."""

    lead_id: UUID
    origin: LeadOrigin
    profile: Profile
    unsubscribed: bool = False
    campaigns: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Withdrawn:
    """No longer a lead."""

    lead_id: UUID
    origin: LeadOrigin
    profile: Profile
    reason: str


Lead: TypeAlias = NoLead | Active | Withdrawn


def evolve(state: Lead, event: Event) -> Lead:
    match state, event:
        case _, LeadCreated():
            return Active(event.lead_id, origin_of(event), profile_of(event), False, frozenset({event.campaign_id}))
        case Active(), LeadUpdated():
            return replace(state, profile=profile_of(event))
        case Active(profile=profile), LeadEngaged():
            return replace(state, profile=replace(profile, engagement=engaged(profile.engagement, event)))
        case Active(), LeadJoinedCampaign():
            return replace(state, campaigns=state.campaigns | {event.campaign_id})
        case Active(), LeadImportUndone():
            return replace(state, campaigns=state.campaigns - {event.left})
        case Active(), LeadUnsubscribed():
            return replace(state, unsubscribed=True)
        case Active(), LeadWithdrawn():
            return Withdrawn(state.lead_id, state.origin, state.profile, event.reason)
        case _:
            return state


def profile_of(event: LeadProfile) -> Profile:
    values = event.__dict__
    return Profile(**{name: values[name] for name in PROFILE_FIELDS})


def origin_of(event: LeadProfile) -> LeadOrigin:
    return LeadOrigin(event.campaign_id, event.campaign_name, event.import_id, event.import_line)


def engaged(engagement: Engagement, event: LeadEngaged) -> Engagement:
    match event.kind:
        case EngagementKind.REGISTERED_EARLY:
            return engagement.model_copy(update={"registered_early": True})
        case EngagementKind.ATTENDED:
            return engagement.model_copy(update={"attended": True})
        case EngagementKind.QUESTION_ASKED:
            return engagement.model_copy(update={"questions_asked": engagement.questions_asked + 1})
        case EngagementKind.CONTENT_DOWNLOADED:
            downloaded = (*engagement.content_downloaded, event.detail or "content")
            return engagement.model_copy(update={"content_downloaded": downloaded})
        case EngagementKind.EMAIL_OPENED:
            return engagement.model_copy(update={"emails_opened": engagement.emails_opened + 1})
        case EngagementKind.EMAIL_CLICKED:
            return engagement.model_copy(update={"emails_clicked": engagement.emails_clicked + 1})
        case EngagementKind.PRICING_PAGE_VISITED:
            return engagement.model_copy(update={"pricing_visits": engagement.pricing_visits + 1})
        case _:
            assert_never(event.kind)
