"""The desk that leads are routed over: who is there, how much each has open, whose turn it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadReleased,
    RepLeft,
    RepLevel,
    RepUpdated,
    RepWindowOpened,
    RoutingRulesChanged,
)
from nexa_sales.routing_rules.state import DEFAULT_RULES, Rules


@dataclass(frozen=True)
class Seat:
    """A rep at the desk. `last_turn` is the turn in which they were last given a lead, 0 if never.

    `given` counts the leads they got in their present window, which `window_capacity` limits if it is set.
    """

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
    away: bool = False
    window_capacity: int | None = None
    given: int = 0


@dataclass(frozen=True)
class Desk:
    """All seats, the turn of the latest assignment, and the rules in force."""

    seats: Mapping[UUID, Seat]
    turn: int = 0
    rules: Rules = DEFAULT_RULES


def evolve(desk: Desk, event: Event) -> Desk:
    """The desk after an event of this service, so that each decision of a batch knows those before it."""
    match event:
        case RepUpdated() as rep:
            seat = desk.seats.get(rep.rep_id)
            return _with(desk, listed(rep, seat))
        case RepLeft(rep_id=rep_id):
            return replace(desk, seats={key: seat for key, seat in desk.seats.items() if key != rep_id})
        case RepWindowOpened(rep_id=rep_id):
            return _change(desk, rep_id, lambda seat: replace(seat, given=0))
        case RoutingRulesChanged(version=version, rules=rules):
            return replace(desk, rules=Rules(version, rules))
        case LeadAssigned(rep_id=rep_id, previous_rep_id=previous, turn=turn):
            moved = desk if previous is None else _change(desk, previous, lambda seat: _open(seat, -1))
            moved = _change(moved, rep_id, lambda seat: _taking(seat, turn))
            return replace(moved, turn=max(moved.turn, turn))
        case LeadQueued(previous_rep_id=UUID() as previous):
            return _change(desk, previous, lambda seat: _open(seat, -1))
        case (
            LeadConverted(rep_id=UUID() as rep_id)
            | LeadDisqualified(rep_id=UUID() as rep_id)
            | LeadReleased(rep_id=UUID() as rep_id)
        ):
            return _change(desk, rep_id, lambda seat: _open(seat, -1))
        case _:
            return desk


def listed(rep: RepUpdated, before: Seat | None) -> Seat:
    """The seat as the roster says now; what the rep has and was given stays."""
    return Seat(
        rep_id=rep.rep_id,
        name=rep.name,
        level=rep.level,
        territories=rep.territories,
        products=rep.products,
        capacity=rep.capacity,
        available=rep.available,
        manager_id=rep.manager_id,
        open_leads=before.open_leads if before else 0,
        last_turn=before.last_turn if before else 0,
        away=rep.away,
        window_capacity=rep.window_capacity,
        given=before.given if before else 0,
    )


def _taking(seat: Seat, turn: int) -> Seat:
    return replace(seat, open_leads=seat.open_leads + 1, given=seat.given + 1, last_turn=turn)


def _open(seat: Seat, by: int) -> Seat:
    return replace(seat, open_leads=seat.open_leads + by)


def _change(desk: Desk, rep_id: UUID, change: Callable[[Seat], Seat]) -> Desk:
    seat = desk.seats.get(rep_id)
    return desk if seat is None else _with(desk, change(seat))


def _with(desk: Desk, seat: Seat) -> Desk:
    return replace(desk, seats={**desk.seats, seat.rep_id: seat})
