"""The desk that leads are routed over: who is there, how much each has open, whose turn it is."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadReleased,
    RepLevel,
    RepUpdated,
)
from nexa_contracts.values import Band, Because, Candidate

RULE_VERSION = 1
MOST_NAMED = 20
"""So many candidates are named in a `because`, the next in line first; the others are counted."""

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
class Unfit:
    """Why a rep cannot take a lead: in a word that can be counted, and with the figures."""

    word: str
    reason: str


@dataclass(frozen=True)
class Choice:
    """The seat that is taken, None if there is none to take, and why it came out so."""

    seat: Seat | None
    because: Because
    why_nobody: str = ""


def choose(desk: Desk, demand: Demand) -> Choice:
    """By band, territory and product, then availability and free capacity, then who was given a lead least recently.

    Among those of the same turn, the one with the smaller share of their capacity in use. Low leads are nobody's: a demand
    of band Low is a KeyError.
    """
    level = LEVEL_OF_BAND[demand.band]
    refused: list[tuple[Seat, Unfit]] = []
    eligible: list[Seat] = []
    for seat in desk.seats.values():
        if seat.level is not level:
            continue
        unfit = _unfit(seat, demand)
        if unfit is None:
            eligible.append(seat)
        else:
            refused.append((seat, unfit))
    eligible.sort(key=_turn)
    because = _because(desk, demand, level, eligible, refused)
    return Choice(eligible[0], because) if eligible else Choice(None, because, _why_nobody(level, refused))


def can_be_met(desk: Desk, demand: Demand) -> bool:
    """Whether somebody at the desk can take such a lead now."""
    level = LEVEL_OF_BAND.get(demand.band)
    return any(seat.level is level and _unfit(seat, demand) is None for seat in desk.seats.values())


def _turn(seat: Seat) -> tuple[int, float, int]:
    return seat.last_turn, seat.open_leads / seat.capacity, seat.rep_id.int


def _unfit(seat: Seat, demand: Demand) -> Unfit | None:
    if not _serves(seat.territories, demand.territory):
        return Unfit("of another territory", f"serves {', '.join(seat.territories)}, not {demand.territory}")
    if not _serves(seat.products, demand.product):
        return Unfit("for other products", f"sells {', '.join(seat.products)}, not {demand.product}")
    if not seat.available:
        return Unfit("not available", "not available")
    if seat.open_leads >= seat.capacity:
        return Unfit("at capacity", f"at capacity ({seat.open_leads} of {seat.capacity} open leads)")
    return None


def _serves(offered: Sequence[str], wanted: str | None) -> bool:
    """A rep without a list serves all; a lead that asks for nothing is served by all."""
    return not offered or wanted is None or wanted.casefold() in {each.casefold() for each in offered}


def _why_nobody(level: RepLevel, refused: Sequence[tuple[Seat, Unfit]]) -> str:
    """As in: Of 3 senior reps 2 at capacity, 1 not available."""
    if not refused:
        return f"There is no {level.value} rep on the roster"
    counts = Counter(unfit.word for _, unfit in refused)
    return f"Of {len(refused)} {level.value} reps " + ", ".join(f"{n} {word}" for word, n in sorted(counts.items()))


def _because(
    desk: Desk, demand: Demand, level: RepLevel, eligible: Sequence[Seat], refused: Sequence[tuple[Seat, Unfit]]
) -> Because:
    considered = len(eligible) + len(refused)
    facts = {
        "band": demand.band.value,
        "territory": demand.territory or "any",
        "product": demand.product or "any",
        "turn": str(desk.turn + 1),
        f"{level.value} reps": str(considered),
        "of another level, not considered": str(len(desk.seats) - considered),
    }
    if considered > MOST_NAMED:
        facts["considered but not named here"] = str(considered - MOST_NAMED)
    candidates = [
        _passed_over(seat, eligible[0]) if place else _taken(seat) for place, seat in enumerate(eligible[:MOST_NAMED])
    ]
    left = MOST_NAMED - len(candidates)
    candidates += [_candidate(seat, taken=False, reason=unfit.reason) for seat, unfit in refused[:left]]
    return Because(
        rule=(
            f"{demand.band.value} band to {level.value} reps by territory and product, available and with room,"
            " least recently assigned first"
        ),
        rule_version=RULE_VERSION,
        facts=facts,
        candidates=tuple(candidates),
    )


def _taken(seat: Seat) -> Candidate:
    when = "never assigned before" if seat.last_turn == 0 else f"least recently assigned (turn {seat.last_turn})"
    return _candidate(seat, taken=True, reason=f"{when}, {seat.open_leads} of {seat.capacity} open")


def _passed_over(seat: Seat, taken: Seat) -> Candidate:
    if seat.last_turn > taken.last_turn:
        return _candidate(seat, taken=False, reason=f"assigned more recently (turn {seat.last_turn})")
    if seat.open_leads * taken.capacity > taken.open_leads * seat.capacity:
        return _candidate(seat, taken=False, reason=f"fuller ({seat.open_leads} of {seat.capacity} open)")
    return _candidate(seat, taken=False, reason="as good, next in line")


def _candidate(seat: Seat, *, taken: bool, reason: str) -> Candidate:
    return _named(seat.rep_id, seat.name, taken, reason)


@lru_cache(maxsize=10_000)
def _named(rep_id: UUID, name: str, taken: bool, reason: str) -> Candidate:
    """Kept, because from one lead to the next the same is said of all but a few candidates."""
    return Candidate(id=str(rep_id), name=name, taken=taken, reason=reason)


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
            | LeadReleased(rep_id=UUID() as rep_id)
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
