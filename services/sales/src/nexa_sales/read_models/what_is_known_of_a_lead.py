"""What do marketing and scoring know of a lead? Fed from their topics."""

from collections.abc import Iterator

from sqlalchemy import JSON, Boolean, Column, DateTime, Integer, Table, Text, Uuid, text

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_contracts.marketing import (
    EngagementKind,
    LeadCreated,
    LeadEngaged,
    LeadProfile,
    LeadUnsubscribed,
    LeadUpdated,
    LeadWithdrawn,
)
from nexa_contracts.scoring import LeadScored
from nexa_sales.tables import metadata

known_leads = Table(
    "known_leads",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("campaign_id", Uuid),
    Column("campaign_name", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("company", Text),
    Column("title", Text),
    Column("company_size", Text),
    Column("country", Text),
    Column("source_label", Text),
    Column("source_kind", Text),
    Column("registered_early", Boolean),
    Column("attended", Boolean),
    Column("questions_asked", Integer, server_default=text("0")),
    Column("content_downloaded", JSON),
    Column("emails_opened", Integer, server_default=text("0")),
    Column("emails_clicked", Integer, server_default=text("0")),
    Column("pricing_visits", Integer, server_default=text("0")),
    Column("downloads_since", Integer, server_default=text("0")),
    Column("attributes", JSON),
    Column("withdrawn", Boolean, server_default=text("false")),
    Column("unsubscribed", Boolean, server_default=text("false")),
    Column("score", Integer),
    Column("band", Text),
    Column("factors", JSON),
    Column("recommendation", Text),
    Column("rules_version", Integer),
)
lead_timeline = Table(
    "lead_timeline",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("happened_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True)),
    Column("actor", Text),
    Column("summary", Text),
)

COUNTED = {
    EngagementKind.QUESTION_ASKED: "questions_asked",
    EngagementKind.EMAIL_OPENED: "emails_opened",
    EngagementKind.EMAIL_CLICKED: "emails_clicked",
    EngagementKind.PRICING_PAGE_VISITED: "pricing_visits",
    EngagementKind.CONTENT_DOWNLOADED: "downloads_since",
}
FLAGGED = {EngagementKind.ATTENDED: "attended", EngagementKind.REGISTERED_EARLY: "registered_early"}


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case LeadCreated() as lead:
            yield _profile(lead)
            yield _entry(lead.lead_id, fact, f"Lead from {lead.source_label or lead.campaign_name}")
        case LeadUpdated() as lead:
            yield _profile(lead)
            yield _entry(lead.lead_id, fact, f"Changed: {', '.join(lead.changed)}")
        case LeadEngaged(lead_id=lead_id, kind=kind, detail=detail):
            if kind in COUNTED:
                yield Add(known_leads, {"lead_id": lead_id}, {COUNTED[kind]: 1})
            else:
                yield Put(known_leads, {"lead_id": lead_id}, {FLAGGED[kind]: True})
            did = kind.value.replace("_", " ").capitalize()
            yield _entry(lead_id, fact, f"{did}: {detail}" if detail else did)
        case LeadWithdrawn(lead_id=lead_id, reason=reason):
            yield Put(known_leads, {"lead_id": lead_id}, {"withdrawn": True})
            yield _entry(lead_id, fact, f"Withdrawn: {reason}")
        case LeadUnsubscribed(lead_id=lead_id):
            yield Put(known_leads, {"lead_id": lead_id}, {"unsubscribed": True})
            yield _entry(lead_id, fact, "Unsubscribed")
        case LeadScored() as scored:
            yield Put(
                known_leads,
                {"lead_id": scored.lead_id},
                {
                    "score": scored.score,
                    "band": scored.band.value,
                    "factors": [factor.model_dump(mode="json") for factor in scored.factors],
                    "recommendation": scored.recommendation,
                    "rules_version": scored.rules_version,
                },
            )
            before = f" (was {scored.previous_score})" if scored.previous_score is not None else ""
            yield _entry(scored.lead_id, fact, f"Scored {scored.score}{before}, band {scored.band.value}")


def _profile(lead: LeadProfile) -> Put:
    did = lead.engagement
    return Put(
        known_leads,
        {"lead_id": lead.lead_id},
        {
            "campaign_id": lead.campaign_id,
            "campaign_name": lead.campaign_name,
            "first_name": lead.first_name,
            "last_name": lead.last_name,
            "email": lead.email,
            "phone": lead.phone,
            "company": lead.company,
            "title": lead.title,
            "company_size": lead.company_size.value,
            "country": lead.country,
            "source_label": lead.source_label,
            "source_kind": lead.source_kind.value,
            "registered_early": did.registered_early,
            "attended": did.attended,
            "questions_asked": did.questions_asked,
            "content_downloaded": list(did.content_downloaded),
            "emails_opened": did.emails_opened,
            "emails_clicked": did.emails_clicked,
            "pricing_visits": did.pricing_visits,
            "downloads_since": 0,
            "attributes": lead.attributes,
        },
    )


def _entry(lead_id: object, fact: Recorded, summary: str) -> Put:
    return Put(
        lead_timeline,
        {"lead_id": lead_id, "event_id": fact.id},
        {"happened_at": fact.time, "recorded_at": fact.recorded_at, "actor": fact.actor, "summary": summary},
    )


model = ReadModel(
    name="what_is_known_of_a_lead",
    tables=(known_leads, lead_timeline),
    on=(LeadCreated, LeadUpdated, LeadEngaged, LeadWithdrawn, LeadUnsubscribed, LeadScored),
    project=project,
    from_topics=True,
)
