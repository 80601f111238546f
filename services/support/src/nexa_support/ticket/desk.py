"""The desk a ticket comes to: who is there, what each can and has to do, and whose turn it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.support import AgentLevel, AgentName, AgentUpdated, SlaPoliciesChanged, SupportRole
from nexa_contracts.values import Because, Candidate
from nexa_support.agent.shifts import Hours
from nexa_support.sla import policies
from nexa_support.sla.policies import Policies
from nexa_support.ticket.events import SeatFreed, SeatTaken

MOST_CANDIDATES = 20
RULE = "in shift, not away, speaks the language, with room; who knows the feature first, then least recently assigned, "
RULE += "then the smaller share of capacity in use"


@dataclass(frozen=True)
class Seat:
    """A person of the roster with their load. `last_turn` counts assignments: the lowest is next."""

    agent_id: UUID
    name: str
    role: SupportRole = SupportRole.AGENT
    level: AgentLevel = AgentLevel.STANDARD
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset({"en"})
    capacity: int = 20
    available: bool = True
    manager_id: UUID | None = None
    hours: Hours = field(default_factory=Hours)
    open_tickets: int = 0
    last_turn: int = 0

    @property
    def person(self) -> AgentName:
        return AgentName(agent_id=self.agent_id, name=self.name)

    @property
    def load(self) -> str:
        return f"{self.open_tickets} of {self.capacity} open tickets"


@dataclass(frozen=True)
class Desk:
    """`reopen_within`: how long after a ticket was settled the customer's answer reopens it.

    `policies`: what customers are promised; None: nothing, and no clock runs.
    """

    seats: Mapping[UUID, Seat] = field(default_factory=dict)
    turn: int = 0
    reopen_within: timedelta = timedelta(days=14)
    policies: Policies | None = None

    def manager_of(self, agent: AgentName | None) -> UUID | None:
        """Whom the agent reports to; where nobody is named, the first manager of the roster."""
        seat = self.seats.get(agent.agent_id) if agent else None
        if seat is not None and seat.manager_id is not None:
            return seat.manager_id
        managers = (each.agent_id for each in self.seats.values() if each.role is SupportRole.MANAGER)
        return min(managers, default=None)


@dataclass(frozen=True)
class Needs:
    """What a ticket asks of the agent who takes it."""

    senior: bool = False
    language: str = "en"
    feature: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """Who takes it (None: nobody can), and why; `next_begin` is when somebody who may take it begins to work."""

    seat: Seat | None
    because: Because
    next_begin: datetime | None = None


def choose(desk: Desk, needs: Needs, now: datetime) -> Choice:
    agents = sorted(
        (seat for seat in desk.seats.values() if seat.role is SupportRole.AGENT), key=lambda seat: seat.agent_id
    )
    able = [seat for seat in agents if _obstacle(seat, needs, now) is None]
    taken = min(able, key=lambda seat: _rank(seat, needs), default=None)
    return Choice(taken, _because(agents, taken, needs, now), None if taken else _next_begin(agents, needs, now))


def _rank(seat: Seat, needs: Needs) -> tuple[bool, int, float, UUID]:
    return (needs.feature not in seat.skills, seat.last_turn, seat.open_tickets / seat.capacity, seat.agent_id)


def _obstacle(seat: Seat, needs: Needs, now: datetime) -> str | None:
    return _unfit(seat, needs) or _not_there(seat, now) or _without_room(seat)


def _unfit(seat: Seat, needs: Needs) -> str | None:
    if needs.senior and seat.level is not AgentLevel.SENIOR:
        return "not senior"
    if needs.language not in seat.languages:
        return f"does not speak {needs.language}"
    return None if seat.available else "not available"


def _not_there(seat: Seat, now: datetime) -> str | None:
    if seat.hours.is_away(now):
        return "away today"
    return None if seat.hours.is_in_shift(now) else "not in shift"


def _without_room(seat: Seat) -> str | None:
    return f"at capacity ({seat.load})" if seat.open_tickets >= seat.capacity else None


def _next_begin(agents: Iterable[Seat], needs: Needs, now: datetime) -> datetime | None:
    """When the first begins to work who could take it and is not there now."""
    absent = (seat for seat in agents if _unfit(seat, needs) is None and _not_there(seat, now))
    begins = (seat.hours.next_begin(now) for seat in absent)
    return min((begin for begin in begins if begin), default=None)


def _because(agents: list[Seat], taken: Seat | None, needs: Needs, now: datetime) -> Because:
    shown = ([taken] if taken else []) + [seat for seat in agents if seat is not taken]
    candidates = tuple(
        Candidate(
            id=str(seat.agent_id), name=seat.name, taken=seat is taken, reason=_reason(seat, seat is taken, needs, now)
        )
        for seat in shown[:MOST_CANDIDATES]
    )
    who = "senior agents" if needs.senior else "all agents"
    facts = {**needs.facts, "language": needs.language, "agents": str(len(agents))}
    return Because(rule=f"{who}: {RULE}", facts=facts, candidates=candidates)


def _reason(seat: Seat, taken: bool, needs: Needs, now: datetime) -> str:
    knows = f"knows {needs.feature}, " if needs.feature in seat.skills else ""
    if taken:
        return f"{knows}next in turn of those who can ({seat.load})"
    obstacle = _obstacle(seat, needs, now)
    return obstacle or f"{knows}assigned more recently, busier, or without the skill ({seat.load})"


def evolve(desk: Desk, event: Event) -> Desk:
    match event:
        case AgentUpdated(agent_id=agent_id):
            return _seated(desk, listed(event, desk.seats.get(agent_id)))
        case SeatTaken(agent_id=agent_id, turn=turn):
            return _counted(replace(desk, turn=max(desk.turn, turn or 0)), agent_id, 1, turn)
        case SeatFreed(agent_id=agent_id):
            return _counted(desk, agent_id, -1, None)
        case SlaPoliciesChanged() if desk.policies is not None:
            return replace(desk, policies=policies.evolve(desk.policies, event))
        case _:
            return desk


def listed(agent: AgentUpdated, known: Seat | None = None) -> Seat:
    """The seat of a person as the roster has them now, with the load they had."""
    return Seat(
        agent_id=agent.agent_id,
        name=agent.name,
        role=agent.role,
        level=agent.level,
        skills=frozenset(agent.skills),
        languages=frozenset(agent.languages),
        capacity=agent.capacity,
        available=agent.available,
        manager_id=agent.manager_id,
        hours=Hours(agent.time_zone, agent.shifts, agent.absences),
        open_tickets=known.open_tickets if known else 0,
        last_turn=known.last_turn if known else 0,
    )


def _seated(desk: Desk, seat: Seat) -> Desk:
    return replace(desk, seats={**desk.seats, seat.agent_id: seat})


def _counted(desk: Desk, agent_id: UUID, tickets: int, turn: int | None) -> Desk:
    seat = desk.seats.get(agent_id)
    if seat is None:
        return desk
    last_turn = seat.last_turn if turn is None else turn
    return _seated(desk, replace(seat, open_tickets=seat.open_tickets + tickets, last_turn=last_turn))
