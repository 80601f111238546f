"""What success tells the others: its roster, onboardings, how accounts do, alerts, renewals, lifecycle, who is whom."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.values import AccountId, AccountName, Because, DealId, Money, ProjectId, Ratio, Value

CsmId = Annotated[UUID, Field(description="The person of success' roster.")]
TaskKey = Annotated[
    str, Field(description="The task's name within its onboarding, as the template gave it.", examples=["hold_kickoff"])
]
PartyId = Annotated[
    UUID, Field(description="The customer party: an account's id, a lead's before there is an account.")
]
Score = Annotated[int, Field(ge=0, le=100, description="The account's health, 0 to 100.")]


class Role(StrEnum):
    """What a person of the roster does; managers hear of what nobody took up."""

    CSM = "csm"
    SPECIALIST = "implementation_specialist"
    MANAGER = "manager"


class Priority(StrEnum):
    """Urgent tasks come first."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"


class TaskStatus(StrEnum):
    """The columns of the board."""

    TO_DO = "to_do"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    DONE = "done"


class PaymentStatus(StrEnum):
    """How the account pays."""

    CURRENT = "current"
    LATE = "late"
    FAILED = "failed"


class EngagementLevel(StrEnum):
    """How the account responds."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class RenewalOutcome(StrEnum):
    """How a renewal ended; expanded is won with a higher ARR."""

    WON = "won"
    EXPANDED = "expanded"
    LOST = "lost"


class AlertOutcome(StrEnum):
    """What came of a churn alert; recovered is set when the health comes back by itself."""

    SAVED = "saved"
    CHURNED = "churned"
    FALSE_ALARM = "false_alarm"
    RECOVERED = "recovered"


class Stage(StrEnum):
    """Where a customer party stands in its life."""

    SUBSCRIBER = "subscriber"
    LEAD = "lead"
    MQL = "mql"
    SQL = "sql"
    OPPORTUNITY = "opportunity"
    ONBOARDING = "onboarding"
    LIVE = "live"
    AT_RISK = "at_risk"
    EXPANSION = "expansion"
    RENEWED = "renewed"
    CHURNED = "churned"
    REACTIVATED = "reactivated"
    DISQUALIFIED = "disqualified"
    RECYCLED = "recycled"


class Person(Value):
    """Somebody as they were known at that time."""

    person_id: UUID = Field(description="Of the roster, or the contact.")
    name: Annotated[str, Personal()] = Field(description="As people call them.", examples=["Sarah Miller"])
    email: Annotated[str | None, Personal()] = Field(
        default=None, description="Where mail reaches them.", examples=["sarah.miller@acme.example"]
    )


class Attendee(Person):
    """Somebody who is invited."""

    role: str = Field(description="Why.", examples=["primary contact", "csm", "implementation specialist"])


class Absence(Value):
    """Days on which a person is away, both included."""

    first: date = Field(description="The first day away.")
    last: date = Field(description="The last day away.")


class CsmUpdated(Event):
    """A person of the customer success roster, as they are now."""

    csm_id: CsmId
    name: Annotated[str, Personal()] = Field(description="As colleagues know them.", examples=["Nora Vance"])
    email: Annotated[str, Personal()] = Field(
        description="Where notices reach them.", examples=["nora.vance@nexa.example"]
    )
    role: Role = Field(description="What they do.")
    capacity: int = Field(ge=0, description="Most open onboardings at a time.", examples=[15])
    available: bool = Field(default=True, description="Whether they take new customers now.")
    manager_id: UUID | None = Field(default=None, description="The person of the roster they report to.")
    time_zone: str = Field(default="UTC", description="IANA name.", examples=["Europe/Berlin"])
    country: str | None = Field(
        default=None, description="ISO 3166-1 alpha-2, for public holidays; null: none.", examples=["DE"]
    )
    working_days: tuple[int, ...] = Field(default=(0, 1, 2, 3, 4), description="Days of the week, Monday is 0.")
    absences: tuple[Absence, ...] = Field(default=(), description="When they are away.")


class TemplateTask(Value):
    """A task that each new onboarding gets."""

    key: TaskKey
    day: int = Field(ge=0, description="Due so many days after the deal was won.", examples=[3])
    title: str = Field(description="What to do.", examples=["Hold kickoff meeting"])
    priority: Priority = Field(description="Urgent ones come first.")
    owner: Role = Field(default=Role.CSM, description="Who of the team does it.")
    proved_by: str | None = Field(
        default=None,
        description="What proves it done: csm_assigned, welcome_mail_sent, kickoff_scheduled, kickoff_held, note_read.",
        examples=["kickoff_held"],
    )


class OnboardingTemplateChanged(Event):
    """A new version of the onboarding template; onboardings that run keep the version they began with."""

    template_id: UUID = Field(description="The template; there is one.")
    version: int = Field(ge=1, description="Rises by one with each change.")
    tasks: tuple[TemplateTask, ...] = Field(description="What each new onboarding gets.")
    due_in_days: int = Field(
        ge=1, description="The onboarding is due so many days after the deal was won.", examples=[30]
    )
    kickoff_in_days: int = Field(ge=0, description="The kickoff is so many days after it, or the next working day.")
    agenda: str = Field(description="Of the kickoff.", examples=["Review timeline, roles, deliverables"])
    training_documents: tuple[str, ...] = Field(description="Titles, listed for the customer.")


class OnboardingStarted(Event):
    """A won deal became an onboarding, and a CSM was chosen for it."""

    project_id: ProjectId
    account_id: AccountId
    account_name: AccountName
    deal_id: DealId
    name: str = Field(description="As people call it.", examples=["Acme Corp Onboarding"])
    arr: Money = Field(description="What the deal brought, a year.")
    won_at: AwareDatetime = Field(description="When the deal was won.")
    due_on: date = Field(description="When the customer should be live.")
    csm: Person | None = Field(description="Who is responsible; null while it waits for somebody with room.")
    specialist: Person | None = Field(default=None, description="Who implements.")
    manager_id: UUID | None = Field(default=None, description="Who hears of it if the CSM does not take it up.")
    contact: Person = Field(description="The customer's primary contact.")
    rep_id: UUID | None = Field(default=None, description="Who sold it.")
    template_version: int = Field(ge=1, description="Version of the template it began with.")
    training_documents: tuple[str, ...] = Field(default=(), description="Titles, listed for the customer.")
    turn: int = Field(default=0, ge=0, description="Counts the assignments of the whole roster; the lowest is next.")
    because: Because = Field(description="Why this CSM and none of the others.")
    specialist_because: Because | None = Field(default=None, description="Why this specialist, or why nobody.")


class OnboardingAssigned(Event):
    """Another CSM is responsible, or the first one where it had to wait."""

    project_id: ProjectId
    account_id: AccountId
    account_name: AccountName
    csm: Person = Field(description="Who is responsible from now on.")
    previous_csm_id: UUID | None = Field(default=None, description="Who was before; null if nobody.")
    manager_id: UUID | None = Field(default=None, description="Who hears of it if the CSM does not take it up.")
    turn: int = Field(default=0, ge=0, description="Counts the assignments of the whole roster; the lowest is next.")
    reason: str = Field(description="Why.", examples=["Nora is on leave"])
    because: Because | None = Field(default=None, description="Where the desk chose: why this CSM.")


class OnboardingSpecialistAssigned(Event):
    """An onboarding that began without an implementation specialist has one."""

    project_id: ProjectId
    account_id: AccountId
    account_name: AccountName
    specialist: Person = Field(description="Who implements from now on.")
    turn: int = Field(ge=0, description="Counts the assignments of the whole roster; the lowest is next.")
    reason: str = Field(description="Why now.", examples=["somebody has room now"])
    because: Because = Field(description="Why this specialist and none of the others.")


class OnboardingPaused(Event):
    """The deal was reopened; nothing falls due until it is won again."""

    project_id: ProjectId
    account_id: AccountId
    reason: str = Field(description="Why.", examples=["Signature was withdrawn"])
    paused_at: AwareDatetime = Field(description="Since when.")


class OnboardingResumed(Event):
    """The deal was won again; the onboarding goes on where it was."""

    project_id: ProjectId
    account_id: AccountId
    csm_id: UUID | None = Field(
        default=None, description="Who takes up again what had been cancelled; null: nobody, or it was only paused."
    )
    specialist_id: UUID | None = Field(default=None, description="The same of who implements.")


class OnboardingCancelled(Event):
    """The deal that was reopened is lost: nobody works on its onboarding any more, unless it is won after all."""

    project_id: ProjectId
    account_id: AccountId
    account_name: AccountName
    reason: str = Field(description="Why the deal was lost.", examples=["Chose another vendor"])
    cancelled_at: AwareDatetime = Field(description="Since when.")
    csm_id: UUID | None = Field(default=None, description="Who was responsible, and has room for another one.")
    specialist_id: UUID | None = Field(default=None, description="Who implemented, and has room for another one.")


class OnboardingCompleted(Event):
    """Each task is done: the customer is live."""

    project_id: ProjectId
    account_id: AccountId
    account_name: AccountName
    days: int = Field(ge=0, description="Days from the won deal until now: the time to live.", examples=[30])
    on_time: bool = Field(description="Not later than the due day.")
    csm_id: UUID | None = Field(description="Who was responsible.")
    specialist_id: UUID | None = Field(default=None, description="Who implemented.")


class TaskFields(Event):
    project_id: ProjectId
    account_id: AccountId
    key: TaskKey
    title: str = Field(description="What to do.", examples=["Hold kickoff meeting"])


class TaskCreated(TaskFields):
    """There is something to do in an onboarding, by a time."""

    owner_id: UUID | None = Field(description="Who does it; null while nobody is responsible for the onboarding.")
    priority: Priority = Field(description="Urgent ones come first.")
    due_at: AwareDatetime = Field(description="When it has to be done.")
    proved_by: str | None = Field(default=None, description="What proves it done, if an event does.")
    owner_role: Role | None = Field(
        default=None, description="Who of the team is to do it, as the template says; null: no template asked for it."
    )


class TaskMoved(TaskFields):
    """The task went to another column of the board, other than done."""

    status: TaskStatus = Field(description="Where it is now.")
    previous_status: TaskStatus = Field(description="Where it was.")


class TaskReassigned(TaskFields):
    """Somebody else does the task from now on."""

    owner_id: UUID = Field(description="Who does it.")
    previous_owner_id: UUID | None = Field(default=None, description="Who did before.")


class TaskRescheduled(TaskFields):
    """The task has another due time."""

    due_at: AwareDatetime = Field(description="When it has to be done.")
    previous_due_at: AwareDatetime = Field(description="When it had to be done before.")


class TaskCommented(TaskFields):
    """Somebody wrote something about the task."""

    text: Annotated[str, Personal()] = Field(description="What they wrote.", examples=["Waiting for Tom's DNS change"])


class TaskCompleted(TaskFields):
    """The task is done."""

    completed_by: str = Field(description="A person's subject, or the id of the event that proved it done.")
    late: bool = Field(description="After its due time.")


class TaskOverdue(TaskFields):
    """The task's due time passed while it was open."""

    owner_id: UUID | None = Field(description="Who should have done it.")
    manager_id: UUID | None = Field(default=None, description="Who hears of it.")
    account_name: AccountName
    due_at: AwareDatetime = Field(description="When it had to be done.")


class KickoffFields(Event):
    project_id: ProjectId
    account_id: AccountId
    meeting_id: UUID = Field(description="The meeting; the UID of its calendar entry.")
    sequence: int = Field(ge=0, description="Rises with each change of the calendar entry (RFC 5545 SEQUENCE).")
    title: str = Field(description="Of the meeting.", examples=["Acme Corp - Implementation Kickoff"])
    starts_at: AwareDatetime = Field(description="When it begins.")
    ends_at: AwareDatetime = Field(description="When it ends.")
    time_zone: str = Field(description="IANA name of the CSM's time zone.", examples=["Europe/Berlin"])
    attendees: tuple[Attendee, ...] = Field(description="Who is invited.")
    join_url: str = Field(description="Where to join.", examples=["https://meet.nexa.example/kickoff-2f1c"])
    agenda: str = Field(description="What it is about.", examples=["Review timeline, roles, deliverables"])


class KickoffScheduled(KickoffFields):
    """The kickoff has a time. Carries what a first notice of the new customer needs."""

    account_name: AccountName
    arr: Money = Field(description="What the deal brought, a year.")
    won_at: AwareDatetime = Field(description="When the deal was won.")
    csm: Person = Field(description="Who is responsible.")
    contact: Person = Field(description="The customer's primary contact.")
    days: int = Field(ge=0, description="Days from the won deal to the kickoff, in the CSM's time zone.", examples=[3])
    training_documents: tuple[str, ...] = Field(default=(), description="Titles, listed for the customer.")


class KickoffMoved(KickoffFields):
    """The kickoff has another time, or other attendees."""

    reason: str = Field(description="Why.", examples=["Tom is travelling"])


class KickoffCancelled(KickoffFields):
    """The kickoff does not take place."""

    reason: str = Field(description="Why.", examples=["The deal was reopened"])


class KickoffHeld(Event):
    """The kickoff took place."""

    project_id: ProjectId
    account_id: AccountId
    meeting_id: UUID = Field(description="The meeting.")


class HandoffFields(Event):
    project_id: ProjectId
    account_id: AccountId
    account_name: AccountName
    deal_id: DealId
    csm_id: UUID | None = Field(description="Who is to take it up; null while nobody is responsible.")


class HandoffNoteWritten(HandoffFields):
    """What sales knows of the deal is there for the CSM and the implementation team. The note itself stays in success."""

    rep_id: UUID | None = Field(description="Who sold it.")
    accept_by: AwareDatetime = Field(description="When the manager hears of it unless it is accepted.")
    round: int = Field(default=1, ge=1, description="Counts how often sales handed it over.")


class HandoffNoteRead(HandoffFields):
    """Somebody of the team read the note."""

    reader: str = Field(description="The reader's subject.")
    first: bool = Field(description="Nobody had read it before.")


class HandoffReminded(HandoffFields):
    """The note was not read in time."""


class HandoffAccepted(HandoffFields):
    """The CSM took the customer over."""

    accepted_by: str = Field(description="The subject of who accepted.")


class HandoffDeclined(HandoffFields):
    """The CSM sent it back to sales."""

    rep_id: UUID | None = Field(description="Who sold it.")
    declined_by: str = Field(description="The subject of who declined.")
    reason: Annotated[str, Personal()] = Field(description="Why.", examples=["No technical contact is named"])
    round: int = Field(default=1, ge=1, description="Counts how often sales handed it over.")


class HandoffEscalated(HandoffFields):
    """Nobody accepted in time; the CSM's manager is told."""

    manager_id: UUID | None = Field(description="Who is told; null if the roster names none.")
    round: int = Field(default=1, ge=1, description="Counts how often sales handed it over.")


class AccountSignalReported(Event):
    """How an account did on a day. What is not given was not reported that day."""

    account_id: AccountId
    on: date = Field(description="The day it is about; may lie in the past.")
    usage: Ratio | None = Field(default=None, ge=0, le=100, description="Daily active users, percent.", examples=["85"])
    adoption: Ratio | None = Field(default=None, ge=0, le=100, description="Features in use, percent.", examples=["70"])
    support_tickets: int | None = Field(default=None, ge=0, description="Tickets in the 30 days before.", examples=[2])
    payment: PaymentStatus | None = Field(default=None, description="How the account pays.")
    engagement: EngagementLevel | None = Field(default=None, description="How the account responds.")
    nps: int | None = Field(default=None, ge=0, le=10, description="Net promoter answer.", examples=[9])


class ChurnAlertFields(Event):
    alert_id: UUID = Field(description="The alert; one for each episode of an account.")
    account_id: AccountId
    episode: int = Field(ge=1, description="Counts the account's episodes, as scoring numbers them.")


class ChurnAlertRaised(ChurnAlertFields):
    """An account is about to be lost; its CSM has to act."""

    account_name: AccountName
    csm_id: UUID | None = Field(description="Who has to act; null if nobody is responsible.")
    score: Score
    message: str = Field(description="For people.", examples=["Health score dropped to 65, immediate action needed"])
    play: str = Field(description="What is recommended.", examples=["Schedule executive business review"])
    reason: str = Field(description="Why that.", examples=["Usage declining, support tickets increasing"])


class ChurnAlertAcknowledged(ChurnAlertFields):
    """Somebody is on it."""

    acknowledged_by: str = Field(description="The subject of who is on it.")


class ChurnAlertSnoozed(ChurnAlertFields):
    """Put aside until a time."""

    until: AwareDatetime = Field(description="When it comes back.")
    reason: str = Field(description="Why.", examples=["Review meeting is on Thursday"])


class ChurnAlertResumed(ChurnAlertFields):
    """The time for which it was put aside is over."""

    csm_id: UUID | None = Field(description="Who has to act.")
    account_name: AccountName


class ChurnAlertClosed(ChurnAlertFields):
    """The episode is dealt with."""

    outcome: AlertOutcome = Field(description="What came of it.")
    note: Annotated[str, Personal()] = Field(default="", description="In the words of who closed it.")
    closed_by: str = Field(description="A person's subject, or the id of the event that closed it.")


class RenewalFields(Event):
    renewal_id: UUID = Field(description="The renewal; one for each contract end of an account.")
    account_id: AccountId
    account_name: AccountName


class RenewalOpened(RenewalFields):
    """A contract ends soon; the renewal is worked on from now."""

    contract_end: date = Field(description="The last contract's end.")
    arr: Money = Field(description="What is to be renewed, a year.")
    csm_id: UUID | None = Field(description="Who works on it; null if nobody is responsible.")


class RenewalClosed(RenewalFields):
    """The renewal was won, expanded or lost."""

    outcome: RenewalOutcome = Field(description="How it ended.")
    previous_arr: Money = Field(description="What the account brought before, a year.")
    arr: Money | None = Field(description="What it brings from now on, a year; null if it was lost.")
    contract_end: date = Field(description="The contract's end: the new one, or the old one if it was lost.")
    reason: Annotated[str | None, Personal()] = Field(
        default=None, description="Why it was lost.", examples=["Project was stopped"]
    )


class LifecycleStageChanged(Event):
    """A customer party stands at another stage of its life."""

    party_id: PartyId
    stage: Stage = Field(description="Where it is now.")
    previous_stage: Stage | None = Field(default=None, description="Where it was; null at the beginning.")
    cause: str = Field(description="Id of the event that led to it, or the subject of who decided it.")
    reason: Annotated[str, Personal()] = Field(
        description="Why.", examples=["first scored Medium or High", "Budget was withdrawn"]
    )
    entered_at: AwareDatetime | None = Field(
        default=None, description="When it got there, as the fact that led to it tells; null: when this was recorded."
    )
    backwards: bool = Field(default=False, description="An earlier stage than before; a person gave the reason.")
    campaign_id: UUID | None = Field(default=None, description="The campaign that brought the party; null without.")
    continues: UUID | None = Field(default=None, description="The lead whose life this account goes on with.")


class MemberKind(StrEnum):
    """What a customer party is known as."""

    LEAD = "lead"
    CONTACT = "contact"
    ACCOUNT = "account"


class Member(Value):
    """One of the records a customer party is known by."""

    kind: MemberKind = Field(description="What it is.")
    member_id: UUID = Field(description="Its id.")


class FieldConflict(Value):
    """A field that was edited while two parties were one."""

    field: str = Field(description="Its name.", examples=["segment"])
    restored: Annotated[str | None, Personal()] = Field(description="What it was before the merge, and is again.")
    edited: Annotated[str | None, Personal()] = Field(description="What it was edited to while they were one.")


class IdentityLinked(Event):
    """A record is known to belong to the party."""

    party_id: PartyId
    member: Member = Field(description="The record.")


class CustomerProfileChanged(Event):
    """What success noted about the customer, as it is now."""

    party_id: PartyId
    fields: Annotated[dict[str, str], Personal()] = Field(
        description="By name: display_name, segment, website, notes.", examples=[{"segment": "enterprise"}]
    )
    changed: tuple[str, ...] = Field(description="Names of those that differ from before.", examples=[("segment",)])


class IdentitiesMerged(Event):
    """Two parties are one customer. Stands in the stream of the one that stays."""

    party_id: PartyId
    merged_id: UUID = Field(description="The party that goes on as part of it.")
    members: tuple[Member, ...] = Field(description="The records it brought along.")
    fields: Annotated[dict[str, str], Personal()] = Field(description="The fields after the merge.")
    reason: str = Field(description="Why they are one.", examples=["Same company under two names"])


class MergedAway(Event):
    """The party goes on as part of another. Stands in its own stream."""

    party_id: PartyId
    into: UUID = Field(description="The party that stays.")


class IdentitiesUnmerged(Event):
    """The merge was undone: both are what they were. Stands in the stream of the one that had stayed."""

    party_id: PartyId
    merged_id: UUID = Field(description="The party that is by itself again.")
    fields: Annotated[dict[str, str], Personal()] = Field(description="The fields as they were before the merge.")
    conflicts: tuple[FieldConflict, ...] = Field(description="Edits made in between; somebody has to place them.")
    reason: str = Field(description="Why.", examples=["Two companies after all"])


class SplitOff(Event):
    """The party is by itself again, as it was before it was merged. Stands in its own stream."""

    party_id: PartyId
    was_in: UUID = Field(description="The party it was part of.")


class AccountVersionReported(Event):
    """Which version of the product an account runs from now on."""

    account_id: AccountId
    version: str = Field(description="As the product numbers itself.", examples=["2.1.5"])
    previous: str | None = Field(default=None, description="What it ran before, as far as was known.")
    since: AwareDatetime = Field(description="Since when.")
