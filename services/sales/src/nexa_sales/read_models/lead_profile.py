"""What do the others know of a lead: who it is, its score, what it did? Fed by marketing's and scoring's topics."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Column, DateTime, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_contracts.marketing import (
    EngagementKind,
    LeadCreated,
    LeadEngaged,
    LeadUnsubscribed,
    LeadUpdated,
    LeadWithdrawn,
)
from nexa_contracts.scoring import LeadScored
from nexa_sales.tables import metadata

lead_profiles = Table(
    "lead_profiles",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("campaign_id", Uuid),
    Column("campaign_name", Text),
    Column("import_id", Uuid),
    Column("email", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("phone", Text),
    Column("company", Text),
    Column("title", Text),
    Column("company_size", Text),
    Column("country", Text),
    Column("territory", Text),
    Column("product_interest", Text),
    Column("source_label", Text),
    Column("source_kind", Text),
    Column("in_target_audience", Boolean),
    Column("attributes", JSON),
    Column("registered_early", Boolean),
    Column("attended", Boolean),
    Column("questions_asked", Integer),
    Column("emails_opened", Integer),
    Column("emails_clicked", Integer),
    Column("pricing_visits", Integer),
    Column("unsubscribed", Boolean),
    Column("withdrawn_because", Text),
    Column("score", Integer),
    Column("band", Text),
    Column("factors", JSON),
    Column("recommendation", Text),
    Column("rules_version", Integer),
    Column("scored_at", DateTime(timezone=True)),
)

lead_downloads = Table(
    "lead_downloads",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
)

SEEN = {EngagementKind.REGISTERED_EARLY: "registered_early", EngagementKind.ATTENDED: "attended"}
COUNTED = {
    EngagementKind.QUESTION_ASKED: "questions_asked",
    EngagementKind.EMAIL_OPENED: "emails_opened",
    EngagementKind.EMAIL_CLICKED: "emails_clicked",
    EngagementKind.PRICING_PAGE_VISITED: "pricing_visits",
}


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case LeadCreated() | LeadUpdated() as lead:
            yield from _profile(lead)
        case LeadEngaged(lead_id=lead_id, kind=kind) if kind in SEEN:
            yield Put(lead_profiles, {"lead_id": lead_id}, {SEEN[kind]: True})
        case LeadEngaged(lead_id=lead_id, kind=kind) if kind in COUNTED:
            yield Add(lead_profiles, {"lead_id": lead_id}, {COUNTED[kind]: 1})
        case LeadEngaged(lead_id=lead_id, kind=EngagementKind.CONTENT_DOWNLOADED, detail=detail):
            yield Put(lead_downloads, {"lead_id": lead_id, "name": detail or "content"})
        case LeadUnsubscribed(lead_id=lead_id):
            yield Put(lead_profiles, {"lead_id": lead_id}, {"unsubscribed": True})
        case LeadWithdrawn(lead_id=lead_id, reason=reason):
            yield Put(lead_profiles, {"lead_id": lead_id}, {"withdrawn_because": reason})
        case LeadScored() as scored:
            yield Put(lead_profiles, {"lead_id": scored.lead_id}, _score(scored, fact))
        case _:
            return


def _profile(lead: LeadCreated | LeadUpdated) -> Iterator[Change]:
    did = lead.engagement
    known = {
        "campaign_id": lead.campaign_id,
        "campaign_name": lead.campaign_name,
        "import_id": lead.import_id,
        "email": lead.email,
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "phone": lead.phone,
        "company": lead.company,
        "title": lead.title,
        "company_size": lead.company_size.value,
        "country": lead.country,
        "territory": lead.territory,
        "product_interest": lead.product_interest,
        "source_label": lead.source_label,
        "source_kind": lead.source_kind.value,
        "in_target_audience": lead.in_target_audience,
        "attributes": lead.attributes,
        "registered_early": did.registered_early,
        "attended": did.attended,
        "questions_asked": did.questions_asked,
        "emails_opened": did.emails_opened,
        "emails_clicked": did.emails_clicked,
        "pricing_visits": did.pricing_visits,
    }
    yield Put(lead_profiles, {"lead_id": lead.lead_id}, known)
    for name in did.content_downloaded:
        yield Put(lead_downloads, {"lead_id": lead.lead_id, "name": name})


def _score(scored: LeadScored, fact: Recorded) -> dict[str, object]:
    return {
        "score": scored.score,
        "band": scored.band.value,
        "factors": [
            {"factor": factor.factor, "points": factor.points, "because": factor.because} for factor in scored.factors
        ],
        "recommendation": scored.recommendation,
        "rules_version": scored.rules_version,
        "scored_at": fact.time,
    }


lead_profile = ReadModel(
    name="lead_profile",
    tables=(lead_profiles, lead_downloads),
    on=(LeadCreated, LeadUpdated, LeadEngaged, LeadUnsubscribed, LeadWithdrawn, LeadScored),
    project=project,
    from_topics=True,
)


async def profile_row(connection: AsyncConnection, lead_id: UUID) -> Mapping[str, Any] | None:
    """What marketing has told of the lead; None while its first fact is still on the way."""
    query = select(lead_profiles).where(lead_profiles.c.lead_id == lead_id, lead_profiles.c.campaign_id.is_not(None))
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)
