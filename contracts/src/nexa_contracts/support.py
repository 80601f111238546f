"""What support tells the others: its roster, tickets, clocks, bugs, deployments, feature requests, weekly reviews."""

from datetime import date, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.success import Absence
from nexa_contracts.values import AccountId, Because, ContactId, Money, Value

AgentId = Annotated[UUID, Field(description="The person of support's roster.")]
TicketId = Annotated[UUID, Field(description="The ticket.")]
BugId = Annotated[UUID, Field(description="The bug.")]
DeploymentId = Annotated[UUID, Field(description="The deployment.")]
RequestId = Annotated[UUID, Field(description="The feature request.")]
Reference = Annotated[str, Field(description="What people call the ticket by.", examples=["T-7K3QX2M9AB"])]
Feature = Annotated[
    str | None,
    Field(description="Key of the affected feature in scoring's catalogue; null: not known.", examples=["data_export"]),
]
Version = Annotated[str, Field(description="Version of the product.", examples=["2.1.6"])]
Minutes = Annotated[int, Field(ge=1, description="Minutes of the policy's calendar.")]
NoticeId = Annotated[
    UUID | None,
    Field(
        description="The same on all tickets of a customer who is to hear of this once; null: the ticket is the only one."
    ),
]


class SupportRole(StrEnum):
    """What a person of the roster does."""

    AGENT = "agent"
    MANAGER = "support_manager"
    PRODUCT_MANAGER = "product_manager"
    ENGINEER = "engineer"


class AgentLevel(StrEnum):
    """Bugs of high priority go to senior agents."""

    STANDARD = "standard"
    SENIOR = "senior"


class Channel(StrEnum):
    """How a ticket came in."""

    EMAIL = "email"
    WEB = "web"
    CHAT = "chat"
    PHONE = "phone"
    API = "api"


class TicketType(StrEnum):
    """What kind of matter it is."""

    BUG = "bug"
    QUESTION = "question"
    FEATURE = "feature"
    INCIDENT = "incident"


class TicketPriority(StrEnum):
    """How soon somebody should look at it."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Severity(StrEnum):
    """How badly the product is hit; the clocks follow it."""

    P1 = "p1"
    P2 = "p2"
    P3 = "p3"
    P4 = "p4"


class TicketStatus(StrEnum):
    """Where the work on a ticket stands."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    MERGED = "merged"


class SlaClock(StrEnum):
    """What is promised: a first answer, the next one, a resolution."""

    ACKNOWLEDGE = "acknowledge"
    NEXT_RESPONSE = "next_response"
    RESOLVE = "resolve"


class ClockState(StrEnum):
    """How a promise stands; one that was kept too late stays breached."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"


class ClockMove(StrEnum):
    """What clocks go by."""

    SUBMITTED = "submitted"
    CUSTOMER_WROTE = "customer_wrote"
    ANSWERED = "answered"
    WAITING = "waiting"
    RESUMED = "resumed"
    SETTLED = "settled"
    REOPENED = "reopened"
    MERGED = "merged"
    UNMERGED = "unmerged"


class BugStatus(StrEnum):
    """Where a bug stands."""

    OPEN = "open"
    TRIAGED = "triaged"
    IN_PROGRESS = "in_progress"
    FIXED = "fixed"
    DECLINED = "declined"


class DeploymentType(StrEnum):
    """A hotfix mends; a release also brings."""

    HOTFIX = "hotfix"
    RELEASE = "release"


class RequestStatus(StrEnum):
    """Where a feature request stands."""

    NEW = "new"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    SHIPPED = "shipped"
    DECLINED = "declined"


class Shift(Value):
    """When a person works, on their own clock; a day may have several."""

    weekday: int = Field(ge=0, le=6, description="Monday is 0.")
    begins: time = Field(description="On the person's clock.", examples=["09:00:00"])
    ends: time = Field(description="Later than it begins; 00:00 is the end of the day.", examples=["17:00:00"])


class AgentUpdated(Event):
    """A person of the support roster, as they are now: agents, their managers, product managers, engineers."""

    agent_id: AgentId
    name: Annotated[str, Personal()] = Field(description="As colleagues know them.", examples=["Lea Brandt"])
    email: Annotated[str, Personal()] = Field(
        description="Where notices reach them.", examples=["lea.brandt@nexa.example"]
    )
    role: SupportRole = Field(description="What they do.")
    level: AgentLevel = Field(default=AgentLevel.STANDARD, description="Of an agent.")
    skills: tuple[str, ...] = Field(default=(), description="Features or fields they know.", examples=[["data_export"]])
    languages: tuple[str, ...] = Field(default=("en",), description="ISO 639-1, which they answer in.")
    capacity: int = Field(default=20, ge=0, description="Most open tickets at a time.")
    available: bool = Field(default=True, description="Whether they take new tickets now.")
    manager_id: UUID | None = Field(default=None, description="The person of the roster they report to.")
    time_zone: str = Field(default="UTC", description="IANA name.", examples=["Europe/Berlin"])
    shifts: tuple[Shift, ...] = Field(default=(), description="When they work; none: around the clock.")
    absences: tuple[Absence, ...] = Field(default=(), description="When they are away.")


class AgentName(Value):
    """A person of the roster as they were known at that time."""

    agent_id: AgentId
    name: Annotated[str, Personal()] = Field(description="As colleagues know them.", examples=["Lea Brandt"])


class Requester(Value):
    """Who wrote; the contact where the address is one's."""

    name: Annotated[str, Personal()] = Field(description="As they called themselves.", examples=["Sarah Miller"])
    email: Annotated[str | None, Personal()] = Field(
        default=None, description="Where answers reach them.", examples=["sarah.miller@acme.example"]
    )
    contact_id: ContactId | None = Field(default=None, description="The contact, where the address is known.")


class Attachment(Value):
    """A file that came with a message; its bytes are kept by support."""

    attachment_id: UUID = Field(description="Under which support hands it out.")
    filename: Annotated[str, Personal()] = Field(description="As it was called.", examples=["screenshot.png"])
    media_type: str = Field(description="What it is.", examples=["image/png"])
    size: int = Field(ge=0, description="Bytes.")


class TicketFields(Event):
    ticket_id: TicketId
    reference: Reference
    subject: Annotated[str, Personal()] = Field(
        description="What it is about, in a line.", examples=["Export function not working"]
    )
    account_id: UUID | None = Field(default=None, description="The account; null: nobody knows yet.")
    account_name: str | None = Field(default=None, description="Name of the company.", examples=["Acme Corp"])


class TicketSubmitted(TicketFields):
    """Somebody reported something."""

    description: Annotated[str, Personal()] = Field(
        description="What they wrote, as plain text.",
        examples=["When I try to export contacts to CSV, I get an error message"],
    )
    channel: Channel = Field(description="How it came in.")
    requester: Requester = Field(description="Who wrote.")
    submitted_at: AwareDatetime = Field(description="When.")
    impact: Annotated[str | None, Personal()] = Field(
        default=None, description="The customer's own word for what it does to them.", examples=["blocking work"]
    )
    product_version: str | None = Field(
        default=None, description="Version of the product they use, where known.", examples=["2.1.5"]
    )
    language: str = Field(default="en", description="ISO 639-1, of the text.")
    attachments: tuple[Attachment, ...] = Field(default=(), description="What came with it.")
    type: TicketType | None = Field(default=None, description="As the sender said; null: analysis says.")
    split_from: UUID | None = Field(default=None, description="The ticket it was taken out of.")


class TicketAccountFound(TicketFields):
    """The account of a ticket became known."""

    because: str = Field(
        description="How.", examples=["address of a contact", "domain of the account", "said by an agent"]
    )


class TicketClassified(TicketFields):
    """The analysis of a ticket was taken over, except what a person had said already."""

    type: TicketType | None = Field(description="Null: the analysis abstained.")
    priority: TicketPriority = Field(description="How soon somebody should look at it.")
    severity: Severity = Field(description="The clocks follow it.")
    feature: Feature = None
    sentiment: str | None = Field(default=None, description="How the sender feels.", examples=["frustrated"])
    urgency: str | None = Field(default=None, description="How pressing it is to them.", examples=["high"])
    similar: int = Field(default=0, ge=0, description="Similar tickets of the seven days before.")
    recommended_priority: Severity | None = Field(default=None, description="What the analysis recommends.")
    needs_person: bool = Field(default=False, description="Whether the analysis abstained from what routing needs.")
    analysis_id: str = Field(description="Id of the event of the analysis.")


class TicketCorrected(TicketFields):
    """An agent said otherwise than the analysis: a label for what learns from it."""

    field: str = Field(description="type, priority, severity, feature, sentiment or urgency.", examples=["feature"])
    before: str | None = Field(description="What stood there.")
    after: str = Field(description="What is right.")
    by: AgentName | None = Field(default=None, description="Who says so; null: somebody outside the roster.")
    analysis_id: str | None = Field(default=None, description="Id of the analysis it corrects; null: none was there.")


class TicketPrioritised(TicketFields):
    """Priority and severity are other ones now."""

    priority: TicketPriority = Field(description="From now on.")
    severity: Severity = Field(description="From now on.")
    reason: Annotated[str, Personal()] = Field(default="", description="Why.")


class TicketAssigned(TicketFields):
    """An agent is responsible for the ticket."""

    agent: AgentName = Field(description="Who.")
    previous: AgentName | None = Field(default=None, description="Who was before.")
    type: TicketType | None = Field(default=None, description="As it was known then.")
    priority: TicketPriority = Field(description="As it was known then.")
    instruction: str = Field(description="What to do.", examples=["Investigate within 2 hours"])
    due_at: AwareDatetime | None = Field(default=None, description="Until when.")
    because: Because = Field(description="Why this agent and none of the others.")


class TicketQueued(TicketFields):
    """Nobody can take the ticket now; it waits."""

    waiting_since: AwareDatetime = Field(description="Since when.")
    because: Because = Field(description="Why nobody.")


class TicketReplied(TicketFields):
    """A message of the conversation that the customer sees, from either side."""

    reply_id: UUID = Field(description="The message.")
    from_customer: bool = Field(description="Whether the customer wrote it.")
    author: Annotated[str, Personal()] = Field(description="Who wrote it.", examples=["Sarah Miller"])
    text: Annotated[str, Personal()] = Field(description="As plain text.")
    channel: Channel = Field(description="How it came in or goes out.")
    requester: Requester = Field(description="Whom the conversation is with.")
    attachments: tuple[Attachment, ...] = Field(default=(), description="What came with it.")


class InternalNoteAdded(TicketFields):
    """A note that no customer ever sees."""

    note_id: UUID = Field(description="The note.")
    author: Annotated[str, Personal()] = Field(description="Who wrote it.", examples=["Lea Brandt"])
    text: Annotated[str, Personal()] = Field(description="As plain text.")
    next_steps: Annotated[str, Personal()] = Field(default="", description="What should happen now.")


class TicketStatusChanged(TicketFields):
    """The work on a ticket stands elsewhere."""

    status: TicketStatus = Field(description="From now on.")
    previous: TicketStatus = Field(description="Until now.")
    reason: Annotated[str, Personal()] = Field(default="", description="Why.")


class TicketEscalated(TicketFields):
    """Support alone cannot solve it: priority critical, severity p1."""

    escalated_to: str = Field(description="Which team.", examples=["engineering_team"])
    reason: Annotated[str, Personal()] = Field(description="Why.")
    priority: TicketPriority = Field(description="From now on.")
    severity: Severity = Field(description="From now on.")
    feature: Feature = None
    agent: AgentName | None = Field(default=None, description="Who is responsible.")


class TicketLinked(TicketFields):
    """The ticket is about this bug."""

    bug_id: BugId
    because: str = Field(description="Said by a person, or suggested and taken.", examples=["said by Lea Brandt"])
    product_version: str | None = Field(default=None, description="Version the customer used when they wrote.")
    requester: Requester = Field(description="Who reported it.")


class TicketUnlinked(TicketFields):
    """The ticket is not about this bug after all."""

    bug_id: BugId
    reason: Annotated[str, Personal()] = Field(description="Why.")


class TicketAcknowledged(TicketFields):
    """The customer is told that the bug is known, how it stands, by when it will be fixed and what to do meanwhile."""

    requester: Requester = Field(description="Who is told.")
    bug_id: BugId
    status: str = Field(description="In words.", examples=["In Progress"])
    priority: str = Field(description="In words.", examples=["Critical (P1)"])
    eta: str = Field(description="In words.", examples=["Fix deployed within 24 hours"])
    eta_at: AwareDatetime | None = Field(default=None, description="The latest time that is meant.")
    workaround: str = Field(default="", description="What helps meanwhile.", examples=["Use JSON export temporarily"])
    notice_id: NoticeId = None


class TicketResolved(TicketFields):
    """The matter is settled, as far as support knows."""

    requester: Requester = Field(description="Who reported it.")
    resolution: Annotated[str, Personal()] = Field(description="In words.", examples=["Fix deployed in v2.1.6"])
    resolved_at: AwareDatetime = Field(description="When.")
    bug_id: UUID | None = Field(default=None, description="The bug whose fix settled it.")
    deployment_id: UUID | None = Field(default=None, description="The deployment that brought the fix.")
    version: str | None = Field(default=None, description="The version that has the fix.")
    tell_customer: bool = Field(default=True, description="False where the customer heard of the same fix already.")
    feature_name: str | None = Field(default=None, description="What was mended, in words.", examples=["CSV export"])
    notice_id: NoticeId = None


class TicketReopened(TicketFields):
    """It is not settled."""

    reason: Annotated[str, Personal()] = Field(description="Why.", examples=["The deployment of v2.1.6 was withdrawn"])
    bug_id: UUID | None = Field(default=None, description="The bug that is open again.")


class TicketMerged(TicketFields):
    """This ticket goes on in another one; its conversation is read there."""

    into_id: UUID = Field(description="The ticket that goes on.")
    into_reference: Reference


class TicketUnmerged(TicketFields):
    """This ticket goes on by itself again."""

    into_id: UUID = Field(description="The ticket it had gone on in.")


class TicketSplit(TicketFields):
    """Messages of this ticket became a ticket of their own."""

    new_ticket_id: UUID = Field(description="The new ticket.")
    reply_ids: tuple[UUID, ...] = Field(description="Messages that went there.")


class TicketSplitUndone(TicketFields):
    """The messages came back."""

    new_ticket_id: UUID = Field(description="The ticket that had been made.")


class MomentOfClocks(Value):
    """Something that clocks go by, and when it was."""

    move: ClockMove = Field(description="What.")
    at: AwareDatetime = Field(description="When.")


class ClockReading(Value):
    """A promise as it stands."""

    clock: SlaClock = Field(description="Which promise.")
    state: ClockState = Field(description="How it stands.")
    began_at: AwareDatetime = Field(description="When it was given; a ticket has several next responses.")
    target_minutes: int = Field(ge=1, description="What is promised, in minutes of the policy's calendar.")
    used_seconds: int = Field(ge=0, description="Time of the calendar that counted.")
    paused_seconds: int = Field(ge=0, description="Time of the calendar that did not, while it waited.")
    warn_at: AwareDatetime | None = Field(default=None, description="When the warning is due; null while paused.")
    due_at: AwareDatetime | None = Field(
        default=None, description="When it is broken unless it stops, or was; null while paused, and where kept."
    )
    ended_at: AwareDatetime | None = Field(default=None, description="When it was kept, in time or not.")
    next_step: int | None = Field(
        default=None, ge=0, description="What follows: 0 the warning, then steps of the escalation ladder."
    )
    next_at: AwareDatetime | None = Field(default=None, description="When it follows.")


class SlaClocksMoved(TicketFields):
    """Clocks began, paused, went on or stopped, or are measured by another policy.

    All `moments` of a ticket in their order are the whole history of its clocks.
    """

    at: AwareDatetime = Field(description="When they were read.")
    moments: tuple[MomentOfClocks, ...] = Field(default=(), description="What moved them; none: the policy did.")
    severity: Severity = Field(description="The ticket's; the policy follows it.")
    plan: str | None = Field(default=None, description="The account's plan, where it is known.")
    policy: str | None = Field(description="Name of the policy; null: none matches, nothing is promised.")
    policy_version: int = Field(ge=1, description="Version of the set of policies.")
    clocks: tuple[ClockReading, ...] = Field(default=(), description="Those that stand otherwise than before.")


class SlaClockFields(TicketFields):
    clock: SlaClock = Field(description="Which promise.")
    policy: str = Field(description="Name of the policy.", examples=["p1 around the clock"])
    policy_version: int = Field(ge=1, description="Version of the set of policies.")
    severity: Severity = Field(description="The ticket's, then.")
    target_minutes: int = Field(ge=1, description="What is promised, in minutes of the policy's calendar.")
    due_at: AwareDatetime = Field(description="When the promise is broken unless the clock stops.")
    agent: AgentName | None = Field(default=None, description="Who is responsible.")
    began_at: AwareDatetime | None = Field(default=None, description="When the promise was given.")
    next_at: AwareDatetime | None = Field(
        default=None, description="When the next step follows unless the clock stops; null: none does."
    )


class SlaWarned(SlaClockFields):
    """A promise will soon be broken."""


class SlaBreached(SlaClockFields):
    """A promise was broken."""

    step: int = Field(default=1, ge=1, description="Step of the escalation ladder; the agent first, then managers.")
    tell_id: UUID | None = Field(default=None, description="The person of the roster who is told.")


class CsatRequested(TicketFields):
    """The customer is asked, once, how content they are; the link is signed where the mail is written."""

    requester: Requester = Field(description="Who is asked.")
    notice_id: NoticeId = None


class CsatRecorded(TicketFields):
    """The customer answered; a later answer replaces an earlier one."""

    score: int = Field(ge=0, le=10, description="0 to 10.")
    comment: Annotated[str, Personal()] = Field(default="", description="In their own words.")
    agent: AgentName | None = Field(default=None, description="Who was responsible.")


class BugSuspected(Event):
    """Similar tickets of a week point to one cause: told to the product manager once per feature and week."""

    suspicion_id: UUID = Field(description="Of this feature in this week.")
    feature: str = Field(description="Key of the feature.", examples=["data_export"])
    feature_name: str = Field(description="In words.", examples=["Export function"])
    severity: Severity = Field(description="What is suspected.")
    similar: int = Field(ge=1, description="Similar tickets in the last week.", examples=[5])
    ticket_ids: tuple[UUID, ...] = Field(description="The tickets.")
    week: str = Field(description="ISO week.", examples=["2025-W47"])
    product_manager_id: UUID | None = Field(default=None, description="Who is told.")


class Impact(Value):
    """What a bug does, counted three ways as of a day."""

    tickets: int = Field(ge=0, description="Tickets that report it.")
    accounts: int = Field(ge=0, description="Accounts that report it or run an affected version.")
    arr: Money = Field(description="Their ARR in all.")


class BugFields(Event):
    bug_id: BugId
    title: str = Field(description="What is broken.", examples=["CSV export failing - missing dependency"])
    severity: Severity = Field(description="How badly.")
    feature: Feature = None
    feature_name: str | None = Field(
        default=None, description="What is broken, as customers call it.", examples=["CSV export"]
    )


class BugOpened(BugFields):
    """A bug was found, out of a ticket or by the team itself."""

    description: str = Field(default="", description="What is known.")
    affected_version: str | None = Field(default=None, description="Version that has it.", examples=["2.1.5"])
    ticket_ids: tuple[UUID, ...] = Field(default=(), description="Tickets it was opened from.")
    customer_impact: str = Field(default="", description="In words.", examples=["50+ customers affected"])
    workaround: str = Field(default="", description="What helps meanwhile.", examples=["Use JSON export temporarily"])
    reported_by: str = Field(description="Who opened it: a subject.")


class BugTriaged(BugFields):
    """Who mends it, when, and how much work it is."""

    engineer: AgentName | None = Field(default=None, description="Who mends it.")
    sprint: str | None = Field(default=None, description="When.", examples=["2025-W47"])
    story_points: int | None = Field(default=None, ge=0, le=100, description="How much work.", examples=[2])
    status: BugStatus = Field(description="From now on.")
    eta_at: AwareDatetime | None = Field(default=None, description="When the fix should be out.")


class BugChanged(BugFields):
    """Its title, description, severity, feature, version or workaround is another one."""

    description: str = Field(default="", description="What is known.")
    affected_version: str | None = Field(default=None, description="Version that has it.")
    workaround: str = Field(default="", description="What helps meanwhile.")
    customer_impact: str = Field(default="", description="In words.")


class BugAcknowledged(BugFields):
    """Its customers are to be told how it stands; those who report it later too, until it is fixed or declined."""

    status: str = Field(description="In words.", examples=["In Progress"])
    priority: str = Field(description="In words.", examples=["Critical (P1)"])
    eta: str = Field(default="", description="In words, as somebody wrote it; empty: as `eta_at` says.")
    eta_at: AwareDatetime | None = Field(default=None, description="When the fix should be out.")
    workaround: str = Field(default="", description="What helps meanwhile.", examples=["Use JSON export temporarily"])


class BugFixed(BugFields):
    """A deployment brought the fix."""

    version: Version
    deployment_id: DeploymentId
    rollout_percent: int = Field(ge=0, le=100, description="Share of accounts that run it; 100: all.")
    fixed_at: AwareDatetime = Field(description="When.")


class BugReopened(BugFields):
    """The fix is gone, or it did not hold."""

    reason: str = Field(description="Why.", examples=["reported again by an account on v2.1.6"])
    engineer: AgentName | None = Field(default=None, description="Who is told.")
    ticket_id: UUID | None = Field(default=None, description="The ticket that shows it.")
    version: str | None = Field(default=None, description="The version that was to have the fix.")
    recurred: bool = Field(
        default=False, description="Whether it was seen again, rather than withdrawn or reopened by hand."
    )
    deployment_id: UUID | None = Field(default=None, description="The deployment that had brought the fix.")
    withdrawn: bool = Field(
        default=False,
        description="Whether that deployment was taken back, so that the tickets it settled are open again.",
    )


class BugDeclined(BugFields):
    """It will not be mended."""

    reason: str = Field(description="Why.")


class DeploymentFields(Event):
    deployment_id: DeploymentId
    version: Version


class DeploymentCompleted(DeploymentFields):
    """A version is out, for all or for a share of the accounts."""

    deployment_type: DeploymentType = Field(description="A hotfix or a release.")
    changes: tuple[str, ...] = Field(description="In words.", examples=[["Fixed CSV export dependency issue"]])
    affected_features: tuple[str, ...] = Field(default=(), description="Keys of features.", examples=[["data_export"]])
    fixed_bugs: tuple[UUID, ...] = Field(default=(), description="Bugs that it mends.")
    rollout_percent: int = Field(
        ge=0, le=100, description="100: all accounts run it; less: those who report that they do."
    )
    deployed_at: AwareDatetime = Field(description="When.")
    shipped_requests: tuple[UUID, ...] = Field(default=(), description="Feature requests that it brings.")


class DeploymentRolledOut(DeploymentFields):
    """The share of accounts that run it grew."""

    rollout_percent: int = Field(ge=0, le=100, description="From now on.")
    fixed_bugs: tuple[UUID, ...] = Field(default=(), description="Bugs that it mends.")


class DeploymentWithdrawn(DeploymentFields):
    """It was taken back: what it mended is broken again."""

    reason: str = Field(description="Why.")
    fixed_bugs: tuple[UUID, ...] = Field(default=(), description="Bugs that it had mended.")


class RequestFields(Event):
    request_id: RequestId
    title: str = Field(description="What is wished for.", examples=["Enhanced export options (Excel, bulk, scheduled)"])
    feature: Feature = None


class FeatureRequested(RequestFields):
    """Customers wish for something."""

    description: str = Field(default="", description="What is known.")
    source: str = Field(description="Where it comes from.", examples=["customer_feedback"])
    business_value: str = Field(default="", description="In words.", examples=["High - frequently requested"])
    engineering_effort: str = Field(default="", description="In words.", examples=["Medium"])
    target_quarter: str | None = Field(default=None, description="When.", examples=["Q1 2026"])
    roadmap_effect: str = Field(
        default="", description="What it does to the roadmap.", examples=["Prioritize data export improvements in Q1"]
    )


class FeatureRequestChanged(RequestFields):
    """Status, value, effort or quarter are other ones."""

    status: RequestStatus = Field(description="From now on.")
    business_value: str = Field(default="", description="In words.")
    engineering_effort: str = Field(default="", description="In words.")
    target_quarter: str | None = Field(default=None, description="When.")
    roadmap_effect: str = Field(default="", description="What it does to the roadmap.")
    reason: str = Field(default="", description="Why.")


class FeatureVoted(RequestFields):
    """An account wishes for it; each account has one vote."""

    account_id: AccountId
    account_name: str = Field(description="Name of the company.", examples=["Acme Corp"])
    ticket_id: UUID | None = Field(default=None, description="The ticket that says so.")
    voter: Requester | None = Field(default=None, description="Who is told when it ships.")
    votes: int = Field(ge=1, description="Votes in all, with this one.")


class FeatureVoteWithdrawn(RequestFields):
    """An account does not wish for it any more."""

    account_id: AccountId
    votes: int = Field(ge=0, description="Votes in all, without this one.")


class Voter(Value):
    """An account that wished for it, and whom to tell."""

    account_id: AccountId
    account_name: str = Field(description="Name of the company.", examples=["Acme Corp"])
    requester: Requester | None = Field(default=None, description="Who is told.")


class FeatureShipped(RequestFields):
    """It is out."""

    version: str | None = Field(default=None, description="The version that brings it.")
    voters: tuple[Voter, ...] = Field(description="Who wished for it.")


class ReviewedFeature(Value):
    """A feature in a week's review."""

    feature: str = Field(description="Key of the feature.", examples=["data_export"])
    feature_name: str = Field(description="In words.", examples=["Export function"])
    tickets: int = Field(ge=0, description="Bug tickets of the week.", examples=[5])
    before: int = Field(ge=0, description="Bug tickets of the week before.")
    impact: str = Field(description="high, medium or low.", examples=["high"])
    accounts: int = Field(ge=0, description="Accounts that reported it.")
    arr: Money = Field(description="Their ARR in all.")
    bug_ids: tuple[UUID, ...] = Field(default=(), description="Bugs of the feature that were open in the week.")


class Recommendation(Value):
    """What the review recommends, with what it rests on."""

    text: str = Field(description="In words.", examples=["Invest in export feature testing"])
    evidence: str = Field(description="What it rests on.", examples=["5 bug tickets, 1 p1 bug, 0 recurrences"])


class WeeklyReviewPublished(Event):
    """What a week's tickets say about the product. A run again with other facts publishes a revision."""

    review_id: UUID = Field(description="Of this week.")
    week: str = Field(description="ISO week.", examples=["2025-W47"])
    first_day: date = Field(description="Its Monday.")
    revision: int = Field(ge=1, description="1 for the first.")
    top_bugs: tuple[ReviewedFeature, ...] = Field(description="By impact, then count.")
    rising: tuple[ReviewedFeature, ...] = Field(default=(), description="More tickets than the week before.")
    recommendations: tuple[Recommendation, ...] = Field(default=(), description="What should follow.")
    roadmap_effect: str = Field(
        default="", description="In words.", examples=["Prioritize data export improvements in Q1"]
    )


class Interval(Value):
    """Working time on a day of the week."""

    weekday: int = Field(ge=0, le=6, description="Monday is 0.")
    begins: time = Field(description="On the calendar's clock.", examples=["09:00:00"])
    ends: time = Field(description="Later than it begins; 00:00 is the end of the day.", examples=["12:30:00"])


class BusinessCalendar(Value):
    """When time counts."""

    name: str = Field(description="Under which policies name it.", examples=["Berlin office"])
    time_zone: str = Field(description="IANA name.", examples=["Europe/Berlin"])
    intervals: tuple[Interval, ...] = Field(description="Several a day are allowed; none at all: around the clock.")
    holidays_of: str | None = Field(
        default=None, description="ISO 3166-1 alpha-2, whose public holidays are free.", examples=["DE"]
    )
    holidays: tuple[date, ...] = Field(default=(), description="Further free days.")


class SlaPolicy(Value):
    """What is promised, to whom. The first that matches in their order counts."""

    name: str = Field(description="As people call it.", examples=["p1 around the clock"])
    severities: tuple[Severity, ...] = Field(default=(), description="For these; none: for all.")
    plans: tuple[str, ...] = Field(default=(), description="For accounts with these plans; none: for all.")
    calendar: str = Field(description="Name of the calendar.")
    acknowledge_minutes: Minutes
    next_response_minutes: Minutes
    resolve_minutes: Minutes
    warn_percent: int = Field(default=75, ge=1, le=99, description="Warned when so much of the time is used.")
    escalate_percent: tuple[int, ...] = Field(
        default=(50, 100),
        description="Further steps of the escalation ladder, in percent of the target beyond it, rising.",
    )


class SlaPoliciesChanged(Event):
    """A new version of the policies and calendars; the clocks of open tickets are computed anew from their history."""

    policies_id: UUID = Field(description="The set; there is one.")
    version: int = Field(ge=1, description="Rises by one with each change.")
    policies: tuple[SlaPolicy, ...] = Field(description="In the order in which they are tried.")
    calendars: tuple[BusinessCalendar, ...] = Field(description="That policies name.")
