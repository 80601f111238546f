"""What sales tells the others: the roster, who follows up which lead, tasks, accounts, contacts, deals."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.marketing import CampaignName, CompanySize, LeadSourceKind
from nexa_contracts.values import (
    AccountId,
    AccountName,
    Band,
    Because,
    CampaignId,
    ContactId,
    DealId,
    ImportId,
    LeadId,
    Money,
    OriginalImport,
    Points,
    RepId,
    TaskId,
    Value,
)

AcquiringCampaign = Annotated[UUID | None, Field(description="The campaign of the deal's lead; null without a lead.")]
SourceLabel = Annotated[str, Field(description="The lead's source as a person named it.", examples=["Webinar Q4"])]
SourceKind = Annotated[LeadSourceKind, Field(description="Kind of the lead's source.")]
Round = Annotated[int, Field(ge=1, description="How often it has come to sales: 2 once it was recycled.")]
Country = Annotated[str | None, Field(description="ISO 3166-1 alpha-2, if known.", examples=["US"])]
AccountSize = Annotated[CompanySize | None, Field(description="Size of the company, if known.")]


class RepLevel(StrEnum):
    """Senior reps take High leads, standard reps Medium ones; managers hear of what is overdue."""

    SENIOR = "senior"
    STANDARD = "standard"
    MANAGER = "manager"


class TaskKind(StrEnum):
    """What a task is for. The follow-ups of routing, and what a person wrote down."""

    CALL_HOT_LEAD = "call_hot_lead"
    FOLLOW_UP = "follow_up"
    OTHER = "other"


class TaskPriority(StrEnum):
    """Urgent tasks come first."""

    URGENT = "urgent"
    NORMAL = "normal"


class AssignmentReason(StrEnum):
    """First routing; out of the waiting queue; into a higher band; by a person."""

    FIRST = "first"
    FROM_QUEUE = "from_queue"
    REROUTED = "rerouted"
    REASSIGNED = "reassigned"


class FollowUpChannel(StrEnum):
    """How a rep was in touch."""

    CALL = "call"
    MAIL = "mail"


class FollowUpOutcome(StrEnum):
    """Of a call: reached, no_answer, voicemail, call_back (they asked for another time). Of a mail: sent, replied."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    CALL_BACK = "call_back"
    SENT = "sent"
    REPLIED = "replied"


class DealStage(StrEnum):
    """Three open stages in their order, and the two a deal is closed in."""

    QUALIFICATION = "qualification"
    PROPOSAL = "proposal"
    NEGOTIATION = "negotiation"
    CLOSED_WON = "closed_won"
    CLOSED_LOST = "closed_lost"


class Absence(Value):
    """Days on which a rep takes no leads, by the calendar of UTC."""

    first_day: date = Field(description="The first day away.", examples=["2025-12-22"])
    last_day: date = Field(description="The last day away.", examples=["2026-01-02"])


class RepUpdated(Event):
    """A person of the sales roster, as they are now."""

    rep_id: RepId
    name: Annotated[str, Personal()] = Field(description="As colleagues know them.", examples=["Maria Lind"])
    email: Annotated[str, Personal()] = Field(
        description="Where notices reach them.", examples=["maria.lind@nexa.example"]
    )
    level: RepLevel = Field(description="Which leads they take.")
    territories: tuple[str, ...] = Field(default=(), description="Those they serve; empty: any.", examples=[("emea",)])
    products: tuple[str, ...] = Field(
        default=(), description="Those they sell; empty: any.", examples=[("Enterprise Plan",)]
    )
    capacity: int = Field(ge=0, description="Most open leads at a time.", examples=[20])
    available: bool = Field(default=True, description="Whether they take leads now.")
    manager_id: UUID | None = Field(default=None, description="The person of the roster they report to.")
    window_capacity: int | None = Field(
        default=None, ge=0, description="Most new leads in a window of days; null: no such limit.", examples=[10]
    )
    window_days: int = Field(default=7, ge=1, description="How many days such a window has.")
    absences: tuple[Absence, ...] = Field(default=(), description="Days away, those past left out.")
    away: bool = Field(default=False, description="One of the absences is now; they take no leads until it ends.")


class RepWindowOpened(Event):
    """A new window began in which the rep takes so many new leads."""

    rep_id: RepId
    since: AwareDatetime = Field(description="When it began.")
    until: AwareDatetime = Field(description="When the next one begins.")
    capacity: int = Field(ge=0, description="Most new leads in it, as the roster said when it began.", examples=[10])


class RepLeft(Event):
    """The person is no longer on the roster. Their open leads and tasks are given to others."""

    rep_id: RepId
    name: Annotated[str, Personal()] = Field(description="As colleagues knew them.", examples=["Maria Lind"])
    reason: Annotated[str, Personal()] = Field(description="In the manager's words.", examples=["Moved to marketing"])
    manager_id: UUID | None = Field(default=None, description="The person of the roster they reported to.")


class RoutingRule(Value):
    """One of the rules that leads are routed by: what it takes, and to whom. The first that takes a lead decides."""

    name: str = Field(description="What it does, in words.", examples=["high band to senior reps"])
    band: Band = Field(description="The band it takes: High or Medium. Low leads are marketing's.")
    level: RepLevel = Field(description="The reps it gives them to.")
    territories: tuple[str, ...] = Field(
        default=(), description="The leads' territories that it takes; empty: any.", examples=[("emea",)]
    )
    products: tuple[str, ...] = Field(
        default=(), description="The products asked about that it takes; empty: any.", examples=[("Enterprise Plan",)]
    )
    alert_after_hours: int = Field(
        default=24, ge=1, description="When a lead has waited so long for a rep, managers are told.", examples=[4]
    )


RulesId = Annotated[UUID, Field(description="The rule set; there is one.")]
RulesVersion = Annotated[int, Field(ge=2, description="Rises with each draft; 1 is the set of the beginning.")]
RoutingRules = Annotated[
    tuple[RoutingRule, ...],
    Field(description="In the order in which they are tried; the first that takes a lead decides."),
]
DraftedBy = Annotated[str, Field(description="Subject of the person who wrote this version.", examples=["victor"])]


class RoutingRulesDrafted(Event):
    """Somebody proposes other rules. They take the place of the draft before, and void its approval."""

    rules_id: RulesId
    version: RulesVersion
    rules: RoutingRules
    drafted_by: DraftedBy
    based_on: int = Field(ge=1, description="The version in force when it was written.")


class RoutingRulesApproved(Event):
    """A second person approves this version of the draft, and no other."""

    rules_id: RulesId
    version: RulesVersion
    drafted_by: DraftedBy
    approved_by: str = Field(description="Subject of the person who approved it.", examples=["wilma"])


class RoutingRulesChanged(Event):
    """A new version of the routing rules is in force. It counts for leads routed from then on."""

    rules_id: RulesId
    version: RulesVersion
    rules: RoutingRules
    drafted_by: DraftedBy
    approved_by: str = Field(description="Subject of the person who approved it.", examples=["wilma"])


class RoutedLead(Event):
    """What routing knew of a lead when it decided."""

    lead_id: LeadId
    campaign_id: CampaignId
    import_id: OriginalImport = None
    band: Band = Field(description="The band it was routed by.")
    score: Points
    territory: str | None = Field(default=None, description="The lead's sales territory, if known.", examples=["emea"])
    product_interest: str | None = Field(
        default=None, description="Product the lead asked about.", examples=["Enterprise Plan"]
    )
    source_label: SourceLabel = ""
    source_kind: SourceKind = LeadSourceKind.OTHER
    round: Round = 1


class LeadAssigned(RoutedLead):
    """A rep follows up this lead from now on."""

    rep_id: RepId
    reason: AssignmentReason = Field(description="What led to it.")
    previous_rep_id: UUID | None = Field(default=None, description="Who had the lead before.")
    manager_id: UUID | None = Field(default=None, description="The rep's manager at that time.")
    turn: int = Field(
        default=0, ge=0, description="Counts the assignments of all reps; the rep with the lowest is next."
    )
    because: Because = Field(description="The rule, and why this rep and none of the others.")


class LeadQueued(RoutedLead):
    """Nobody can take the lead now; it waits for a rep."""

    reason: str = Field(description="Why nobody could take it.", examples=["All senior reps are at capacity."])
    since: AwareDatetime = Field(description="When it began to wait.")
    first: bool = Field(default=True, description="It had not been routed before.")
    previous_rep_id: UUID | None = Field(
        default=None, description="Who had the lead before, if a rep's leaving led to it."
    )
    alert_at: AwareDatetime | None = Field(default=None, description="When managers are told that it still waits.")
    because: Because = Field(description="The rule, and why none of the reps.")


class LeadWaitedTooLong(Event):
    """The lead still waits for a rep when its rule says that managers are to know. Told once for each wait."""

    lead_id: LeadId
    campaign_id: CampaignId
    import_id: OriginalImport = None
    band: Band = Field(description="The band it was routed by.")
    since: AwareDatetime = Field(description="When it began to wait.")
    reason: str = Field(description="Why nobody can take it.", examples=["Of 2 senior reps 2 at capacity"])
    manager_ids: tuple[UUID, ...] = Field(
        description="Managers of the reps who could take it; all managers of the roster where those have none."
    )


class LeadSentToNurture(RoutedLead):
    """Routing left the lead to marketing's series."""

    because: Because | None = Field(default=None, description="The rule that left it there.")


class LeadConverted(Event):
    """A lead became a contact of an account, with a deal."""

    lead_id: LeadId
    campaign_id: CampaignId
    import_id: OriginalImport = None
    contact_id: ContactId
    account_id: AccountId
    account_matched: bool = Field(description="The account was there before.")
    deal_id: DealId
    amount: Money = Field(description="What the deal is expected to bring.")
    rep_id: UUID | None = Field(description="Who had the lead; null if nobody had.")
    band: Band | None = Field(default=None, description="The lead's band at that time; null if it had no score yet.")
    source_label: SourceLabel = ""
    source_kind: SourceKind = LeadSourceKind.OTHER
    round: Round = 1
    because: Because | None = Field(
        default=None, description="Why this account: what it was matched on, and the others."
    )


class LeadDisqualified(Event):
    """A rep found that the lead is none."""

    lead_id: LeadId
    campaign_id: CampaignId
    import_id: OriginalImport = None
    rep_id: UUID | None = Field(description="Who had the lead; null if nobody had.")
    reason: Annotated[str, Personal()] = Field(description="In the rep's words.", examples=["Student, no budget"])
    recycle_at: AwareDatetime | None = Field(default=None, description="When it comes back to sales; null: never.")
    round: Round = 1


class LeadRecycled(RoutedLead):
    """A disqualified lead has come back as agreed. High and Medium ones are routed anew, Low ones are marketing's."""

    reason: Annotated[str, Personal()] = Field(
        description="Why it was disqualified, in the rep's words.", examples=["No budget before spring"]
    )


class NextStep(Value):
    """What to do next about a lead, and why. A proposal: it is a task once somebody takes it."""

    title: str = Field(description="What to do.", examples=["Call again"])
    due_at: AwareDatetime = Field(description="By when.")
    priority: TaskPriority = Field(description="Urgent for High leads.")
    reason: str = Field(description="What it follows from.", examples=["no answer at the first attempt"])


class FollowUpRecorded(Event):
    """A rep called or wrote to the lead, and this came of it."""

    lead_id: LeadId
    campaign_id: CampaignId
    import_id: OriginalImport = None
    rep_id: RepId
    channel: FollowUpChannel = Field(description="How.")
    outcome: FollowUpOutcome = Field(description="What came of it.")
    attempt: int = Field(ge=1, description="Counts calls and mails since the lead was last reached, this one too.")
    found_interest: bool | None = Field(default=None, description="Whether there is interest; null where nobody said.")
    note: Annotated[str, Personal()] = Field(default="", description="In the rep's words.", examples=["Wants a demo"])
    recorded_by: str = Field(description="Subject of the person who wrote it down.", examples=["maria"])
    task_id: UUID | None = Field(default=None, description="The task that is done by it, if one is.")
    next_step: NextStep = Field(description="What to do next.")
    round: Round = 1


class LeadReleased(Event):
    """Marketing withdrew the lead; nobody follows it up any more, and it counts as dealt with."""

    lead_id: LeadId
    campaign_id: CampaignId
    import_id: OriginalImport = None
    rep_id: UUID | None = Field(default=None, description="Who had the lead; null if nobody had.")
    first: bool = Field(default=False, description="It had not been routed before, and will not be.")
    round: Round = 1


class RepCount(Value):
    """What one rep got out of an import."""

    rep_id: RepId
    high: int = Field(default=0, ge=0, description="High leads.")
    medium: int = Field(default=0, ge=0, description="Medium leads.")


class ImportRouted(Event):
    """Each lead that the import created has been routed once."""

    import_id: ImportId
    campaign_id: CampaignId
    campaign_name: CampaignName
    reps: tuple[RepCount, ...] = Field(description="Each rep that got leads, with how many.")
    waiting: int = Field(ge=0, description="Leads that wait for a rep.")
    nurture: int = Field(ge=0, description="Leads left to marketing's series.")
    total: int = Field(ge=0, description="Leads the import created.")


class TaskCreated(Event):
    """Somebody has something to do, by a time."""

    task_id: TaskId
    kind: TaskKind = Field(description="What it is for.")
    title: str = Field(description="What to do.", examples=["Call hot webinar lead", "Follow up on webinar attendee"])
    rep_id: RepId
    lead_id: LeadId
    campaign_id: CampaignId
    import_id: OriginalImport = None
    priority: TaskPriority = Field(description="Urgent ones come first.")
    due_at: AwareDatetime = Field(description="When it has to be done.")


class TaskReassigned(Event):
    """The task is somebody else's now."""

    task_id: TaskId
    lead_id: LeadId
    rep_id: RepId
    previous_rep_id: UUID = Field(description="Whose it was.")
    reason: str = Field(default="", description="Why, where it is not only that the lead changed hands.")


class TaskCompleted(Event):
    """The task is done, or no longer needed."""

    task_id: TaskId
    lead_id: LeadId
    rep_id: RepId
    outcome: Annotated[str, Personal()] = Field(
        description="What came of it.", examples=["interested, meets us on Tuesday"]
    )
    completed_by: str = Field(description="A person's subject, or the id of the event that proved it done.")
    found_interest: bool | None = Field(
        default=None, description="Whether the follow-up found interest; null where nobody said."
    )


class TaskOverdue(Event):
    """The task's due time passed while it was open."""

    task_id: TaskId
    lead_id: LeadId
    rep_id: RepId
    manager_id: UUID | None = Field(default=None, description="The rep's manager; null if the roster names none.")
    title: str = Field(description="What was to be done.", examples=["Call hot webinar lead"])
    due_at: AwareDatetime = Field(description="When it had to be done.")


class AccountFields(Event):
    account_id: AccountId
    name: AccountName
    country: Country = None
    company_size: AccountSize = None


class AccountCreated(AccountFields):
    """A company became an account."""


class AccountUpdated(AccountFields):
    """An account's fields, as they are now."""


class AccountBecameCustomer(Event):
    """A deal of the account was won: it is a customer now, with a contract."""

    account_id: AccountId
    account_name: AccountName
    deal_id: DealId
    customer_since: date = Field(description="The day the deal was won.")
    arr: Money = Field(description="What the contract brings, a year.")
    contract_end: date = Field(description="Twelve months later; of 29 February, 28 February.")


class AccountContractChanged(Event):
    """The account's contract has another value or end: a renewal, or a further deal."""

    account_id: AccountId
    arr: Money = Field(description="What it brings from now on, a year.")
    previous_arr: Money = Field(description="What it brought before, a year.")
    contract_end: date = Field(description="When it ends now.")
    previous_contract_end: date = Field(description="When it ended before.")
    reason: str = Field(description="What led to it.", examples=["renewal won", "renewal expanded", "deal won"])
    caused_by: str = Field(description="Id of the event that led to it.")
    customer_since: date | None = Field(
        default=None, description="Since when it is a customer, where that turned out to be another day than was told."
    )


class AccountChurned(Event):
    """The account is no customer any more."""

    account_id: AccountId
    account_name: AccountName
    churned_on: date = Field(description="The day its renewal was lost.")
    arr: Money = Field(description="What was lost, a year.")
    reason: Annotated[str, Personal()] = Field(description="Why.", examples=["Project was stopped"])
    customer_since: date | None = Field(default=None, description="Since when it was a customer.")
    contract_end: date | None = Field(default=None, description="When its last contract ends.")


class AccountBecameProspect(Event):
    """The deal that made the account a customer was reopened; it is a prospect again."""

    account_id: AccountId
    deal_id: DealId
    reason: str = Field(description="Why the deal was reopened.", examples=["Signature was withdrawn"])


class ContactCreated(Event):
    """A person became a contact of an account."""

    contact_id: ContactId
    account_id: AccountId
    lead_id: UUID | None = Field(default=None, description="The lead it was before, if it was one.")
    first_name: Annotated[str | None, Personal()] = Field(default=None, description="Given name.", examples=["Dana"])
    last_name: Annotated[str | None, Personal()] = Field(default=None, description="Family name.", examples=["Reyes"])
    email: Annotated[str | None, Personal()] = Field(
        default=None, description="Address.", examples=["dana.reyes@acme.example"]
    )
    phone: Annotated[str | None, Personal()] = Field(default=None, description="As it was written.")
    title: Annotated[str | None, Personal()] = Field(
        default=None, description="What the person does there.", examples=["IT Director"]
    )


class ProductLine(Value):
    """One product of a deal."""

    product: str = Field(description="Its name.", examples=["Enterprise Plan"])
    seats: int | None = Field(default=None, ge=1, description="For how many people; null where that does not apply.")
    amount: Money | None = Field(default=None, description="Its part of the deal's amount, if it is known.")


class KeyContact(Value):
    """Somebody of the customer whom the handoff should know."""

    name: Annotated[str, Personal()] = Field(description="As people call them.", examples=["Tom"])
    role: str = Field(description="What they are to the deal.", examples=["primary", "IT", "admin"])
    contact_id: UUID | None = Field(default=None, description="The contact, where it is one.")


class DealDetails(Value):
    """What was sold and promised: the handoff note is written from it."""

    products: tuple[ProductLine, ...] = Field(default=(), description="What was sold.")
    special_requirements: tuple[str, ...] = Field(
        default=(), description="What the customer needs besides.", examples=[("Salesforce integration", "SSO")]
    )
    key_contacts: tuple[KeyContact, ...] = Field(default=(), description="Whom to know.")
    sales_notes: Annotated[str, Personal()] = Field(
        default="", description="In the rep's words.", examples=["Very engaged, high adoption likely"]
    )
    timeline: str = Field(default="", description="What was agreed about time.", examples=["Go-live by end of month"])
    expected_close: date | None = Field(default=None, description="When the deal should close.")


class DealCreated(Event):
    """A deal was opened."""

    deal_id: DealId
    account_id: AccountId
    primary_contact_id: ContactId
    lead_id: UUID | None = Field(default=None, description="The lead it came from, if it came from one.")
    campaign_id: AcquiringCampaign = None
    rep_id: UUID | None = Field(description="Who works on it; null if nobody does yet.")
    name: str = Field(description="As people call it.", examples=["Acme Corp"])
    amount: Money = Field(description="What it is expected to bring.")
    stage: DealStage = Field(default=DealStage.QUALIFICATION, description="Where it begins.")
    source_label: SourceLabel = ""
    source_kind: SourceKind = LeadSourceKind.OTHER


class DealDetailsChanged(Event):
    """What was sold and promised, as it is now."""

    deal_id: DealId
    account_id: AccountId
    details: DealDetails = Field(description="All of it.")
    changed: tuple[str, ...] = Field(description="Names of the fields that differ.", examples=[("products",)])


class DealReassigned(Event):
    """The deal is another rep's now."""

    deal_id: DealId
    account_id: AccountId
    campaign_id: AcquiringCampaign = None
    rep_id: RepId
    previous_rep_id: UUID | None = Field(description="Whose it was; null if nobody's.")
    reason: str = Field(description="Why.", examples=["Maria Lind left"])


class DealHandoffReturned(Event):
    """Customer success sent the handoff back; the rep has to complete it."""

    deal_id: DealId
    account_id: AccountId
    rep_id: UUID | None = Field(description="Who sold it.")
    reason: Annotated[str, Personal()] = Field(
        description="What is missing.", examples=["No technical contact is named"]
    )
    round: int = Field(default=1, ge=1, description="Counts how often sales had handed it over.")


class DealHandoffResubmitted(Event):
    """The rep handed the deal over again."""

    deal_id: DealId
    account_id: AccountId
    details: DealDetails = Field(description="As they are now.")
    note: Annotated[str, Personal()] = Field(
        description="What changed.", examples=["Tom (IT) is the technical contact"]
    )


class DealStageChanged(Event):
    """A deal moved to another open stage."""

    deal_id: DealId
    campaign_id: AcquiringCampaign = None
    stage: DealStage = Field(description="Where it is now.")
    previous_stage: DealStage = Field(description="Where it was.")


class DealClosedWon(Event):
    """A deal was won; its contract is signed."""

    deal_id: DealId
    account_id: AccountId
    campaign_id: AcquiringCampaign = None
    amount: Money = Field(description="What it brought; may differ from what was expected.")
    contract_signed: Literal[True] = Field(default=True, description="Without a signed contract nothing is won.")
    contract_url: str | None = Field(
        default=None,
        description="Kept as text; nothing fetches it.",
        examples=["s3://contracts/acme_2025.pdf"],
    )
    closed_at: AwareDatetime = Field(description="When it was won.")
    name: str | None = Field(default=None, description="As people call the deal.", examples=["Acme Corp"])
    primary_contact_id: UUID | None = Field(default=None, description="The customer's primary contact.")
    rep_id: UUID | None = Field(default=None, description="Who won it.")
    lead_id: UUID | None = Field(default=None, description="The lead it came from, if it came from one.")
    details: DealDetails | None = Field(default=None, description="What was sold and promised, as it was then.")


class DealClosedLost(Event):
    """A deal was lost."""

    deal_id: DealId
    account_id: AccountId
    campaign_id: AcquiringCampaign = None
    amount: Money = Field(description="What it was expected to bring.")
    reason: str = Field(description="Why, in the rep's words.", examples=["Chose another vendor"])
    closed_at: AwareDatetime = Field(description="When it was lost.")


class DealReopened(Event):
    """A closed deal is open again."""

    deal_id: DealId
    account_id: AccountId
    campaign_id: AcquiringCampaign = None
    amount: Money = Field(description="What it is expected to bring.")
    reason: str = Field(description="Why, in the words of who reopened it.", examples=["Signature was withdrawn"])
    was: Literal["won", "lost"] = Field(description="How it had been closed.")
    stage: DealStage = Field(
        default=DealStage.QUALIFICATION, description="Where it is again: the stage it was closed from."
    )
