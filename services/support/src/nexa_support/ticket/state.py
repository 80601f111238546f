"""A ticket: not submitted, open, resolved, closed, or merged into another one in which it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.support import (
    AgentName,
    CsatRecorded,
    CsatRequested,
    InternalNoteAdded,
    Requester,
    Severity,
    SlaBreached,
    SlaClocksMoved,
    SlaWarned,
    TicketAccountFound,
    TicketAcknowledged,
    TicketAssigned,
    TicketClassified,
    TicketCorrected,
    TicketEscalated,
    TicketLinked,
    TicketMerged,
    TicketPrioritised,
    TicketQueued,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketSplit,
    TicketSplitUndone,
    TicketStatus,
    TicketStatusChanged,
    TicketSubmitted,
    TicketType,
    TicketUnlinked,
    TicketUnmerged,
)
from nexa_contracts.support import (
    TicketPriority as Priority,
)
from nexa_support.sla import clocks
from nexa_support.sla.clocks import Clocks
from nexa_support.ticket.events import (
    AccountVersionNoted,
    ClosingNoted,
    FixOffered,
    FixWithdrawn,
    TicketAbsorbed,
    TicketReleased,
)


@dataclass(frozen=True)
class Ticket:
    """What every stage of a ticket has.

    `said`: what a person has said, which no later analysis changes. `replies`: messages written here, in their order;
    `splits`: which of them went into which ticket. `absorbed`: tickets that go on in this one.
    `fixes`: deployments that mend its bug and have not settled it; `mended_by`: those that did, whatever came after.
    """

    submitted: TicketSubmitted
    account_id: UUID | None
    account_name: str | None
    type: TicketType | None = None
    priority: Priority = Priority.NORMAL
    severity: Severity = Severity.P3
    feature: str | None = None
    sentiment: str | None = None
    urgency: str | None = None
    said: frozenset[str] = frozenset()
    analysis_id: str | None = None
    needs_person: bool = False
    agent: AgentName | None = None
    waiting_since: datetime | None = None
    bug_id: UUID | None = None
    acknowledged: TicketAcknowledged | None = None
    fixes: Mapping[UUID, FixOffered] = field(default_factory=dict)
    mended_by: frozenset[UUID] = frozenset()
    account_version: str | None = None
    replies: tuple[UUID, ...] = ()
    notes: frozenset[UUID] = frozenset()
    splits: Mapping[UUID, tuple[UUID, ...]] = field(default_factory=dict)
    undone_splits: frozenset[UUID] = frozenset()
    absorbed: frozenset[UUID] = frozenset()
    csat_asked: bool = False
    csat: CsatRecorded | None = None
    clocks: Clocks = field(default_factory=Clocks)

    @property
    def ticket_id(self) -> UUID:
        return self.submitted.ticket_id

    @property
    def reference(self) -> str:
        return self.submitted.reference

    @property
    def requester(self) -> Requester:
        return self.submitted.requester

    @property
    def fields(self) -> dict[str, object]:
        """What every event of the ticket carries."""
        return {
            "ticket_id": self.ticket_id,
            "reference": self.reference,
            "subject": self.submitted.subject,
            "account_id": self.account_id,
            "account_name": self.account_name,
        }

    @property
    def elsewhere(self) -> frozenset[UUID]:
        """Messages that were written here and are read in a ticket of their own."""
        return frozenset(reply_id for moved in self.splits.values() for reply_id in moved)


@dataclass(frozen=True)
class NotSubmitted:
    pass


@dataclass(frozen=True)
class Open:
    """Somebody has to do something. `resumes`: where it stood before it waited for the customer; `escalated_to`: the
    team that it is with.
    """

    ticket: Ticket
    status: TicketStatus = TicketStatus.OPEN
    resumes: TicketStatus = TicketStatus.OPEN
    escalated_to: str | None = None


@dataclass(frozen=True)
class Resolved:
    ticket: Ticket
    settled: TicketResolved

    @property
    def status(self) -> TicketStatus:
        return TicketStatus.RESOLVED


@dataclass(frozen=True)
class Closed:
    """Nobody does anything any more; `settled` is None where it was closed without a resolution."""

    ticket: Ticket
    closed_at: datetime
    settled: TicketResolved | None

    @property
    def status(self) -> TicketStatus:
        return TicketStatus.CLOSED


Stage: TypeAlias = Open | Resolved | Closed


@dataclass(frozen=True)
class Merged:
    """It goes on in another ticket; `before` is the stage it is back in once that is undone."""

    before: Stage
    into_id: UUID
    into_reference: str

    @property
    def ticket(self) -> Ticket:
        return self.before.ticket

    @property
    def status(self) -> TicketStatus:
        return TicketStatus.MERGED


State: TypeAlias = NotSubmitted | Open | Resolved | Closed | Merged


def evolve(state: State, event: Event) -> State:
    match state, event:
        case NotSubmitted(), TicketSubmitted():
            said = frozenset({"type"} if event.type else ())
            return Open(Ticket(event, event.account_id, event.account_name, type=event.type, said=said))
        case NotSubmitted(), _:
            return state
        case Merged(before=before), TicketUnmerged():
            return before
        case Merged(before=before), _:
            return replace(state, before=_staged(before, event))
        case ((Open() | Resolved() | Closed()), TicketMerged(into_id=into_id, into_reference=into_reference)):
            return Merged(state, into_id, into_reference)
        case ((Open() | Resolved() | Closed()), _):
            return _staged(state, event)
        case _:
            assert_never(state)


def _staged(stage: Stage, event: Event) -> Stage:
    ticket = _evolve(stage.ticket, event)
    match stage, event:
        case Open(), TicketResolved():
            return Resolved(ticket, event)
        case Open(), ClosingNoted(closed_at=closed_at):
            return Closed(ticket, closed_at, None)
        case Resolved(settled=settled), ClosingNoted(closed_at=closed_at):
            return Closed(ticket, closed_at, settled)
        case ((Resolved() | Closed()), TicketReopened()):
            return Open(ticket)
        case Open(), TicketStatusChanged(status=TicketStatus.WAITING_FOR_CUSTOMER, previous=previous):
            return replace(stage, ticket=ticket, status=TicketStatus.WAITING_FOR_CUSTOMER, resumes=previous)
        case Open(escalated_to=team), TicketStatusChanged(status=status) if status is not TicketStatus.CLOSED:
            return Open(ticket, status, escalated_to=team if status is TicketStatus.ESCALATED else None)
        case Open(), TicketEscalated(escalated_to=team):
            return Open(ticket, TicketStatus.ESCALATED, escalated_to=team)
        case _:
            return replace(stage, ticket=ticket)


def _evolve(ticket: Ticket, event: Event) -> Ticket:
    match event:
        case TicketAccountFound(account_id=account_id, account_name=name):
            return replace(ticket, account_id=account_id, account_name=name, account_version=None)
        case TicketClassified() | TicketCorrected() | TicketPrioritised() | TicketEscalated():
            return _judged(ticket, event)
        case TicketAssigned(agent=agent):
            return replace(ticket, agent=agent, waiting_since=None, needs_person=False)
        case TicketQueued(waiting_since=since):
            return replace(ticket, waiting_since=since)
        case TicketLinked(bug_id=bug_id):
            return replace(ticket, bug_id=bug_id)
        case TicketUnlinked():
            return replace(ticket, bug_id=None, acknowledged=None, fixes={})
        case TicketAcknowledged():
            return replace(ticket, acknowledged=event)
        case FixOffered() | FixWithdrawn() | AccountVersionNoted() | TicketResolved():
            return _mended(ticket, event)
        case ClosingNoted():
            return replace(ticket, waiting_since=None)
        case SlaClocksMoved() | SlaWarned() | SlaBreached():
            return replace(ticket, clocks=clocks.evolve(ticket.clocks, event))
        case CsatRequested():
            return replace(ticket, csat_asked=True)
        case CsatRecorded():
            return replace(ticket, csat=event)
        case _:
            return _spoken(ticket, event)


def _mended(ticket: Ticket, event: FixOffered | FixWithdrawn | AccountVersionNoted | TicketResolved) -> Ticket:
    match event:
        case FixOffered(deployment_id=deployment_id):
            return replace(ticket, fixes={**ticket.fixes, deployment_id: event})
        case FixWithdrawn(deployment_id=deployment_id):
            return replace(ticket, fixes={key: fix for key, fix in ticket.fixes.items() if key != deployment_id})
        case AccountVersionNoted(version=version):
            return replace(ticket, account_version=version)
        case TicketResolved(deployment_id=UUID() as deployment_id):
            held = {key: fix for key, fix in ticket.fixes.items() if key != deployment_id}
            mended_by = ticket.mended_by | {deployment_id}
            return replace(ticket, waiting_since=None, fixes=held, mended_by=mended_by)
        case TicketResolved():
            return replace(ticket, waiting_since=None)


def _judged(ticket: Ticket, event: Event) -> Ticket:
    match event:
        case TicketClassified():
            return replace(
                ticket,
                type=event.type,
                priority=event.priority,
                severity=event.severity,
                feature=event.feature,
                sentiment=event.sentiment,
                urgency=event.urgency,
                analysis_id=event.analysis_id,
                needs_person=event.needs_person,
            )
        case TicketCorrected(field=name, after=after):
            kinds = {"type": TicketType, "priority": Priority, "severity": Severity}
            value = kinds[name](after) if name in kinds else after
            judged = replace(ticket, **{name: value}, said=ticket.said | {name})  # type: ignore[arg-type]
            return _seen_by_a_person(judged) if name in ("type", "priority") else judged
        case (
            TicketPrioritised(priority=priority, severity=severity)
            | TicketEscalated(priority=priority, severity=severity)
        ):
            said = ticket.said | {"priority", "severity"}
            return _seen_by_a_person(replace(ticket, priority=priority, severity=severity, said=said))
        case _:
            return ticket


def _seen_by_a_person(ticket: Ticket) -> Ticket:
    """What the analysis abstained from is known now, unless nobody has said yet what kind of matter it is."""
    return replace(ticket, needs_person=ticket.needs_person and ticket.type is None)


def _spoken(ticket: Ticket, event: Event) -> Ticket:
    match event:
        case TicketReplied(reply_id=reply_id):
            return replace(ticket, replies=(*ticket.replies, reply_id))
        case InternalNoteAdded(note_id=note_id):
            return replace(ticket, notes=ticket.notes | {note_id})
        case TicketSplit(new_ticket_id=new_id, reply_ids=reply_ids):
            return replace(ticket, splits={**ticket.splits, new_id: reply_ids})
        case TicketSplitUndone(new_ticket_id=new_id):
            left = {key: moved for key, moved in ticket.splits.items() if key != new_id}
            return replace(ticket, splits=left, undone_splits=ticket.undone_splits | {new_id})
        case TicketAbsorbed(from_id=from_id):
            return replace(ticket, absorbed=ticket.absorbed | {from_id})
        case TicketReleased(from_id=from_id):
            return replace(ticket, absorbed=ticket.absorbed - {from_id})
        case _:
            return ticket
