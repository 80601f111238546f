"""One example of each published event, all out of one story: the webinar of the seed and a lead that became a deal."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from nexa_contracts import marketing, notifier, sales, scoring
from nexa_contracts.envelope import Envelope, Event
from nexa_contracts.values import Band, Because, Candidate, Money

CAMPAIGN = UUID("c0a80001-4a5e-5d0b-8f1c-5e1f0a9b0001")
IMPORT = UUID("1f0e0002-7c1d-5a64-9b0a-2a7d3c4e0002")
DANA = UUID("1ead0003-6f1e-5a4b-9a54-0d2f6b6f0003")
"""Enterprise, IT Director, registered early, attended, two questions, one download: 85 points, High."""
LENA = UUID("1ead0004-2b7c-5c3d-8e6f-7a8b9c0d0004")
"""A Low lead, who goes to the e-mail series."""
ENROLMENT = UUID("e0a10005-3c8d-5d4e-9f70-8b9cad1e0005")
RULES = UUID("5c0e0006-4d9e-5e5f-a081-9cadbe2f0006")
MARIA, JONAS, PRIYA = (UUID(f"4e90000{n}-5eaf-5f60-b192-adbecf3a000{n}") for n in (7, 8, 9))
TASK = UUID("7a5c000a-6fb0-5071-82a3-becfd04b000a")
ACCOUNT = UUID("acc0000b-70c1-5182-93b4-cfd0e15c000b")
CONTACT = UUID("c04a000c-81d2-5293-a4c5-d0e1f26d000c")
DEAL = UUID("dea1000d-92e3-53a4-b5d6-e1f2037e000d")
MAIL = UUID("0a11000e-a3f4-54b5-86e7-f203148f000e")

WEBINAR = "Q4 Product Webinar"
FIFTY_THOUSAND = Money(amount=Decimal("50000.00"))

_CAMPAIGN: dict[str, Any] = {
    "campaign_id": CAMPAIGN,
    "name": WEBINAR,
    "type": marketing.LeadSourceKind.WEBINAR,
    "start_date": date(2025, 11, 15),
    "goal": "Generate 100 qualified leads",
    "budget": Money(amount=Decimal("5000.00")),
    "target_audience": "Enterprise IT Managers",
    "source_label": "Webinar Q4",
}
_PROFILE: dict[str, Any] = {
    "lead_id": DANA,
    "campaign_id": CAMPAIGN,
    "campaign_name": WEBINAR,
    "import_id": IMPORT,
    "import_line": 2,
    "email": "dana.reyes@acme.example",
    "first_name": "Dana",
    "last_name": "Reyes",
    "company": "Acme Corp",
    "title": "IT Director",
    "company_size": marketing.CompanySize.ENTERPRISE,
    "country": "US",
    "source_label": "Webinar Q4",
    "source_kind": marketing.LeadSourceKind.WEBINAR,
    "attributes": {"Dietary needs": "vegetarian"},
}
_LEAD: dict[str, Any] = {"lead_id": DANA, "campaign_id": CAMPAIGN}
_IMPORTED: dict[str, Any] = {**_LEAD, "import_id": IMPORT}
_ENROLMENT: dict[str, Any] = {"enrolment_id": ENROLMENT, "lead_id": LENA, "campaign_id": CAMPAIGN}
_TASK: dict[str, Any] = {"task_id": TASK, "lead_id": DANA, "rep_id": MARIA}
_ACCOUNT: dict[str, Any] = {"account_id": ACCOUNT, "name": "Acme Corp", "country": "US"}
_DEAL: dict[str, Any] = {"deal_id": DEAL, "account_id": ACCOUNT, "campaign_id": CAMPAIGN, "amount": FIFTY_THOUSAND}
_SOURCE: dict[str, Any] = {"source_label": "Webinar Q4", "source_kind": marketing.LeadSourceKind.WEBINAR}
_MAIL: dict[str, Any] = {"notification_id": MAIL, "kind": "thank_you", "about": DANA}


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 11, day, hour, minute, tzinfo=UTC)


MARKETING: tuple[Event, ...] = (
    marketing.CampaignCreated(
        **_CAMPAIGN,
        audience=marketing.Audience(company_sizes=(marketing.CompanySize.ENTERPRISE,), titles=("IT Manager",)),
    ),
    marketing.CampaignChanged(**{**_CAMPAIGN, "goal": "Generate 120 qualified leads"}, changed=("goal",)),
    marketing.CampaignMetricsChanged(
        campaign_id=CAMPAIGN,
        leads=500,
        high=marketing.BandFigures(leads=50, converted=30),
        medium=marketing.BandFigures(leads=200, converted=40),
        low=marketing.BandFigures(leads=250),
        converted=70,
        pipeline=Money(amount=Decimal("3500000.00")),
        won_revenue=FIFTY_THOUSAND,
        cost=Money(amount=Decimal("5000.00")),
        pipeline_multiple=Decimal(700),
        roi_on_won_revenue=Decimal(9),
    ),
    marketing.LeadImportStarted(
        import_id=IMPORT, campaign_id=CAMPAIGN, campaign_name=WEBINAR, filename="registrants.csv", match_key="email"
    ),
    marketing.LeadImportCompleted(
        import_id=IMPORT,
        campaign_id=CAMPAIGN,
        campaign_name=WEBINAR,
        total=506,
        created=500,
        updated=1,
        duplicate=2,
        rejected=3,
    ),
    marketing.LeadCreated(
        **_PROFILE,
        engagement=marketing.Engagement(
            registered_early=True, attended=True, questions_asked=2, content_downloaded=("Product brochure",)
        ),
    ),
    marketing.LeadUpdated(**{**_PROFILE, "phone": "+1 555 0100"}, changed=("phone",)),
    marketing.LeadEngaged(
        **_LEAD,
        kind=marketing.EngagementKind.CONTENT_DOWNLOADED,
        occurred_at=_at(16, 9, 12),
        detail="Product brochure",
    ),
    marketing.LeadWithdrawn(**_LEAD, reason="Entered twice under two addresses"),
    marketing.LeadUnsubscribed(**_LEAD),
    marketing.LeadEnrolledInNurture(**_ENROLMENT, series="Webinar_Followup_Series", series_version=1),
    marketing.NurtureStepDue(
        **_ENROLMENT,
        campaign_name=WEBINAR,
        series="Webinar_Followup_Series",
        step=1,
        template="webinar_followup_1.v1",
        email="lena.ostrow@harbor.example",
        first_name="Lena",
        company="Harbor Foods",
    ),
    marketing.NurtureStopped(**_ENROLMENT, reason=marketing.NurtureStopReason.UNSUBSCRIBED),
)

SCORING: tuple[Event, ...] = (
    scoring.ScoringRulesChanged(
        rules_id=RULES,
        version=2,
        points={"company_size.enterprise": 10, "title.executive": 15, "source.webinar": 15, "attended": 15},
        high_from=75,
        medium_from=50,
        question_limit=10,
    ),
    scoring.LeadScored(
        **_IMPORTED,
        score=85,
        band=Band.HIGH,
        raw_points=85,
        factors=(
            scoring.FactorPoints(factor="company_size.enterprise", points=10, because="enterprise company"),
            scoring.FactorPoints(factor="title.executive", points=15, because="title 'IT Director'"),
            scoring.FactorPoints(factor="source.webinar", points=15, because="came by webinar"),
            scoring.FactorPoints(
                factor="registered_early", points=10, because="registered 14 days or more before the start"
            ),
            scoring.FactorPoints(factor="attended", points=15, because="attended"),
            scoring.FactorPoints(factor="question_asked", points=10, because="asked 2 questions"),
            scoring.FactorPoints(factor="content_downloaded", points=10, because="downloaded 1"),
        ),
        recommendation="High buying intent, call within 24h",
        rules_version=1,
        caused_by=f"lead-{DANA}@1",
    ),
)

_WHY_MARIA = Because(
    rule="High leads go to senior reps",
    facts={"band": "high", "score": "85", "country": "US"},
    candidates=(
        Candidate(id=str(MARIA), name="Maria Lind", taken=True, reason="least recently assigned of those with room"),
        Candidate(id=str(JONAS), name="Jonas Weber", taken=False, reason="at capacity (20 of 20 open leads)"),
        Candidate(id=str(PRIYA), name="Priya Nair", taken=False, reason="not available"),
    ),
)

SALES: tuple[Event, ...] = (
    sales.RepUpdated(
        rep_id=MARIA,
        name="Maria Lind",
        email="maria.lind@nexa.example",
        level=sales.RepLevel.SENIOR,
        capacity=20,
        manager_id=PRIYA,
    ),
    sales.LeadAssigned(
        **_IMPORTED,
        rep_id=MARIA,
        band=Band.HIGH,
        score=85,
        reason=sales.AssignmentReason.FIRST,
        source_kind=marketing.LeadSourceKind.WEBINAR,
        because=_WHY_MARIA,
    ),
    sales.LeadQueued(
        **_IMPORTED,
        band=Band.HIGH,
        score=85,
        reason="No senior rep can take a lead now.",
        since=_at(15, 18),
        because=Because(
            rule="High leads go to senior reps",
            facts={"band": "high", "score": "85"},
            candidates=(
                Candidate(id=str(JONAS), name="Jonas Weber", taken=False, reason="at capacity (20 of 20 open leads)"),
            ),
        ),
    ),
    sales.LeadSentToNurture(
        lead_id=LENA,
        campaign_id=CAMPAIGN,
        import_id=IMPORT,
        band=Band.LOW,
        score=40,
        because=Because(rule="Low leads stay with marketing", facts={"band": "low", "score": "40"}),
    ),
    sales.LeadConverted(
        **_IMPORTED,
        contact_id=CONTACT,
        account_id=ACCOUNT,
        account_matched=False,
        deal_id=DEAL,
        amount=FIFTY_THOUSAND,
        rep_id=MARIA,
        band=Band.HIGH,
        **_SOURCE,
    ),
    sales.LeadDisqualified(**_IMPORTED, rep_id=MARIA, reason="Student, no budget"),
    sales.LeadReleased(**_IMPORTED, rep_id=MARIA),
    sales.ImportRouted(
        import_id=IMPORT,
        campaign_id=CAMPAIGN,
        campaign_name=WEBINAR,
        reps=(sales.RepCount(rep_id=MARIA, high=5), sales.RepCount(rep_id=PRIYA, medium=20)),
        waiting=0,
        nurture=250,
        total=500,
    ),
    sales.TaskCreated(
        **_TASK,
        kind=sales.TaskKind.CALL_HOT_LEAD,
        title="Call hot webinar lead",
        campaign_id=CAMPAIGN,
        import_id=IMPORT,
        priority=sales.TaskPriority.URGENT,
        due_at=_at(16, 18),
    ),
    sales.TaskReassigned(**{**_TASK, "rep_id": JONAS}, previous_rep_id=MARIA),
    sales.TaskCompleted(**_TASK, outcome="Interested, wants an offer for 50 users", completed_by="maria"),
    sales.TaskOverdue(**_TASK, manager_id=PRIYA, title="Call hot webinar lead", due_at=_at(16, 18)),
    sales.AccountCreated(**_ACCOUNT),
    sales.AccountUpdated(**_ACCOUNT, company_size=marketing.CompanySize.ENTERPRISE),
    sales.ContactCreated(
        contact_id=CONTACT,
        account_id=ACCOUNT,
        lead_id=DANA,
        first_name="Dana",
        last_name="Reyes",
        email="dana.reyes@acme.example",
        title="IT Director",
    ),
    sales.DealCreated(**_DEAL, primary_contact_id=CONTACT, lead_id=DANA, rep_id=MARIA, name="Acme Corp", **_SOURCE),
    sales.DealStageChanged(
        deal_id=DEAL,
        campaign_id=CAMPAIGN,
        stage=sales.DealStage.PROPOSAL,
        previous_stage=sales.DealStage.QUALIFICATION,
    ),
    sales.DealClosedWon(**_DEAL, contract_url="s3://contracts/acme_2025.pdf", closed_at=_at(28, 16, 30)),
    sales.DealClosedLost(**_DEAL, reason="Chose another vendor", closed_at=_at(28, 16, 30)),
    sales.DealReopened(**_DEAL, reason="The other vendor could not deliver", was="lost"),
)

NOTIFIER: tuple[Event, ...] = (
    notifier.EmailSent(**_MAIL, attempts=1),
    notifier.EmailFailed(**_MAIL, attempts=1, reason="refused: 550 mailbox unavailable"),
    notifier.EmailOutcomeUnknown(**_MAIL, attempts=1, reason="no answer after the message was handed over"),
)

EXAMPLES: dict[type[Event], Event] = {type(event): event for event in (*MARKETING, *SCORING, *SALES, *NOTIFIER)}

ENVELOPE = Envelope(
    id=f"deal-{DEAL}@4",
    source="/nexa/sales",
    type="nexa.sales.DealClosedWon.v1",
    subject=f"deal-{DEAL}",
    time=_at(28, 16, 30),
    recordedtime=_at(28, 16, 30),
    streamversion=4,
    prevversion=3,
    correlationid="0b7e6c1c-5d0f-4a57-9a56-3c9a1f2d7e10",
    actor="maria",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    data=EXAMPLES[sales.DealClosedWon].model_dump(mode="json"),
)
"""The won deal as it stands on its topic."""
