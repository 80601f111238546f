"""What sales tells the others: the roster, who follows up which lead, tasks, accounts, contacts, deals."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.values import Band, Because, Money, Value


class RepLevel(StrEnum):
    SENIOR = "senior"
    STANDARD = "standard"
    MANAGER = "manager"


class TaskKind(StrEnum):
    CALL_HOT_LEAD = "call_hot_lead"
    FOLLOW_UP = "follow_up"


class TaskPriority(StrEnum):
    URGENT = "urgent"
    NORMAL = "normal"


class AssignmentReason(StrEnum):
    """First routing; out of the waiting queue; into a higher band; by a person."""

    FIRST = "first"
    FROM_QUEUE = "from_queue"
    REROUTED = "rerouted"
    REASSIGNED = "reassigned"


class DealStage(StrEnum):
    QUALIFICATION = "qualification"
    CLOSED_WON = "closed_won"
    CLOSED_LOST = "closed_lost"


class RepUpdated(Event):
    """A person of the sales roster, as they are now."""

    rep_id: UUID
    name: Annotated[str, Personal()]
    email: Annotated[str, Personal()]
    level: RepLevel
    territories: tuple[str, ...] = Field(default=(), description="Empty: any.")
    products: tuple[str, ...] = Field(default=(), description="Empty: any.")
    capacity: int = Field(ge=0, description="Most open leads at a time.")
    available: bool = True
    manager_id: UUID | None = None


class LeadAssigned(Event):
    """A rep follows up this lead from now on."""

    lead_id: UUID
    rep_id: UUID
    campaign_id: UUID
    import_id: UUID | None = None
    band: Band
    score: int
    reason: AssignmentReason
    previous_rep_id: UUID | None = None
    source_kind: LeadSourceKind = LeadSourceKind.OTHER
    because: Because


class LeadQueued(Event):
    """Nobody can take the lead now; it waits for a rep."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None = None
    band: Band
    score: int
    reason: str
    since: datetime
    because: Because


class LeadSentToNurture(Event):
    """Routing left the lead to marketing's series."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None = None
    score: int


class LeadConverted(Event):
    """A lead became a contact of an account, with a deal."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None = None
    contact_id: UUID
    account_id: UUID
    account_matched: bool = Field(description="The account was there before.")
    deal_id: UUID
    amount: Money
    rep_id: UUID | None
    band: Band | None = None
    source_label: str = ""
    source_kind: LeadSourceKind = LeadSourceKind.OTHER


class LeadDisqualified(Event):
    """A rep found that the lead is none."""

    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None = None
    rep_id: UUID | None
    reason: str


class RepCount(Value):
    rep_id: UUID
    high: int = 0
    medium: int = 0


class ImportRouted(Event):
    """Each lead that the import created has been routed once."""

    import_id: UUID
    campaign_id: UUID
    campaign_name: str
    reps: tuple[RepCount, ...]
    waiting: int = Field(description="Leads that wait for a rep.")
    nurture: int
    total: int


class TaskCreated(Event):
    """Somebody has something to do, by a time."""

    task_id: UUID
    kind: TaskKind
    title: str = Field(examples=["Call hot webinar lead", "Follow up on webinar attendee"])
    rep_id: UUID
    lead_id: UUID
    campaign_id: UUID
    import_id: UUID | None = None
    priority: TaskPriority
    due_at: datetime


class TaskReassigned(Event):
    """The task is somebody else's now."""

    task_id: UUID
    lead_id: UUID
    rep_id: UUID
    previous_rep_id: UUID


class TaskCompleted(Event):
    """The task is done, or no longer needed."""

    task_id: UUID
    lead_id: UUID
    rep_id: UUID
    outcome: str
    completed_by: str = Field(description="A person's subject, or the id of the event that proved it done.")


class TaskOverdue(Event):
    """The task's due time passed while it was open."""

    task_id: UUID
    lead_id: UUID
    rep_id: UUID
    manager_id: UUID | None = None
    title: str
    due_at: datetime


class AccountCreated(Event):
    """A company became an account."""

    account_id: UUID
    name: str
    country: str | None = None
    company_size: str | None = None


class AccountUpdated(Event):
    """An account's fields, as they are now."""

    account_id: UUID
    name: str
    country: str | None = None
    company_size: str | None = None


class ContactCreated(Event):
    """A person became a contact of an account."""

    contact_id: UUID
    account_id: UUID
    lead_id: UUID | None = None
    first_name: Annotated[str | None, Personal()] = None
    last_name: Annotated[str | None, Personal()] = None
    email: Annotated[str | None, Personal()] = None
    phone: Annotated[str | None, Personal()] = None
    title: Annotated[str | None, Personal()] = None


class DealCreated(Event):
    """A deal was opened."""

    deal_id: UUID
    account_id: UUID
    primary_contact_id: UUID
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    rep_id: UUID | None
    name: str
    amount: Money
    stage: DealStage = DealStage.QUALIFICATION
    source_label: str = ""
    source_kind: LeadSourceKind = LeadSourceKind.OTHER


class DealStageChanged(Event):
    """A deal moved to another open stage."""

    deal_id: UUID
    campaign_id: UUID | None = None
    stage: DealStage
    previous_stage: DealStage


class DealClosedWon(Event):
    """A deal was won; its contract is signed."""

    deal_id: UUID
    account_id: UUID
    campaign_id: UUID | None = None
    amount: Money
    contract_signed: Literal[True] = True
    contract_url: str | None = Field(default=None, description="Kept as text; nothing fetches it.")
    closed_at: datetime


class DealClosedLost(Event):
    """A deal was lost."""

    deal_id: UUID
    account_id: UUID
    campaign_id: UUID | None = None
    amount: Money
    reason: str
    closed_at: datetime


class DealReopened(Event):
    """A closed deal is open again."""

    deal_id: UUID
    account_id: UUID
    campaign_id: UUID | None = None
    amount: Money
    reason: str
    was: Literal["won", "lost"]
