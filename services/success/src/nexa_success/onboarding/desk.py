"""The desk a new onboarding comes to: who is there, how much each has, whose turn it is, and the template in force."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    CsmUpdated,
    OnboardingAssigned,
    OnboardingCancelled,
    OnboardingCompleted,
    OnboardingResumed,
    OnboardingSpecialistAssigned,
    OnboardingStarted,
    OnboardingTemplateChanged,
    Person,
    Role,
)
from nexa_contracts.values import Because, Candidate
from nexa_success.csm.calendar import Calendar
from nexa_success.template import state as template_state
from nexa_success.template.state import DEFAULT_TEMPLATE, KickoffPlan, Template

MOST_CANDIDATES = 20


@dataclass(frozen=True)
class Seat:
    """A person of the roster with their load. `last_turn` counts assignments: the lowest is next."""

    csm_id: UUID
    name: str
    email: str
    role: Role
    capacity: int
    available: bool = True
    manager_id: UUID | None = None
    calendar: Calendar = field(default_factory=Calendar)
    open_onboardings: int = 0
    last_turn: int = 0

    @property
    def person(self) -> Person:
        return Person(person_id=self.csm_id, name=self.name, email=self.email)


@dataclass(frozen=True)
class Desk:
    """`kickoffs` are those of all template versions so far; `join_url` has a place {meeting_id}."""

    seats: Mapping[UUID, Seat] = field(default_factory=dict)
    turn: int = 0
    template: Template = DEFAULT_TEMPLATE
    kickoffs: Mapping[int, KickoffPlan] = field(
        default_factory=lambda: {DEFAULT_TEMPLATE.version: DEFAULT_TEMPLATE.kickoff}
    )
    join_url: str = "https://meet.nexa.example/{meeting_id}"

    def kickoff_of(self, version: int) -> KickoffPlan:
        """The kickoff as the template's version plans it: an onboarding keeps the version it began with."""
        return self.kickoffs.get(version, self.template.kickoff)

    def manager_of(self, csm: Person | None) -> UUID | None:
        """Whom the CSM reports to; where nobody is named, the first manager of the roster."""
        seat = self.seats.get(csm.person_id) if csm else None
        if seat is not None and seat.manager_id is not None:
            return seat.manager_id
        managers = (each.csm_id for each in self.seats.values() if each.role is Role.MANAGER)
        return min(managers, default=None)


@dataclass(frozen=True)
class Choice:
    """Who takes it (None: nobody can), and why."""

    seat: Seat | None
    because: Because


def choose(desk: Desk, role: Role, today: date) -> Choice:
    """The next in turn of those who are available, not away today and have room; of one turn, who has less to do."""
    seats = sorted((seat for seat in desk.seats.values() if seat.role is role), key=lambda seat: seat.csm_id)
    able = [seat for seat in seats if _obstacle(seat, today) is None]
    taken = min(
        able, key=lambda seat: (seat.last_turn, seat.open_onboardings / seat.capacity, seat.csm_id), default=None
    )
    return Choice(taken, _because(desk, role, seats, taken, today))


def _obstacle(seat: Seat, today: date) -> str | None:
    if not seat.available:
        return "not available"
    if seat.calendar.is_absent(today):
        return "away today"
    if seat.open_onboardings >= seat.capacity:
        return f"at capacity ({seat.open_onboardings} of {seat.capacity} open onboardings)"
    return None


def _because(desk: Desk, role: Role, seats: list[Seat], taken: Seat | None, today: date) -> Because:
    shown = ([taken] if taken else []) + [seat for seat in seats if seat is not taken]
    facts = {"role": role.value, "people of that role": str(len(seats))}
    return Because(
        rule="available, not away, with room; least recently assigned first, then the smaller share of capacity in use",
        facts=facts,
        candidates=tuple(_candidates(shown[:MOST_CANDIDATES], taken, today)),
    )


def _candidates(seats: Iterable[Seat], taken: Seat | None, today: date) -> Iterable[Candidate]:
    for seat in seats:
        load = f"{seat.open_onboardings} of {seat.capacity} open onboardings"
        if seat is taken:
            reason = f"least recently assigned of those with room ({load})"
        else:
            reason = _obstacle(seat, today) or f"assigned more recently, or busier ({load})"
        yield Candidate(id=str(seat.csm_id), name=seat.name, taken=seat is taken, reason=reason)


def evolve(desk: Desk, event: Event) -> Desk:
    match event:
        case CsmUpdated():
            known = desk.seats.get(event.csm_id)
            return _seated(desk, listed(event, known))
        case OnboardingTemplateChanged():
            template = template_state.evolve(desk.template, event)
            return replace(desk, template=template, kickoffs={**desk.kickoffs, template.version: template.kickoff})
        case OnboardingStarted(csm=csm, specialist=specialist, turn=turn):
            for person in (csm, specialist):
                desk = _taken(desk, person.person_id, turn) if person else desk
            return desk
        case OnboardingAssigned(csm=csm, previous_csm_id=previous, turn=turn):
            return _taken(_loaded(desk, previous, -1), csm.person_id, turn)
        case OnboardingSpecialistAssigned(specialist=specialist, turn=turn):
            return _taken(desk, specialist.person_id, turn)
        case OnboardingResumed(csm_id=csm_id, specialist_id=specialist_id):
            return _loaded(_loaded(desk, csm_id, 1), specialist_id, 1)
        case (
            OnboardingCompleted(csm_id=csm_id, specialist_id=specialist_id)
            | OnboardingCancelled(csm_id=csm_id, specialist_id=specialist_id)
        ):
            return _loaded(_loaded(desk, csm_id, -1), specialist_id, -1)
        case _:
            return desk


def listed(csm: CsmUpdated, known: Seat | None = None) -> Seat:
    """The seat of a person as the roster has them now, with the load they had."""
    return Seat(
        csm_id=csm.csm_id,
        name=csm.name,
        email=csm.email,
        role=csm.role,
        capacity=csm.capacity,
        available=csm.available,
        manager_id=csm.manager_id,
        calendar=Calendar(csm.time_zone, csm.country, csm.working_days, csm.absences),
        open_onboardings=known.open_onboardings if known else 0,
        last_turn=known.last_turn if known else 0,
    )


def _seated(desk: Desk, seat: Seat) -> Desk:
    return replace(desk, seats={**desk.seats, seat.csm_id: seat})


def _taken(desk: Desk, csm_id: UUID, turn: int) -> Desk:
    seat = desk.seats.get(csm_id)
    desk = replace(desk, turn=max(desk.turn, turn))
    if seat is None:
        return desk
    return _seated(desk, replace(seat, open_onboardings=seat.open_onboardings + 1, last_turn=turn))


def _loaded(desk: Desk, csm_id: UUID | None, more: int) -> Desk:
    """With so many more open onboardings of this person; nobody's turn changes."""
    seat = desk.seats.get(csm_id) if csm_id else None
    return _seated(desk, replace(seat, open_onboardings=seat.open_onboardings + more)) if seat else desk
