"""What happens to tickets, for the tests of support: people, findings, and stories told command by command."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from nexa_contracts.envelope import Event
from nexa_contracts.scoring import Finding, TicketAnalyzed
from nexa_contracts.support import AgentLevel, Channel, Requester, SupportRole
from nexa_support.aggregates import ticket
from nexa_support.ticket import desk as desks
from nexa_support.ticket.commands import (
    AbsorbTicket,
    AddReply,
    MergeTicket,
    ReleaseTicket,
    SplitTicket,
    SubmitTicket,
    TakeAnalysis,
    UndoSplit,
    UnmergeTicket,
)
from nexa_support.ticket.desk import Desk, Seat
from nexa_support.ticket.events import SeatFreed, SeatTaken
from nexa_support.ticket.reference import reference_of
from nexa_support.ticket.routing import comes_to_desk

NAMES = UUID("6e657861-0000-5000-8000-0000000000ff")
MONDAY = datetime(2025, 11, 17, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def id_of(name: str) -> UUID:
    return uuid5(NAMES, name)


TICKET = id_of("Acme's ticket")
ACCOUNT = id_of("Acme Corp")
SARAH = Requester(name="Sarah Miller", email="sarah.miller@acme.example", contact_id=id_of("Sarah Miller"))


def seat(name: str, **changes: Any) -> Seat:
    given: dict[str, Any] = {"agent_id": id_of(name), "name": name, "manager_id": id_of("Mia Manager")}
    return Seat(**(given | changes))


def desk(*seats: Seat, **changes: Any) -> Desk:
    turn = max((each.last_turn for each in seats), default=0)
    return Desk({each.agent_id: each for each in seats}, turn, **changes)


LEA = seat("Lea Brandt", level=AgentLevel.SENIOR, skills=frozenset({"data_export"}))
TOM = seat("Tom Weber")
MIA = seat("Mia Manager", role=SupportRole.MANAGER)
TEAM = desk(LEA, TOM, MIA)


def submit(ticket_id: UUID = TICKET, **changes: Any) -> SubmitTicket:
    given: dict[str, Any] = {
        "ticket_id": ticket_id,
        "subject": "Export function not working",
        "description": "When I try to export contacts to CSV, I get an error message",
        "channel": Channel.EMAIL,
        "requester": SARAH,
        "account_id": ACCOUNT,
        "account_name": "Acme Corp",
        "impact": "blocking work",
        "product_version": "2.1.5",
    }
    return SubmitTicket(**(given | changes))


def finding(value: str | None) -> Finding:
    return Finding(value=value, confidence=Decimal("0.9" if value else "0.3"), because="says so")


def analyzed(ticket_id: UUID = TICKET, **changes: Any) -> TicketAnalyzed:
    said = {
        "type": "bug",
        "priority": "high",
        "sentiment": "frustrated",
        "urgency": "high",
        "feature": "data_export",
        "recommended_priority": "p1",
    }
    findings = {name: finding(changes.pop(name, value)) for name, value in said.items()}
    given: dict[str, Any] = {"similar_in_week": 5, "rules_version": 1, "caused_by": f"ticket-{ticket_id}@1"}
    return TicketAnalyzed(ticket_id=ticket_id, **(findings | given | changes))


def take(analysis_id: str = "analysis@1", **changes: Any) -> TakeAnalysis:
    analysis = analyzed(**changes)
    return TakeAnalysis(ticket_id=analysis.ticket_id, analysis=analysis, analysis_id=analysis_id)


def message(name: str, *, from_customer: bool = True, ticket_id: UUID = TICKET, **changes: Any) -> AddReply:
    given: dict[str, Any] = {
        "ticket_id": ticket_id,
        "reply_id": id_of(name),
        "from_customer": from_customer,
        "author": "Sarah Miller" if from_customer else "Lea Brandt",
        "text": name,
        "channel": Channel.EMAIL,
    }
    return AddReply(**(given | changes))


class Story:
    """Tickets told command by command over a desk that follows what happens."""

    def __init__(self, at: Desk = TEAM) -> None:
        self.desk = at
        self.states: dict[UUID, Any] = {}
        self.events: list[Event] = []

    def tell(self, command: Any, now: datetime = MONDAY) -> Sequence[Event]:
        state = self.states.get(command.ticket_id, ticket.initial)
        events = ticket.decide(command, state, now, self.desk)
        if not comes_to_desk(command):
            assert events == ticket.decide(command, state, now, replace(self.desk, seats={}, turn=0))
            assert not any(isinstance(event, SeatTaken | SeatFreed) for event in events)
        for event in events:
            state = ticket.evolve(state, event)
            self.desk = desks.evolve(self.desk, event)
        self.states[command.ticket_id] = state
        self.events += events
        return events

    def merge(self, one: UUID, into: UUID) -> None:
        self.tell(MergeTicket(ticket_id=one, into_id=into, into_reference=reference_of(into)))
        self.tell(AbsorbTicket(ticket_id=into, from_id=one))

    def unmerge(self, one: UUID, into: UUID) -> None:
        self.tell(UnmergeTicket(ticket_id=one, reason="another matter"))
        self.tell(ReleaseTicket(ticket_id=into, from_id=one))

    def split(self, one: UUID, new: UUID, *reply_ids: UUID) -> None:
        self.tell(SplitTicket(ticket_id=one, new_ticket_id=new, reply_ids=reply_ids))
        self.tell(submit(new, split_from=one))

    def undo_split(self, one: UUID, new: UUID) -> None:
        self.tell(UndoSplit(ticket_id=one, new_ticket_id=new))
        self.merge(new, one)

    @property
    def state(self) -> Any:
        return self.states[TICKET]

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]

    def load(self, person: Seat) -> int:
        return self.desk.seats[person.agent_id].open_tickets


def begun(at: Desk = TEAM, **changes: Any) -> Story:
    """Acme's ticket came in and was analysed: a bug of high priority."""
    story = Story(at)
    story.tell(submit(**changes))
    story.tell(take())
    return story
