"""What can be asked about a ticket."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, get_args
from uuid import UUID

from nexa_contracts.scoring import TicketAnalyzed
from nexa_contracts.support import (
    AgentName,
    Attachment,
    Channel,
    Requester,
    Severity,
    SlaClock,
    TicketPriority,
    TicketStatus,
    TicketType,
)


@dataclass(frozen=True, kw_only=True)
class SubmitTicket:
    """The same submission again changes nothing. `follows`: the ticket that was settled too long ago to go on."""

    ticket_id: UUID
    subject: str
    description: str
    channel: Channel
    requester: Requester
    account_id: UUID | None = None
    account_name: str | None = None
    impact: str | None = None
    product_version: str | None = None
    language: str = "en"
    attachments: tuple[Attachment, ...] = ()
    type: TicketType | None = None
    split_from: UUID | None = None
    follows: UUID | None = None
    submitted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class FindAccount:
    """The account of a ticket that waited for one."""

    ticket_id: UUID
    account_id: UUID
    account_name: str
    because: str


@dataclass(frozen=True, kw_only=True)
class TakeAnalysis:
    """Take over what the analysis says, except where a person has said otherwise; routes the ticket if nobody has it."""

    ticket_id: UUID
    analysis: TicketAnalyzed
    analysis_id: str


@dataclass(frozen=True, kw_only=True)
class CorrectTicket:
    """`field`: type, priority, severity, feature, sentiment or urgency."""

    ticket_id: UUID
    field: str
    value: str
    by: AgentName | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AssignTicket:
    """Give it to this agent, whatever their load."""

    ticket_id: UUID
    agent_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class RouteTicket:
    """Give it to whoever is next at the desk, if it has nobody and anybody can take it.

    `say_again`: if nobody can, say so once more, with the time at which somebody may.
    """

    ticket_id: UUID
    say_again: bool = False


@dataclass(frozen=True, kw_only=True)
class AddReply:
    """A message of the conversation that the customer sees; the customer's own reopens what was settled."""

    ticket_id: UUID
    reply_id: UUID
    from_customer: bool
    author: str
    text: str
    channel: Channel
    attachments: tuple[Attachment, ...] = ()
    by_agent: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AddNote:
    """A note that no customer ever sees."""

    ticket_id: UUID
    note_id: UUID
    author: str
    text: str
    next_steps: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeStatus:
    """Open, in progress, waiting for the customer or closed; what else there is has a command of its own."""

    ticket_id: UUID
    status: TicketStatus
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PrioritiseTicket:
    ticket_id: UUID
    priority: TicketPriority
    severity: Severity
    reason: str


@dataclass(frozen=True, kw_only=True)
class EscalateTicket:
    """Priority becomes critical, severity p1."""

    ticket_id: UUID
    escalated_to: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LinkBug:
    """A ticket is about one bug at a time."""

    ticket_id: UUID
    bug_id: UUID
    because: str


@dataclass(frozen=True, kw_only=True)
class UnlinkBug:
    ticket_id: UUID
    bug_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class OfferFix:
    """A deployment mends its bug: the ticket is settled once that has reached its account, now or later.

    `notice_id`: the same on all tickets of this customer that are about the bug, so that they are told once.
    """

    ticket_id: UUID
    bug_id: UUID
    deployment_id: UUID
    version: str
    rollout_percent: int
    notice_id: UUID
    feature_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class WithdrawFix:
    """The deployment does not mend it. `reopen`: what it has settled is open again."""

    ticket_id: UUID
    bug_id: UUID
    deployment_id: UUID
    reason: str
    reopen: bool


@dataclass(frozen=True, kw_only=True)
class NoteAccountVersion:
    """Which version the ticket's account runs."""

    ticket_id: UUID
    account_id: UUID
    version: str


@dataclass(frozen=True, kw_only=True)
class AcknowledgeBug:
    """Tell the customer how the bug stands; the same words again change nothing.

    `notice_id`: the same on all tickets of this customer that are about the bug.
    """

    ticket_id: UUID
    bug_id: UUID
    status: str
    priority: str
    eta: str
    eta_at: datetime | None
    workaround: str
    notice_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ResolveTicket:
    """Settle it; a ticket that is settled, or whose bug is another one by now, stays as it is.

    `told`: who has heard of it already; if that is who reported this ticket too, they are not told again.
    """

    ticket_id: UUID
    resolution: str
    bug_id: UUID | None = None
    deployment_id: UUID | None = None
    version: str | None = None
    tell_customer: bool = True
    feature_name: str | None = None
    told: Requester | None = None


@dataclass(frozen=True, kw_only=True)
class ReopenTicket:
    """`deployment_id`: only if it was this deployment that settled it."""

    ticket_id: UUID
    reason: str
    bug_id: UUID | None = None
    deployment_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class MergeTicket:
    """This ticket goes on in `into_id`."""

    ticket_id: UUID
    into_id: UUID
    into_reference: str


@dataclass(frozen=True, kw_only=True)
class UnmergeTicket:
    ticket_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class AbsorbTicket:
    """Another ticket goes on in this one, which its `MergeTicket` says in the same transaction."""

    ticket_id: UUID
    from_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReleaseTicket:
    """The other ticket goes on by itself again, which its `UnmergeTicket` says in the same transaction."""

    ticket_id: UUID
    from_id: UUID


@dataclass(frozen=True, kw_only=True)
class HearFromMerged:
    """A customer wrote in a ticket that goes on in this one: it does not wait for them, and is not settled."""

    ticket_id: UUID
    from_reference: str


@dataclass(frozen=True, kw_only=True)
class SplitTicket:
    """Take these messages out into a ticket of their own, which `SubmitTicket` makes in the same transaction."""

    ticket_id: UUID
    new_ticket_id: UUID
    reply_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class UndoSplit:
    """Take the messages back; the other ticket is merged into this one in the same transaction."""

    ticket_id: UUID
    new_ticket_id: UUID


@dataclass(frozen=True, kw_only=True)
class WarnSla:
    """`due_at`: the promise this is about; it matters if the clock runs and is still due then."""

    ticket_id: UUID
    clock: SlaClock
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class BreachSla:
    """`step`: of the escalation ladder, from 1."""

    ticket_id: UUID
    clock: SlaClock
    due_at: datetime
    step: int = 1


@dataclass(frozen=True, kw_only=True)
class MeasureClocks:
    """Measure its clocks by the policies in force, if they were measured by others."""

    ticket_id: UUID


@dataclass(frozen=True, kw_only=True)
class TakePlan:
    """The plan of an account, which policies may go by; if the ticket is this account's, its clocks are measured anew."""

    ticket_id: UUID
    account_id: UUID
    plan: str | None


@dataclass(frozen=True, kw_only=True)
class AskCsat:
    """Ask the customer once how content they are."""

    ticket_id: UUID


@dataclass(frozen=True, kw_only=True)
class RecordCsat:
    ticket_id: UUID
    score: int
    comment: str


Command: TypeAlias = (
    SubmitTicket
    | FindAccount
    | TakeAnalysis
    | CorrectTicket
    | AssignTicket
    | RouteTicket
    | AddReply
    | AddNote
    | ChangeStatus
    | PrioritiseTicket
    | EscalateTicket
    | LinkBug
    | UnlinkBug
    | OfferFix
    | WithdrawFix
    | NoteAccountVersion
    | AcknowledgeBug
    | ResolveTicket
    | ReopenTicket
    | MergeTicket
    | UnmergeTicket
    | AbsorbTicket
    | ReleaseTicket
    | HearFromMerged
    | SplitTicket
    | UndoSplit
    | WarnSla
    | BreachSla
    | MeasureClocks
    | TakePlan
    | AskCsat
    | RecordCsat
)
COMMANDS: tuple[type, ...] = get_args(Command)
