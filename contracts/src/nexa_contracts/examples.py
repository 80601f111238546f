"""One example of each published event, all out of one story: the webinar of the demo and a lead that became a deal."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from nexa_contracts import marketing, notifier, sales, scoring, success
from nexa_contracts.envelope import Envelope, Event
from nexa_contracts.support_examples import ANALYSIS, SUPPORT
from nexa_contracts.values import Band, Because, Candidate, Money

CAMPAIGN = UUID("c0a80001-4a5e-5d0b-8f1c-5e1f0a9b0001")
IMPORT = UUID("1f0e0002-7c1d-5a64-9b0a-2a7d3c4e0002")
DANA = UUID("1ead0003-6f1e-5a4b-9a54-0d2f6b6f0003")
"""Enterprise, IT Director, registered early, attended, two questions, one download: 85 points, High."""
LENA = UUID("1ead0004-2b7c-5c3d-8e6f-7a8b9c0d0004")
"""A Low lead, who goes to the e-mail series."""
ENROLMENT = UUID("e0a10005-3c8d-5d4e-9f70-8b9cad1e0005")
SERIES = UUID("5e41e50f-4d9e-5e5f-a081-9cadbe2f000f")
RULES = UUID("5c0e0006-4d9e-5e5f-a081-9cadbe2f0006")
MARIA, JONAS, PRIYA = (UUID(f"4e90000{n}-5eaf-5f60-b192-adbecf3a000{n}") for n in (7, 8, 9))
TASK = UUID("7a5c000a-6fb0-5071-82a3-becfd04b000a")
ACCOUNT = UUID("acc0000b-70c1-5182-93b4-cfd0e15c000b")
CONTACT = UUID("c04a000c-81d2-5293-a4c5-d0e1f26d000c")
DEAL = UUID("dea1000d-92e3-53a4-b5d6-e1f2037e000d")
NORA, IVAN = (UUID(f"c5a0001{n}-b405-55c6-97f8-04152590001{n}") for n in (0, 1))
PROJECT = UUID("0b0a0012-c516-56d7-88f9-152636a10012")
KICKOFF = UUID("3ee70013-d627-57e8-990a-263747b20013")
TEMPLATE = UUID("7e3b0014-e738-58f9-8a1b-374858c30014")
HEALTH_RULES = UUID("4ea10015-f849-590a-9b2c-485969d40015")
ALERT = UUID("a1e70016-095a-5a1b-8c3d-596a7ae50016")
RENEWAL = UUID("4e4e0017-1a6b-5b2c-9d4e-6a7b8bf60017")
ROUTING_RULES = UUID("40070019-3c8d-5d4e-8f60-8c9dad18001a")
OTHER_PARTY = UUID("07be0018-2b7c-5c3d-8e5f-7b8c9c070018")
MAIL = UUID("0a11000e-a3f4-54b5-86e7-f203148f000e")

WEBINAR = "Q4 Product Webinar"
FIFTY_THOUSAND = Money(amount=Decimal("50000.00"))
SIXTY_THOUSAND = Money(amount=Decimal("60000.00"))

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
    marketing.LeadImportReverted(
        import_id=IMPORT,
        campaign_id=CAMPAIGN,
        campaign_name=WEBINAR,
        withdrawn=430,
        restored=1,
        conflicts=0,
        converted=70,
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
    marketing.NurtureSeriesPublished(
        series_id=SERIES,
        name="Webinar_Followup_Series",
        version=2,
        steps=(
            marketing.NurtureStep(key="1", delay_hours=0, template="webinar_followup_1.v1"),
            marketing.NurtureStep(
                key="answers",
                delay_hours=72,
                template=marketing.NURTURE_LETTER,
                condition=marketing.StepCondition.PREVIOUS_OPENED,
                subject="What others asked after {campaign_name}",
                text="Five teams told us how they began.",
                link="https://nexa.example/webinars/q4/answers",
                link_label="Read the answers",
            ),
        ),
        in_flight=marketing.InFlight.MOVE,
    ),
    marketing.NurtureStepScheduled(
        **_ENROLMENT,
        series="Webinar_Followup_Series",
        series_version=1,
        step=2,
        step_key="2",
        since=_at(17, 10),
        at=_at(20, 10),
        passed=("1",),
    ),
    marketing.NurtureStepSkipped(
        **_ENROLMENT,
        series="Webinar_Followup_Series",
        series_version=2,
        step=2,
        step_key="answers",
        condition=marketing.StepCondition.PREVIOUS_OPENED,
    ),
    marketing.NurtureMoved(**_ENROLMENT, series="Webinar_Followup_Series", from_version=1, series_version=2),
    marketing.NurtureStopped(**_ENROLMENT, reason=marketing.NurtureStopReason.UNSUBSCRIBED),
)

_SCORING: dict[str, Any] = {
    "rules_id": RULES,
    "version": 2,
    "points": {"company_size.enterprise": 10, "title.executive": 15, "source.webinar": 15, "attended": 15},
    "high_from": 75,
    "medium_from": 50,
    "question_limit": 10,
}

SCORING: tuple[Event, ...] = (
    scoring.ScoringRulesDrafted(**_SCORING, drafted_by="mona", based_on=1),
    scoring.ScoringRulesApproved(rules_id=RULES, version=2, drafted_by="mona", approved_by="paul"),
    scoring.ScoringRulesChanged(**_SCORING, drafted_by="mona", approved_by="paul"),
    scoring.LeadScored(
        **_IMPORTED,
        score=85,
        band=Band.HIGH,
        band_from=75,
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
    scoring.HealthRulesChanged(
        rules_id=HEALTH_RULES,
        version=2,
        weights={"usage": 25, "adoption": 20, "support": 15, "payment": 15, "engagement": 15, "nps": 10},
        usage_full=Decimal(80),
        adoption_full=Decimal(90),
        support_full=2,
        support_none=10,
        renewal_intercept=Decimal(-3),
        renewal_coefficients={
            "usage": Decimal("2.0"),
            "adoption": Decimal("1.2"),
            "support": Decimal("0.9"),
            "payment": Decimal("1.3"),
            "engagement": Decimal("1.0"),
            "nps": Decimal("0.8"),
        },
    ),
    scoring.HealthScored(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        on=date(2025, 12, 24),
        score=95,
        risk=scoring.Risk.LOW,
        previous_score=100,
        change=-5,
        factors=(
            scoring.HealthFactor(factor="usage", value="85 %", points=Decimal(25), most=25, change=Decimal(0)),
            scoring.HealthFactor(factor="nps", value="9", points=Decimal(9), most=10, change=Decimal(0)),
        ),
        renewal_probability=Decimal("0.979"),
        rules_version=1,
        caused_by=f"account_signals-{ACCOUNT}@1",
    ),
    scoring.ChurnRiskDetected(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        episode=1,
        score=65,
        previous_score=78,
        play="Schedule executive business review",
        reason="Usage declining, support tickets increasing",
    ),
    scoring.ChurnRiskCleared(account_id=ACCOUNT, account_name="Acme Corp", episode=1, score=74),
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

_ROUTING = (
    sales.RoutingRule(
        name="Enterprise Plan in EMEA to senior reps",
        band=Band.MEDIUM,
        level=sales.RepLevel.SENIOR,
        territories=("emea",),
        products=("Enterprise Plan",),
    ),
    sales.RoutingRule(
        name="high band to senior reps", band=Band.HIGH, level=sales.RepLevel.SENIOR, alert_after_hours=4
    ),
    sales.RoutingRule(name="medium band to standard reps", band=Band.MEDIUM, level=sales.RepLevel.STANDARD),
)

_SOLD = sales.DealDetails(
    products=(sales.ProductLine(product="Enterprise Plan", seats=50),),
    special_requirements=("Salesforce integration", "SSO"),
    key_contacts=(
        sales.KeyContact(name="Dana", role="primary", contact_id=CONTACT),
        sales.KeyContact(name="Tom", role="IT"),
        sales.KeyContact(name="Lisa", role="admin"),
    ),
    sales_notes="Very engaged, high adoption likely",
    timeline="Go-live by end of month",
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
    sales.RepWindowOpened(rep_id=MARIA, since=_at(17, 0), until=_at(24, 0), capacity=10),
    sales.RepLeft(rep_id=MARIA, name="Maria Lind", reason="Moved to marketing", manager_id=PRIYA),
    sales.RoutingRulesDrafted(rules_id=ROUTING_RULES, version=2, rules=_ROUTING, drafted_by="victor", based_on=1),
    sales.RoutingRulesApproved(rules_id=ROUTING_RULES, version=2, drafted_by="victor", approved_by="wilma"),
    sales.RoutingRulesChanged(
        rules_id=ROUTING_RULES, version=2, rules=_ROUTING, drafted_by="victor", approved_by="wilma"
    ),
    sales.LeadWaitedTooLong(
        **_IMPORTED,
        band=Band.HIGH,
        since=_at(15, 18),
        reason="Of 2 senior reps 1 at capacity, 1 not available",
        manager_ids=(PRIYA,),
    ),
    sales.FollowUpRecorded(
        **_IMPORTED,
        rep_id=MARIA,
        channel=sales.FollowUpChannel.CALL,
        outcome=sales.FollowUpOutcome.REACHED,
        attempt=1,
        found_interest=True,
        note="Wants an offer for 50 users",
        recorded_by="maria",
        task_id=TASK,
        next_step=sales.NextStep(
            title="Convert the lead",
            due_at=_at(17, 10),
            priority=sales.TaskPriority.URGENT,
            reason="reached, and there is interest",
        ),
    ),
    sales.LeadRecycled(**_IMPORTED, band=Band.HIGH, score=85, round=2, reason="No budget before spring"),
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
    sales.AccountBecameCustomer(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        deal_id=DEAL,
        customer_since=date(2025, 11, 24),
        arr=FIFTY_THOUSAND,
        contract_end=date(2026, 11, 24),
    ),
    sales.AccountContractChanged(
        account_id=ACCOUNT,
        arr=SIXTY_THOUSAND,
        previous_arr=FIFTY_THOUSAND,
        contract_end=date(2027, 11, 24),
        previous_contract_end=date(2026, 11, 24),
        reason="renewal expanded",
        caused_by=f"renewal-{RENEWAL}@2",
    ),
    sales.AccountChurned(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        churned_on=date(2027, 11, 24),
        arr=SIXTY_THOUSAND,
        reason="Project was stopped",
    ),
    sales.AccountBecameProspect(account_id=ACCOUNT, deal_id=DEAL, reason="Signature was withdrawn"),
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
    sales.DealDetailsChanged(deal_id=DEAL, account_id=ACCOUNT, details=_SOLD, changed=("products", "key_contacts")),
    sales.DealClosedWon(
        **_DEAL,
        contract_url="s3://contracts/acme_2025.pdf",
        closed_at=_at(24, 9),
        name="Acme Corp",
        primary_contact_id=CONTACT,
        rep_id=MARIA,
        lead_id=DANA,
        details=_SOLD,
    ),
    sales.DealClosedLost(**_DEAL, reason="Chose another vendor", closed_at=_at(28, 16, 30)),
    sales.DealReopened(**_DEAL, reason="The other vendor could not deliver", was="lost"),
    sales.DealReassigned(
        deal_id=DEAL,
        account_id=ACCOUNT,
        campaign_id=CAMPAIGN,
        rep_id=PRIYA,
        previous_rep_id=MARIA,
        reason="Maria Lind left",
    ),
    sales.DealHandoffReturned(deal_id=DEAL, account_id=ACCOUNT, rep_id=MARIA, reason="No technical contact is named"),
    sales.DealHandoffResubmitted(
        deal_id=DEAL, account_id=ACCOUNT, details=_SOLD, note="Tom (IT) is the technical contact"
    ),
)

_PROJECT: dict[str, Any] = {"project_id": PROJECT, "account_id": ACCOUNT}
_NAMED: dict[str, Any] = {"account_id": ACCOUNT, "account_name": "Acme Corp"}
_NORA = success.Person(person_id=NORA, name="Nora Vance", email="nora.vance@nexa.example")
_IVAN = success.Person(person_id=IVAN, name="Ivan Petrov", email="ivan.petrov@nexa.example")
_DANA = success.Person(person_id=CONTACT, name="Dana Reyes", email="dana.reyes@acme.example")
_TO_HOLD: dict[str, Any] = {**_PROJECT, "key": "hold_kickoff", "title": "Hold kickoff meeting"}
_MEETING: dict[str, Any] = {
    **_PROJECT,
    "meeting_id": KICKOFF,
    "sequence": 0,
    "title": "Acme Corp - Implementation Kickoff",
    "starts_at": _at(27, 9),
    "ends_at": _at(27, 10),
    "time_zone": "Europe/Berlin",
    "attendees": (
        success.Attendee(**_DANA.model_dump(), role="primary contact"),
        success.Attendee(**_NORA.model_dump(), role="csm"),
        success.Attendee(**_IVAN.model_dump(), role="implementation specialist"),
    ),
    "join_url": f"https://meet.nexa.example/{KICKOFF}",
    "agenda": "Review timeline, roles, deliverables",
}
_HANDOFF: dict[str, Any] = {**_PROJECT, "account_name": "Acme Corp", "deal_id": DEAL, "csm_id": NORA}
_ALERT: dict[str, Any] = {"alert_id": ALERT, "account_id": ACCOUNT, "episode": 1}
_RENEWAL: dict[str, Any] = {"renewal_id": RENEWAL, **_NAMED}
_DOCUMENTS = ("Getting started guide", "Administrator handbook", "Data import checklist")
_WHY_NORA = Because(
    rule="available, not away, with room; least recently assigned first, then the smaller share of capacity in use",
    facts={"role": "csm", "people of that role": "1"},
    candidates=(
        Candidate(id=str(NORA), name="Nora Vance", taken=True, reason="least recently assigned of those with room"),
    ),
)

SUCCESS: tuple[Event, ...] = (
    success.CsmUpdated(
        csm_id=NORA,
        name="Nora Vance",
        email="nora.vance@nexa.example",
        role=success.Role.CSM,
        capacity=15,
        manager_id=PRIYA,
        time_zone="Europe/Berlin",
        country="DE",
        absences=(success.Absence(first=date(2025, 12, 22), last=date(2026, 1, 2)),),
    ),
    success.OnboardingTemplateChanged(
        template_id=TEMPLATE,
        version=2,
        tasks=(
            success.TemplateTask(
                key="hold_kickoff",
                day=3,
                title="Hold kickoff meeting",
                priority=success.Priority.URGENT,
                proved_by="kickoff_held",
            ),
        ),
        due_in_days=30,
        kickoff_in_days=3,
        agenda="Review timeline, roles, deliverables",
        training_documents=_DOCUMENTS,
    ),
    success.OnboardingStarted(
        **_PROJECT,
        account_name="Acme Corp",
        deal_id=DEAL,
        name="Acme Corp Onboarding",
        arr=FIFTY_THOUSAND,
        won_at=_at(24, 9),
        due_on=date(2025, 12, 24),
        csm=_NORA,
        specialist=_IVAN,
        manager_id=PRIYA,
        contact=_DANA,
        rep_id=MARIA,
        template_version=1,
        training_documents=_DOCUMENTS,
        turn=1,
        because=_WHY_NORA,
    ),
    success.OnboardingAssigned(
        **_PROJECT,
        account_name="Acme Corp",
        csm=_NORA,
        previous_csm_id=IVAN,
        manager_id=PRIYA,
        turn=2,
        reason="Ivan is on leave",
        because=_WHY_NORA,
    ),
    success.OnboardingSpecialistAssigned(
        **_PROJECT,
        account_name="Acme Corp",
        specialist=_IVAN,
        turn=3,
        reason="somebody has room now",
        because=Because(
            rule="available, not away, with room; least recently assigned first",
            candidates=(
                Candidate(
                    id=str(IVAN), name="Ivan Petrov", taken=True, reason="least recently assigned of those with room"
                ),
            ),
        ),
    ),
    success.OnboardingPaused(**_PROJECT, reason="Signature was withdrawn", paused_at=_at(26, 11)),
    success.OnboardingResumed(**_PROJECT),
    success.OnboardingCancelled(
        **_PROJECT,
        account_name="Acme Corp",
        reason="Chose another vendor",
        cancelled_at=_at(28, 15),
        csm_id=NORA,
        specialist_id=IVAN,
    ),
    success.OnboardingCompleted(
        **_PROJECT, account_name="Acme Corp", days=30, on_time=True, csm_id=NORA, specialist_id=IVAN
    ),
    success.TaskCreated(
        **_TO_HOLD, owner_id=NORA, priority=success.Priority.URGENT, due_at=_at(27, 23), proved_by="kickoff_held"
    ),
    success.TaskMoved(**_TO_HOLD, status=success.TaskStatus.IN_PROGRESS, previous_status=success.TaskStatus.TO_DO),
    success.TaskReassigned(**_TO_HOLD, owner_id=NORA, previous_owner_id=IVAN),
    success.TaskRescheduled(**_TO_HOLD, due_at=_at(28, 23), previous_due_at=_at(27, 23)),
    success.TaskCommented(**_TO_HOLD, text="Waiting for Tom's calendar"),
    success.TaskCompleted(**_TO_HOLD, completed_by=f"onboarding-{PROJECT}@27", late=False),
    success.TaskOverdue(**_TO_HOLD, owner_id=NORA, manager_id=PRIYA, account_name="Acme Corp", due_at=_at(27, 23)),
    success.KickoffScheduled(
        **_MEETING,
        account_name="Acme Corp",
        arr=FIFTY_THOUSAND,
        won_at=_at(24, 9),
        csm=_NORA,
        contact=_DANA,
        days=3,
        training_documents=_DOCUMENTS,
    ),
    success.KickoffMoved(
        **{**_MEETING, "sequence": 1, "starts_at": _at(28, 9), "ends_at": _at(28, 10)}, reason="Tom is travelling"
    ),
    success.KickoffCancelled(**{**_MEETING, "sequence": 2}, reason="The deal was reopened"),
    success.KickoffHeld(**_PROJECT, meeting_id=KICKOFF),
    success.HandoffNoteWritten(**_HANDOFF, rep_id=MARIA, accept_by=_at(25, 9)),
    success.HandoffNoteRead(**_HANDOFF, reader="nora.vance", first=True),
    success.HandoffReminded(**_HANDOFF),
    success.HandoffAccepted(**_HANDOFF, accepted_by="nora.vance"),
    success.HandoffDeclined(**_HANDOFF, rep_id=MARIA, declined_by="nora.vance", reason="No technical contact is named"),
    success.HandoffEscalated(**_HANDOFF, manager_id=PRIYA),
    success.AccountSignalReported(
        account_id=ACCOUNT,
        on=date(2025, 12, 24),
        usage=Decimal(85),
        adoption=Decimal(70),
        support_tickets=2,
        payment=success.PaymentStatus.CURRENT,
        engagement=success.EngagementLevel.HIGH,
        nps=9,
    ),
    success.ChurnAlertRaised(
        **_ALERT,
        account_name="Acme Corp",
        csm_id=NORA,
        score=65,
        message="Health score dropped to 65, immediate action needed",
        play="Schedule executive business review",
        reason="Usage declining, support tickets increasing",
    ),
    success.ChurnAlertAcknowledged(**_ALERT, acknowledged_by="nora.vance"),
    success.ChurnAlertSnoozed(**_ALERT, until=_at(30, 9), reason="Review meeting is on Thursday"),
    success.ChurnAlertResumed(**_ALERT, csm_id=NORA, account_name="Acme Corp"),
    success.ChurnAlertClosed(**_ALERT, outcome=success.AlertOutcome.SAVED, note="New sponsor", closed_by="nora.vance"),
    success.RenewalOpened(**_RENEWAL, contract_end=date(2026, 11, 24), arr=FIFTY_THOUSAND, csm_id=NORA),
    success.RenewalClosed(
        **_RENEWAL,
        outcome=success.RenewalOutcome.EXPANDED,
        previous_arr=FIFTY_THOUSAND,
        arr=SIXTY_THOUSAND,
        contract_end=date(2027, 11, 24),
    ),
    success.LifecycleStageChanged(
        party_id=ACCOUNT,
        stage=success.Stage.ONBOARDING,
        previous_stage=success.Stage.OPPORTUNITY,
        cause=f"onboarding-{PROJECT}@1",
        reason="the deal was won and the onboarding began",
        campaign_id=CAMPAIGN,
        continues=DANA,
    ),
    success.IdentityLinked(party_id=ACCOUNT, member=success.Member(kind=success.MemberKind.CONTACT, member_id=CONTACT)),
    success.CustomerProfileChanged(party_id=ACCOUNT, fields={"segment": "enterprise"}, changed=("segment",)),
    success.IdentitiesMerged(
        party_id=ACCOUNT,
        merged_id=OTHER_PARTY,
        members=(success.Member(kind=success.MemberKind.ACCOUNT, member_id=OTHER_PARTY),),
        fields={"segment": "enterprise"},
        reason="Same company under two names",
    ),
    success.MergedAway(party_id=OTHER_PARTY, into=ACCOUNT),
    success.IdentitiesUnmerged(
        party_id=ACCOUNT,
        merged_id=OTHER_PARTY,
        fields={"segment": "enterprise"},
        conflicts=(success.FieldConflict(field="website", restored=None, edited="acme.example"),),
        reason="Two companies after all",
    ),
    success.SplitOff(party_id=OTHER_PARTY, was_in=ACCOUNT),
    success.AccountVersionReported(account_id=ACCOUNT, version="2.1.6", previous="2.1.5", since=_at(26, 21)),
)

NOTIFIER: tuple[Event, ...] = (
    notifier.EmailSent(**_MAIL, attempts=1),
    notifier.EmailFailed(**_MAIL, attempts=1, reason="refused: 550 mailbox unavailable"),
    notifier.EmailOutcomeUnknown(**_MAIL, attempts=1, reason="no answer after the message was handed over"),
    notifier.EmailSuppressed(**_MAIL, cause="unsubscribed"),
    notifier.EmailOpened(**_MAIL, occurred_at=_at(17, 10, 30)),
    notifier.EmailClicked(
        **_MAIL, occurred_at=_at(17, 10, 31), link=0, url="https://nexa.example/webinars/q4/recording"
    ),
    notifier.UnsubscribeRequested(**_MAIL, occurred_at=_at(18, 8)),
    notifier.SurveyAnswered(
        notification_id=MAIL, kind="csat", about=DANA, score=9, comment="Quick fix, thank you!", occurred_at=_at(27, 9)
    ),
)

EXAMPLES: dict[type[Event], Event] = {
    type(event): event for event in (*MARKETING, *SCORING, *SALES, *SUCCESS, *NOTIFIER, *SUPPORT, *ANALYSIS)
}

ENVELOPE = Envelope(
    id=f"deal-{DEAL}@4",
    source="/nexa/sales",
    type="nexa.sales.DealClosedWon.v1",
    subject=f"deal-{DEAL}",
    time=_at(24, 9),
    recordedtime=_at(24, 9),
    streamversion=4,
    prevversion=3,
    correlationid="0b7e6c1c-5d0f-4a57-9a56-3c9a1f2d7e10",
    actor="maria",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    data=EXAMPLES[sales.DealClosedWon].model_dump(mode="json"),
)
"""The won deal as it stands on its topic."""
