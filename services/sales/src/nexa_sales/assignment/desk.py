"""The desk that leads are routed over: who is there, how much each has open, whose turn it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import LeadAssigned, LeadConverted, LeadDisqualified, RepLevel, RepUpdated
from nexa_contracts.values import Band, Because, Candidate
from nexa_sales.assignment.events import LeadLetGo

RULE_VERSION = 1
MOST_NAMED = 25
"""So many candidates are named in a `because`; the others are counted."""

LEVEL_OF_BAND: Mapping[Band, RepLevel] = {Band.HIGH: RepLevel.SENIOR, Band.MEDIUM: RepLevel.STANDARD}


@dataclass(frozen=True)
class Seat:
    """A rep at the desk. `last_turn` is the turn in which they were last given a lead, 0 if never."""

    rep_id: UUID
    name: str
    level: RepLevel
    territories: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    capacity: int = 0
    available: bool = True
    manager_id: UUID | None = None
    open_leads: int = 0
    last_turn: int = 0


@dataclass(frozen=True)
class Desk:
    """All seats, and the turn of the latest assignment."""

    seats: Mapping[UUID, Seat]
    turn: int = 0


@dataclass(frozen=True)
class Demand:
    """What a lead asks of a rep."""

    band: Band
    territory: str | None
    product: str | None


@dataclass(frozen=True)
class Choice:
    """The seat that is taken, None if there is none to take, and why it came out so."""

    seat: Seat | None
    because: Because


def choose(desk: Desk, demand: Demand) -> Choice:
    """By band, territory and product, then availability and free capacity, then who was given a lead least recently.

    Among those of the same turn, the one with the smaller share of their capacity in use.
    """
    level = LEVEL_OF_BAND[demand.band]
    refusals: list[tuple[Seat, str]] = []
    eligible: list[Seat] = []
    for seat in desk.seats.values():
        reason = _unfit(seat, level, demand)
        if reason is None:
            eligible.append(seat)
        elif seat.level is not RepLevel.MANAGER:
            refusals.append((seat, reason))
    eligible.sort(key=_turn)
    taken = eligible[0] if eligible else None
    return Choice(taken, _because(demand, level, eligible, refusals))


def _turn(seat: Seat) -> tuple[int, float, str]:
    return seat.last_turn, seat.open_leads / seat.capacity, str(seat.rep_id)


def _unfit(seat: Seat, level: RepLevel, demand: Demand) -> str | None:
    if seat.level is not level:
        return f"{seat.level.value}; {demand.band.value} leads go to {level.value} reps"
    if not _serves(seat.territories, demand.territory):
        return f"serves {', '.join(seat.territories)}, not {demand.territory}"
    if not _serves(seat.products, demand.product):
        return f"sells {', '.join(seat.products)}, not {demand.product}"
    if not seat.available:
        return "not available"
    if seat.open_leads >= seat.capacity:
        return f"at capacity ({seat.open_leads} of {seat.capacity} open leads)"
    return None


def _serves(offered: Sequence[str], wanted: str | None) -> bool:
    """A rep without a list serves all; a lead that asks for nothing is served by all."""
    return not offered or wanted is None or wanted.casefold() in {each.casefold() for each in offered}


def _because(
    demand: Demand, level: RepLevel, eligible: Sequence[Seat], refusals: Sequence[tuple[Seat, str]]
) -> Because:
    facts = {
        "band": demand.band.value,
        "eligible": str(len(eligible)),
        "considered": str(len(eligible) + len(refusals)),
    }
    if demand.territory is not None:
        facts["territory"] = demand.territory
    if demand.product is not None:
        facts["product"] = demand.product
    candidates = [
        _taken(seat) if place == 0 else _passed_over(seat, eligible[0]) for place, seat in enumerate(eligible)
    ]
    candidates += [_candidate(seat, False, reason) for seat, reason in refusals]
    return Because(
        rule=f"{demand.band.value} band to {level.value} reps, least recently assigned first",
        rule_version=RULE_VERSION,
        facts=facts,
        candidates=tuple(candidates[:MOST_NAMED]),
    )


def _taken(seat: Seat) -> Candidate:
    when = "never assigned before" if seat.last_turn == 0 else f"least recently assigned (turn {seat.last_turn})"
    return _candidate(seat, True, f"{when}, {seat.open_leads} of {seat.capacity} open")


def _passed_over(seat: Seat, taken: Seat) -> Candidate:
    if seat.last_turn > taken.last_turn:
        return _candidate(seat, False, f"assigned more recently (turn {seat.last_turn})")
    return _candidate(seat, False, f"fuller ({seat.open_leads} of {seat.capacity} open)")


def _candidate(seat: Seat, taken: bool, reason: str) -> Candidate:
    return Candidate.model_construct(id=str(seat.rep_id), name=seat.name, taken=taken, reason=reason)


def evolve(desk: Desk, event: Event) -> Desk:
    """The desk after an event of this service, so that each decision of a batch knows those before it."""
    match event:
        case RepUpdated() as rep:
            seat = desk.seats.get(rep.rep_id)
            return _with(desk, listed(rep, seat.open_leads if seat else 0, seat.last_turn if seat else 0))
        case LeadAssigned(rep_id=rep_id, previous_rep_id=previous, turn=turn):
            moved = desk if previous is None else _change(desk, previous, lambda seat: _open(seat, -1))
            moved = _change(moved, rep_id, lambda seat: replace(_open(seat, 1), last_turn=turn))
            return replace(moved, turn=max(moved.turn, turn))
        case (
            LeadConverted(rep_id=UUID() as rep_id)
            | LeadDisqualified(rep_id=UUID() as rep_id)
            | LeadLetGo(rep_id=UUID() as rep_id)
        ):
            return _change(desk, rep_id, lambda seat: _open(seat, -1))
        case _:
            return desk


def listed(rep: RepUpdated, open_leads: int, last_turn: int) -> Seat:
    return Seat(
        rep_id=rep.rep_id,
        name=rep.name,
        level=rep.level,
        territories=rep.territories,
        products=rep.products,
        capacity=rep.capacity,
        available=rep.available,
        manager_id=rep.manager_id,
        open_leads=open_leads,
        last_turn=last_turn,
    )


def _open(seat: Seat, by: int) -> Seat:
    return replace(seat, open_leads=seat.open_leads + by)


def _change(desk: Desk, rep_id: UUID, change: Callable[[Seat], Seat]) -> Desk:
    seat = desk.seats.get(rep_id)
    return desk if seat is None else _with(desk, change(seat))


def _with(desk: Desk, seat: Seat) -> Desk:
    return replace(desk, seats={**desk.seats, seat.rep_id: seat})
