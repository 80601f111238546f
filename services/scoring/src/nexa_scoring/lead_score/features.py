"""What scoring knows of a lead, kept from marketing's events."""

from dataclasses import dataclass, replace
from typing import assert_never

from nexa_contracts.marketing import (
    CompanySize,
    Engagement,
    EngagementKind,
    LeadCreated,
    LeadEngaged,
    LeadSourceKind,
    LeadUpdated,
)


@dataclass(frozen=True)
class Features:
    """The facts that points are given for."""

    company_size: CompanySize
    title: str
    source_kind: LeadSourceKind
    in_target_audience: bool
    registered_early: bool
    attended: bool
    questions: int
    downloads: int
    emails_opened: int
    emails_clicked: int
    pricing_visits: int


def features_of(lead: LeadCreated | LeadUpdated) -> Features:
    engagement: Engagement = lead.engagement
    return Features(
        company_size=lead.company_size,
        title=lead.title or "",
        source_kind=lead.source_kind,
        in_target_audience=lead.in_target_audience,
        registered_early=engagement.registered_early,
        attended=engagement.attended,
        questions=engagement.questions_asked,
        downloads=len(engagement.content_downloaded),
        emails_opened=engagement.emails_opened,
        emails_clicked=engagement.emails_clicked,
        pricing_visits=engagement.pricing_visits,
    )


def engaged(features: Features, event: LeadEngaged) -> Features:
    match event.kind:
        case EngagementKind.REGISTERED_EARLY:
            return replace(features, registered_early=True)
        case EngagementKind.ATTENDED:
            return replace(features, attended=True)
        case EngagementKind.QUESTION_ASKED:
            return replace(features, questions=features.questions + 1)
        case EngagementKind.CONTENT_DOWNLOADED:
            return replace(features, downloads=features.downloads + 1)
        case EngagementKind.EMAIL_OPENED:
            return replace(features, emails_opened=features.emails_opened + 1)
        case EngagementKind.EMAIL_CLICKED:
            return replace(features, emails_clicked=features.emails_clicked + 1)
        case EngagementKind.PRICING_PAGE_VISITED:
            return replace(features, pricing_visits=features.pricing_visits + 1)
        case _:
            assert_never(event.kind)
