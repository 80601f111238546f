"""One example of each event of support and of the analysis of tickets: Acme's ticket about the CSV export."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from nexa_contracts import scoring, support
from nexa_contracts.envelope import Event
from nexa_contracts.support import Severity, TicketPriority, TicketStatus, TicketType
from nexa_contracts.values import Because, Candidate, Money

ACCOUNT = UUID("acc0000b-70c1-5182-93b4-cfd0e15c000b")
TICKET, OTHER_TICKET, NEW_TICKET = (UUID(f"71c4000{n}-1a2b-5c3d-8e4f-5a6b7c8d000{n}") for n in (1, 2, 3))
LEA = UUID("a9e40011-2b3c-5d4e-8f50-6b7c8d9e0011")
OMAR = UUID("a9e40012-3c4d-5e5f-9061-7c8d9eaf0012")
PRIA = UUID("a9e40013-4d5e-5f60-a172-8d9eafb00013")
BUG = UUID("b0600021-5e6f-5071-b283-9eafb0c10021")
DEPLOYMENT = UUID("de900031-6f70-5182-83b4-afb0c1d20031")
REQUEST = UUID("fe900041-7081-5293-94c5-b0c1d2e30041")
REVIEW = UUID("4e150051-8192-53a4-a5d6-c1d2e3f40051")
SUSPICION = UUID("5a590061-92a3-54b5-b6e7-d2e3f4050061")
POLICIES = UUID("51a00071-a3b4-55c6-87f8-e3f405160071")
RULES = UUID("71c00081-b4c5-56d7-9809-f40516270081")
REPLY = UUID("4e910091-c5d6-57e8-a91a-051627380091")
ANALYSIS_ID = f"ticket_analysis-{TICKET}@1"


def _at(hour: int, minute: int = 0, day: int = 26) -> datetime:
    return datetime(2025, 11, day, hour, minute, tzinfo=UTC)


_LEA = support.AgentName(agent_id=LEA, name="Lea Brandt")
_OMAR = support.AgentName(agent_id=OMAR, name="Omar Haddad")
_SARAH = support.Requester(name="Sarah Miller", email="sarah.miller@acme.example")
_TICKET: dict[str, Any] = {
    "ticket_id": TICKET,
    "reference": "T-7K3QX2M9AB",
    "subject": "Export function not working",
    "account_id": ACCOUNT,
    "account_name": "Acme Corp",
}
_CLOCK: dict[str, Any] = {
    **_TICKET,
    "clock": support.SlaClock.RESOLVE,
    "policy": "p1 around the clock",
    "policy_version": 1,
    "severity": Severity.P1,
    "target_minutes": 1440,
    "due_at": _at(9, day=27),
    "agent": _LEA,
}
_BUG: dict[str, Any] = {
    "bug_id": BUG,
    "title": "CSV export failing - missing dependency",
    "severity": Severity.P1,
    "feature": "data_export",
}
_DEPLOYMENT: dict[str, Any] = {"deployment_id": DEPLOYMENT, "version": "2.1.6"}
_REQUEST: dict[str, Any] = {
    "request_id": REQUEST,
    "title": "Enhanced export options (Excel, bulk, scheduled)",
    "feature": "data_export",
}

SUPPORT: tuple[Event, ...] = (
    support.AgentUpdated(
        agent_id=LEA,
        name="Lea Brandt",
        email="lea.brandt@nexa.example",
        role=support.SupportRole.AGENT,
        level=support.AgentLevel.SENIOR,
        skills=("data_export",),
        shifts=(support.Shift(weekday=0, begins=time(9), ends=time(17)),),
    ),
    support.TicketSubmitted(
        **_TICKET,
        description="When I try to export contacts to CSV, I get an error message",
        channel=support.Channel.EMAIL,
        requester=_SARAH,
        submitted_at=_at(9),
        impact="blocking work",
        product_version="2.1.5",
        attachments=(
            support.Attachment(attachment_id=REPLY, filename="error.png", media_type="image/png", size=20_480),
        ),
    ),
    support.TicketAccountFound(**_TICKET, because="address of a contact"),
    support.TicketClassified(
        **_TICKET,
        type=TicketType.BUG,
        priority=TicketPriority.HIGH,
        severity=Severity.P2,
        feature="data_export",
        sentiment="frustrated",
        urgency="high",
        similar=5,
        recommended_priority=Severity.P1,
        analysis_id=ANALYSIS_ID,
    ),
    support.TicketCorrected(
        **_TICKET, field="sentiment", before="frustrated", after="neutral", by=_LEA, analysis_id=ANALYSIS_ID
    ),
    support.TicketPrioritised(
        **_TICKET, priority=TicketPriority.CRITICAL, severity=Severity.P1, reason="blocks core functionality"
    ),
    support.TicketAssigned(
        **_TICKET,
        agent=_LEA,
        type=TicketType.BUG,
        priority=TicketPriority.HIGH,
        instruction="Investigate within 2 hours",
        due_at=_at(11),
        because=Because(
            rule="bugs of high priority go to senior agents",
            facts={"type": "bug", "priority": "high"},
            candidates=(Candidate(id=str(LEA), name="Lea Brandt", taken=True, reason="least recently assigned"),),
        ),
    ),
    support.TicketQueued(
        **_TICKET, waiting_since=_at(9), because=Because(rule="bugs of high priority go to senior agents")
    ),
    support.TicketReplied(
        **_TICKET,
        reply_id=REPLY,
        from_customer=False,
        author="Lea Brandt",
        text="Thank you, we are looking into it.",
        channel=support.Channel.EMAIL,
        requester=_SARAH,
    ),
    support.InternalNoteAdded(
        **_TICKET,
        note_id=REPLY,
        author="Lea Brandt",
        text="Module csv-parser not found. All customers on v2.1.5 affected.",
        next_steps="Escalate to engineering immediately",
    ),
    support.TicketStatusChanged(**_TICKET, status=TicketStatus.IN_PROGRESS, previous=TicketStatus.OPEN),
    support.TicketEscalated(
        **_TICKET,
        escalated_to="engineering_team",
        reason="Critical - blocks core functionality",
        priority=TicketPriority.CRITICAL,
        severity=Severity.P1,
        feature="data_export",
        agent=_LEA,
    ),
    support.TicketLinked(**_TICKET, bug_id=BUG, because="said by Pria Nair", product_version="2.1.5", requester=_SARAH),
    support.TicketUnlinked(**_TICKET, bug_id=BUG, reason="another cause"),
    support.TicketAcknowledged(
        **_TICKET,
        requester=_SARAH,
        bug_id=BUG,
        status="In Progress",
        priority="Critical (P1)",
        eta="Fix deployed within 24 hours",
        eta_at=_at(9, day=27),
        workaround="You can use JSON export in the meantime.",
    ),
    support.TicketResolved(
        **_TICKET,
        requester=_SARAH,
        resolution="Fix deployed in v2.1.6",
        resolved_at=_at(21),
        bug_id=BUG,
        deployment_id=DEPLOYMENT,
        version="2.1.6",
        feature_name="Export function",
    ),
    support.TicketReopened(**_TICKET, reason="The deployment of v2.1.6 was withdrawn", bug_id=BUG),
    support.TicketMerged(**_TICKET, into_id=OTHER_TICKET, into_reference="T-9M2QK4TRWE"),
    support.TicketUnmerged(**_TICKET, into_id=OTHER_TICKET),
    support.TicketSplit(**_TICKET, new_ticket_id=NEW_TICKET, reply_ids=(REPLY,)),
    support.TicketSplitUndone(**_TICKET, new_ticket_id=NEW_TICKET),
    support.SlaClocksMoved(
        **_TICKET,
        at=_at(9, 15),
        moments=(support.MomentOfClocks(move=support.ClockMove.ANSWERED, at=_at(9, 15)),),
        severity=Severity.P1,
        policy="p1 around the clock",
        policy_version=1,
        clocks=(
            support.ClockReading(
                clock=support.SlaClock.ACKNOWLEDGE,
                state=support.ClockState.MET,
                began_at=_at(9),
                target_minutes=60,
                used_seconds=900,
                paused_seconds=0,
                ended_at=_at(9, 15),
            ),
        ),
    ),
    support.SlaWarned(**_CLOCK),
    support.SlaBreached(**_CLOCK, tell_id=LEA),
    support.CsatRequested(**_TICKET, requester=_SARAH),
    support.CsatRecorded(**_TICKET, score=9, comment="Quick fix, thank you!", agent=_LEA),
    support.BugSuspected(
        suspicion_id=SUSPICION,
        feature="data_export",
        feature_name="Export function",
        severity=Severity.P1,
        similar=5,
        ticket_ids=(TICKET, OTHER_TICKET),
        week="2025-W48",
        product_manager_id=PRIA,
    ),
    support.BugOpened(
        **_BUG,
        description="Export feature broken for all users on v2.1.5",
        affected_version="2.1.5",
        ticket_ids=(TICKET,),
        customer_impact="50+ customers affected",
        workaround="Use JSON export temporarily",
        reported_by="pria.nair",
    ),
    support.BugTriaged(
        **_BUG,
        engineer=_OMAR,
        sprint="2025-W48",
        story_points=2,
        status=support.BugStatus.IN_PROGRESS,
        eta_at=_at(9, day=27),
    ),
    support.BugChanged(**_BUG, affected_version="2.1.5", workaround="Use JSON export temporarily"),
    support.BugAcknowledged(
        **_BUG,
        status="In Progress",
        priority="Critical (P1)",
        eta_at=_at(9, day=27),
        workaround="Use JSON export temporarily",
    ),
    support.BugFixed(**_BUG, version="2.1.6", deployment_id=DEPLOYMENT, rollout_percent=100, fixed_at=_at(21)),
    support.BugReopened(
        **_BUG,
        reason="reported again by an account on v2.1.6",
        engineer=_OMAR,
        ticket_id=NEW_TICKET,
        version="2.1.6",
        recurred=True,
    ),
    support.BugDeclined(**_BUG, reason="Works as designed"),
    support.DeploymentCompleted(
        **_DEPLOYMENT,
        deployment_type=support.DeploymentType.HOTFIX,
        changes=("Fixed CSV export dependency issue",),
        affected_features=("data_export",),
        fixed_bugs=(BUG,),
        rollout_percent=100,
        deployed_at=_at(21),
    ),
    support.DeploymentRolledOut(**_DEPLOYMENT, rollout_percent=100, fixed_bugs=(BUG,)),
    support.DeploymentWithdrawn(**_DEPLOYMENT, reason="Log in fails for some", fixed_bugs=(BUG,)),
    support.FeatureRequested(
        **_REQUEST,
        source="customer_feedback",
        business_value="High - frequently requested",
        engineering_effort="Medium",
        target_quarter="Q1 2026",
        roadmap_effect="Prioritize data export improvements in Q1",
    ),
    support.FeatureRequestChanged(
        **_REQUEST, status=support.RequestStatus.PLANNED, target_quarter="Q1 2026", reason="fifteen accounts ask for it"
    ),
    support.FeatureVoted(
        **_REQUEST, account_id=ACCOUNT, account_name="Acme Corp", ticket_id=TICKET, voter=_SARAH, votes=15
    ),
    support.FeatureVoteWithdrawn(**_REQUEST, account_id=ACCOUNT, votes=14),
    support.FeatureShipped(
        **_REQUEST,
        version="2.2.0",
        voters=(support.Voter(account_id=ACCOUNT, account_name="Acme Corp", requester=_SARAH),),
    ),
    support.WeeklyReviewPublished(
        review_id=REVIEW,
        week="2025-W48",
        first_day=date(2025, 11, 24),
        revision=1,
        top_bugs=(
            support.ReviewedFeature(
                feature="data_export",
                feature_name="Export function",
                tickets=5,
                before=1,
                impact="high",
                accounts=5,
                arr=Money(amount=Decimal("250000.00")),
                bug_ids=(BUG,),
            ),
        ),
        recommendations=(
            support.Recommendation(
                text="Invest in export feature testing", evidence="5 bug tickets, 1 p1 bug, 0 recurrences"
            ),
        ),
        roadmap_effect="Prioritize data export improvements in Q1",
    ),
    support.SlaPoliciesChanged(
        policies_id=POLICIES,
        version=1,
        policies=(
            support.SlaPolicy(
                name="p1 around the clock",
                severities=(Severity.P1,),
                calendar="always",
                acknowledge_minutes=60,
                next_response_minutes=120,
                resolve_minutes=1440,
            ),
        ),
        calendars=(support.BusinessCalendar(name="always", time_zone="UTC", intervals=()),),
    ),
)

_EXPORT = scoring.CataloguedFeature(key="data_export", name="Export function", aliases=("export", "csv download"))


def _finding(value: str, confidence: str, because: str) -> scoring.Finding:
    return scoring.Finding(value=value, confidence=Decimal(confidence), because=because)


ANALYSIS: tuple[Event, ...] = (
    scoring.TicketRulesChanged(
        rules_id=RULES,
        version=1,
        features=(_EXPORT,),
        abstain_below=Decimal("0.5"),
        similar_from=Decimal("0.4"),
        window_days=90,
    ),
    scoring.TicketAnalyzed(
        ticket_id=TICKET,
        account_id=ACCOUNT,
        product_version="2.1.5",
        type=_finding("bug", "0.9", "says: error message, not working"),
        priority=_finding("high", "0.8", "blocking work"),
        sentiment=_finding("frustrated", "0.7", "says: not working, error"),
        urgency=_finding("high", "0.8", "blocking work"),
        feature=_finding("data_export", "0.9", "says: export, csv"),
        feature_name="Export function",
        category="product_bug",
        similar=(
            scoring.SimilarTicket(
                ticket_id=OTHER_TICKET,
                score=Decimal("0.71"),
                reason="same feature data_export, same version 2.1.5, words: csv, export",
                submitted_at=_at(15, day=24),
            ),
        ),
        similar_in_week=5,
        recommended_priority=_finding("p1", "0.8", "5 similar tickets in a week"),
        rules_version=1,
        caused_by=f"ticket-{TICKET}@1",
    ),
    scoring.SupportLoadChanged(
        ticket_id=TICKET, account_id=ACCOUNT, submitted_at=_at(9), counts=True, caused_by=f"ticket-{TICKET}@1"
    ),
)
