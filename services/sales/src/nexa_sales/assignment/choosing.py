"""Which rep at the desk can take a lead, whose turn it is, and why it came out so."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import assert_never
from uuid import UUID

from nexa_contracts.sales import RepLevel, RoutingRule
from nexa_contracts.values import Band, Because, Candidate
from nexa_sales.assignment.desk import Desk, Seat

MOST_NAMED = 20
"""So many candidates are named in a `because`, the next in line first; the others are counted."""


@dataclass(frozen=True)
class Demand:
    """What a lead asks of a rep."""

    band: Band
    territory: str | None
    product: str | None


class Unfit(StrEnum):
    """Why a rep cannot take a lead, in words that can be counted."""

    OTHER_TERRITORY = "of another territory"
    OTHER_PRODUCTS = "for other products"
    NOT_AVAILABLE = "not available"
    AWAY = "away"
    AT_CAPACITY = "at capacity"
    WINDOW_FULL = "with a full window"


@dataclass(frozen=True)
class Choice:
    """The seat that is taken, None if there is none to take, and why it came out so."""

    seat: Seat | None
    because: Because
    why_nobody: str = ""


def choose(desk: Desk, demand: Demand) -> Choice:
    """By the first rule that takes the lead, then territory and product, availability and free capacity, then turn.

    Who was given a lead least recently is next; among those of the same turn, the one with the smaller share of their
    capacity in use.
    """
    rule = rule_for(desk, demand)
    level = rule.level
    refused: list[tuple[Seat, Unfit]] = []
    eligible: list[Seat] = []
    for seat in desk.seats.values():
        if seat.level is not level:
            continue
        unfit = unfit_for(seat, demand)
        if unfit is None:
            eligible.append(seat)
        else:
            refused.append((seat, unfit))
    eligible.sort(key=turn_of)
    because = _because(desk, demand, rule, eligible, refused)
    return Choice(eligible[0], because) if eligible else Choice(None, because, _why_nobody(level, refused))


def can_be_met(desk: Desk, demand: Demand) -> bool:
    """Whether somebody at the desk can take such a lead now."""
    level = rule_for(desk, demand).level
    return any(seat.level is level and unfit_for(seat, demand) is None for seat in desk.seats.values())


def managers_for(desk: Desk, demand: Demand) -> tuple[UUID, ...]:
    """Managers of the reps whose leads these are; all managers of the roster where those have none."""
    level = rule_for(desk, demand).level
    seats = [seat for seat in desk.seats.values() if seat.level is level and not_serving(seat, demand) is None]
    found = {seat.manager_id for seat in seats if seat.manager_id is not None}
    return tuple(sorted(found or {seat.rep_id for seat in desk.seats.values() if seat.level is RepLevel.MANAGER}))


def rule_for(desk: Desk, demand: Demand) -> RoutingRule:
    return desk.rules.rule_for(demand.band, demand.territory, demand.product)


def turn_of(seat: Seat) -> tuple[int, float, int]:
    return seat.last_turn, seat.open_leads / seat.capacity, seat.rep_id.int


def unfit_for(seat: Seat, demand: Demand) -> Unfit | None:
    """Why the rep cannot take such a lead; None where they can."""
    return not_serving(seat, demand) or without_room(seat)


def not_serving(seat: Seat, demand: Demand) -> Unfit | None:
    """Whether the lead is of a territory or product that is not theirs, whatever they have open."""
    if not _serves(seat.territories, demand.territory):
        return Unfit.OTHER_TERRITORY
    return None if _serves(seat.products, demand.product) else Unfit.OTHER_PRODUCTS


def without_room(seat: Seat) -> Unfit | None:
    """Why the rep can take no lead at all now; None where they can."""
    if not seat.available:
        return Unfit.NOT_AVAILABLE
    if seat.away:
        return Unfit.AWAY
    if seat.open_leads >= seat.capacity:
        return Unfit.AT_CAPACITY
    if seat.window_capacity is not None and seat.given >= seat.window_capacity:
        return Unfit.WINDOW_FULL
    return None


def _in_figures(unfit: Unfit, seat: Seat, demand: Demand) -> str:
    match unfit:
        case Unfit.OTHER_TERRITORY:
            return f"serves {', '.join(seat.territories)}, not {demand.territory}"
        case Unfit.OTHER_PRODUCTS:
            return f"sells {', '.join(seat.products)}, not {demand.product}"
        case Unfit.AT_CAPACITY:
            return f"at capacity ({seat.open_leads} of {seat.capacity} open leads)"
        case Unfit.WINDOW_FULL:
            return f"was given {seat.given} of {seat.window_capacity} new leads in this window"
        case Unfit.NOT_AVAILABLE | Unfit.AWAY:
            return unfit.value
        case _:
            assert_never(unfit)


def _serves(offered: Sequence[str], wanted: str | None) -> bool:
    """A rep without a list serves all; a lead that asks for nothing is served by all."""
    return not offered or wanted is None or wanted.casefold() in {each.casefold() for each in offered}


def _why_nobody(level: RepLevel, refused: Sequence[tuple[Seat, Unfit]]) -> str:
    """As in: Of 3 senior reps 2 at capacity, 1 not available."""
    if not refused:
        return f"There is no {level.value} rep on the roster"
    counts = Counter(unfit.value for _, unfit in refused)
    return f"Of {len(refused)} {level.value} reps " + ", ".join(f"{n} {word}" for word, n in sorted(counts.items()))


def _because(
    desk: Desk, demand: Demand, rule: RoutingRule, eligible: Sequence[Seat], refused: Sequence[tuple[Seat, Unfit]]
) -> Because:
    level = rule.level
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
    candidates += [
        _candidate(seat, taken=False, reason=_in_figures(unfit, seat, demand)) for seat, unfit in refused[:left]
    ]
    return Because(
        rule=f"{rule.name} by territory and product, available and with room, least recently assigned first",
        rule_version=desk.rules.version,
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
