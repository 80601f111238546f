"""Which events travel on which topic, and under which key."""

from dataclasses import dataclass
from functools import cached_property

from nexa_contracts import marketing, notifier, sales, scoring, success, support
from nexa_contracts.envelope import Event, event_name


@dataclass(frozen=True)
class Topic:
    """The published events of one kind of aggregate; `key` is the field of each that holds the aggregate's id."""

    service: str
    aggregate: str
    key: str
    events: tuple[type[Event], ...]

    @cached_property
    def name(self) -> str:
        return f"nexa.{self.service}.{self.aggregate}.v1"

    def type_of(self, model: type[Event]) -> str:
        return f"nexa.{self.service}.{event_name(model)}.v{model.schema_version}"


CAMPAIGN = Topic(
    "marketing",
    "campaign",
    "campaign_id",
    (marketing.CampaignCreated, marketing.CampaignChanged, marketing.CampaignMetricsChanged),
)
LEAD_IMPORT = Topic(
    "marketing",
    "lead_import",
    "import_id",
    (marketing.LeadImportStarted, marketing.LeadImportCompleted, marketing.LeadImportReverted),
)
LEAD = Topic(
    "marketing",
    "lead",
    "lead_id",
    (
        marketing.LeadCreated,
        marketing.LeadUpdated,
        marketing.LeadEngaged,
        marketing.LeadWithdrawn,
        marketing.LeadUnsubscribed,
    ),
)
NURTURE = Topic(
    "marketing",
    "nurture",
    "enrolment_id",
    (
        marketing.LeadEnrolledInNurture,
        marketing.NurtureStepScheduled,
        marketing.NurtureStepDue,
        marketing.NurtureStepSkipped,
        marketing.NurtureMoved,
        marketing.NurtureStopped,
    ),
)
NURTURE_SERIES = Topic("marketing", "nurture_series", "series_id", (marketing.NurtureSeriesPublished,))
SCORING_RULES = Topic(
    "scoring",
    "scoring_rules",
    "rules_id",
    (scoring.ScoringRulesDrafted, scoring.ScoringRulesApproved, scoring.ScoringRulesChanged),
)
LEAD_SCORE = Topic("scoring", "lead_score", "lead_id", (scoring.LeadScored,))
HEALTH_RULES = Topic("scoring", "health_rules", "rules_id", (scoring.HealthRulesChanged,))
ACCOUNT_HEALTH = Topic(
    "scoring",
    "account_health",
    "account_id",
    (scoring.HealthScored, scoring.ChurnRiskDetected, scoring.ChurnRiskCleared),
)
REP = Topic("sales", "rep", "rep_id", (sales.RepUpdated, sales.RepWindowOpened, sales.RepLeft))
ROUTING_RULES = Topic(
    "sales",
    "routing_rules",
    "rules_id",
    (sales.RoutingRulesDrafted, sales.RoutingRulesApproved, sales.RoutingRulesChanged),
)
ASSIGNMENT = Topic(
    "sales",
    "assignment",
    "lead_id",
    (
        sales.LeadAssigned,
        sales.LeadQueued,
        sales.LeadWaitedTooLong,
        sales.LeadSentToNurture,
        sales.LeadConverted,
        sales.LeadDisqualified,
        sales.LeadRecycled,
        sales.FollowUpRecorded,
        sales.LeadReleased,
    ),
)
IMPORT_ROUTING = Topic("sales", "import_routing", "import_id", (sales.ImportRouted,))
TASK = Topic(
    "sales", "task", "task_id", (sales.TaskCreated, sales.TaskReassigned, sales.TaskCompleted, sales.TaskOverdue)
)
ACCOUNT = Topic(
    "sales",
    "account",
    "account_id",
    (
        sales.AccountCreated,
        sales.AccountUpdated,
        sales.AccountBecameCustomer,
        sales.AccountContractChanged,
        sales.AccountChurned,
        sales.AccountBecameProspect,
    ),
)
CONTACT = Topic("sales", "contact", "contact_id", (sales.ContactCreated,))
DEAL = Topic(
    "sales",
    "deal",
    "deal_id",
    (
        sales.DealCreated,
        sales.DealStageChanged,
        sales.DealDetailsChanged,
        sales.DealClosedWon,
        sales.DealClosedLost,
        sales.DealReopened,
        sales.DealReassigned,
        sales.DealHandoffReturned,
        sales.DealHandoffResubmitted,
    ),
)
CSM = Topic("success", "csm", "csm_id", (success.CsmUpdated,))
ONBOARDING_TEMPLATE = Topic("success", "onboarding_template", "template_id", (success.OnboardingTemplateChanged,))
ONBOARDING = Topic(
    "success",
    "onboarding",
    "project_id",
    (
        success.OnboardingStarted,
        success.OnboardingAssigned,
        success.OnboardingSpecialistAssigned,
        success.OnboardingPaused,
        success.OnboardingResumed,
        success.OnboardingCancelled,
        success.OnboardingCompleted,
        success.TaskCreated,
        success.TaskMoved,
        success.TaskReassigned,
        success.TaskRescheduled,
        success.TaskCommented,
        success.TaskCompleted,
        success.TaskOverdue,
        success.KickoffScheduled,
        success.KickoffMoved,
        success.KickoffCancelled,
        success.KickoffHeld,
        success.HandoffNoteWritten,
        success.HandoffNoteRead,
        success.HandoffReminded,
        success.HandoffAccepted,
        success.HandoffDeclined,
        success.HandoffEscalated,
    ),
)
ACCOUNT_SIGNALS = Topic("success", "account_signals", "account_id", (success.AccountSignalReported,))
CHURN_ALERT = Topic(
    "success",
    "churn_alert",
    "alert_id",
    (
        success.ChurnAlertRaised,
        success.ChurnAlertAcknowledged,
        success.ChurnAlertSnoozed,
        success.ChurnAlertResumed,
        success.ChurnAlertClosed,
    ),
)
RENEWAL = Topic("success", "renewal", "renewal_id", (success.RenewalOpened, success.RenewalClosed))
LIFECYCLE = Topic("success", "lifecycle", "party_id", (success.LifecycleStageChanged,))
IDENTITY = Topic(
    "success",
    "identity",
    "party_id",
    (
        success.IdentityLinked,
        success.CustomerProfileChanged,
        success.IdentitiesMerged,
        success.MergedAway,
        success.IdentitiesUnmerged,
        success.SplitOff,
    ),
)
ACCOUNT_VERSION = Topic("success", "account_version", "account_id", (success.AccountVersionReported,))
TICKET_RULES = Topic("scoring", "ticket_rules", "rules_id", (scoring.TicketRulesChanged,))
TICKET_ANALYSIS = Topic("scoring", "ticket_analysis", "ticket_id", (scoring.TicketAnalyzed, scoring.SupportLoadChanged))
AGENT = Topic("support", "agent", "agent_id", (support.AgentUpdated,))
TICKET = Topic(
    "support",
    "ticket",
    "ticket_id",
    (
        support.TicketSubmitted,
        support.TicketAccountFound,
        support.TicketClassified,
        support.TicketCorrected,
        support.TicketPrioritised,
        support.TicketAssigned,
        support.TicketQueued,
        support.TicketReplied,
        support.InternalNoteAdded,
        support.TicketStatusChanged,
        support.TicketEscalated,
        support.TicketLinked,
        support.TicketUnlinked,
        support.TicketAcknowledged,
        support.TicketResolved,
        support.TicketReopened,
        support.TicketMerged,
        support.TicketUnmerged,
        support.TicketSplit,
        support.TicketSplitUndone,
        support.SlaClocksMoved,
        support.SlaWarned,
        support.SlaBreached,
        support.CsatRequested,
        support.CsatRecorded,
    ),
)
SUSPICION = Topic("support", "suspicion", "suspicion_id", (support.BugSuspected,))
BUG = Topic(
    "support",
    "bug",
    "bug_id",
    (
        support.BugOpened,
        support.BugTriaged,
        support.BugChanged,
        support.BugAcknowledged,
        support.BugFixed,
        support.BugReopened,
        support.BugDeclined,
    ),
)
DEPLOYMENT = Topic(
    "support",
    "deployment",
    "deployment_id",
    (support.DeploymentCompleted, support.DeploymentRolledOut, support.DeploymentWithdrawn),
)
FEATURE_REQUEST = Topic(
    "support",
    "feature_request",
    "request_id",
    (
        support.FeatureRequested,
        support.FeatureRequestChanged,
        support.FeatureVoted,
        support.FeatureVoteWithdrawn,
        support.FeatureShipped,
    ),
)
WEEKLY_REVIEW = Topic("support", "weekly_review", "review_id", (support.WeeklyReviewPublished,))
SLA_POLICIES = Topic("support", "sla_policies", "policies_id", (support.SlaPoliciesChanged,))
NOTIFICATION = Topic(
    "notifier",
    "notification",
    "notification_id",
    (
        notifier.EmailSent,
        notifier.EmailFailed,
        notifier.EmailOutcomeUnknown,
        notifier.EmailSuppressed,
        notifier.EmailOpened,
        notifier.EmailClicked,
        notifier.UnsubscribeRequested,
        notifier.SurveyAnswered,
    ),
)

ALL_TOPICS = (
    CAMPAIGN,
    LEAD_IMPORT,
    LEAD,
    NURTURE,
    NURTURE_SERIES,
    SCORING_RULES,
    LEAD_SCORE,
    HEALTH_RULES,
    ACCOUNT_HEALTH,
    REP,
    ROUTING_RULES,
    ASSIGNMENT,
    IMPORT_ROUTING,
    TASK,
    ACCOUNT,
    CONTACT,
    DEAL,
    CSM,
    ONBOARDING_TEMPLATE,
    ONBOARDING,
    ACCOUNT_SIGNALS,
    CHURN_ALERT,
    RENEWAL,
    LIFECYCLE,
    IDENTITY,
    ACCOUNT_VERSION,
    TICKET_RULES,
    TICKET_ANALYSIS,
    AGENT,
    TICKET,
    SUSPICION,
    BUG,
    DEPLOYMENT,
    FEATURE_REQUEST,
    WEEKLY_REVIEW,
    SLA_POLICIES,
    NOTIFICATION,
)

_TOPIC_OF = {model: topic for topic in ALL_TOPICS for model in topic.events}


def topic_of(model: type[Event]) -> Topic:
    """The topic that this event is published on. Raises KeyError for an event that is not published."""
    return _TOPIC_OF[model]
