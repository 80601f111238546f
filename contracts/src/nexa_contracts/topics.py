"""Which events travel on which topic, and under which key."""

from dataclasses import dataclass
from functools import cached_property

from nexa_contracts import marketing, notifier, sales, scoring
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
    "marketing", "lead_import", "import_id", (marketing.LeadImportStarted, marketing.LeadImportCompleted)
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
    (marketing.LeadEnrolledInNurture, marketing.NurtureStepDue, marketing.NurtureStopped),
)
SCORING_RULES = Topic("scoring", "scoring_rules", "rules_id", (scoring.ScoringRulesChanged,))
LEAD_SCORE = Topic("scoring", "lead_score", "lead_id", (scoring.LeadScored,))
REP = Topic("sales", "rep", "rep_id", (sales.RepUpdated,))
ASSIGNMENT = Topic(
    "sales",
    "assignment",
    "lead_id",
    (
        sales.LeadAssigned,
        sales.LeadQueued,
        sales.LeadSentToNurture,
        sales.LeadConverted,
        sales.LeadDisqualified,
        sales.LeadReleased,
    ),
)
IMPORT_ROUTING = Topic("sales", "import_routing", "import_id", (sales.ImportRouted,))
TASK = Topic(
    "sales", "task", "task_id", (sales.TaskCreated, sales.TaskReassigned, sales.TaskCompleted, sales.TaskOverdue)
)
ACCOUNT = Topic("sales", "account", "account_id", (sales.AccountCreated, sales.AccountUpdated))
CONTACT = Topic("sales", "contact", "contact_id", (sales.ContactCreated,))
DEAL = Topic(
    "sales",
    "deal",
    "deal_id",
    (
        sales.DealCreated,
        sales.DealStageChanged,
        sales.DealClosedWon,
        sales.DealClosedLost,
        sales.DealReopened,
    ),
)
NOTIFICATION = Topic(
    "notifier",
    "notification",
    "notification_id",
    (notifier.EmailSent, notifier.EmailFailed, notifier.EmailOutcomeUnknown),
)

ALL_TOPICS = (
    CAMPAIGN,
    LEAD_IMPORT,
    LEAD,
    NURTURE,
    SCORING_RULES,
    LEAD_SCORE,
    REP,
    ASSIGNMENT,
    IMPORT_ROUTING,
    TASK,
    ACCOUNT,
    CONTACT,
    DEAL,
    NOTIFICATION,
)

_TOPIC_OF = {model: topic for topic in ALL_TOPICS for model in topic.events}


def topic_of(model: type[Event]) -> Topic:
    """The topic that this event is published on. Raises KeyError for an event that is not published."""
    return _TOPIC_OF[model]
