"""The same period twice, as it is and as it would be: load per rep, who waits, which leads move, first contacts past due."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from nexa_sales.assignment.first_contact import FIRST_CONTACT_WITHIN
from nexa_sales.what_if.history import History
from nexa_sales.what_if.rebanding import rebanded
from nexa_sales.what_if.replay import AS_IT_IS, Placed, Plan, Replay

MOST_MOVES = 500
"""So many leads that move are named; all are counted."""


@dataclass(frozen=True)
class Load:
    """A rep: how many leads they were given in the period, and how many they have open at its end."""

    rep_id: UUID
    name: str
    given_as_is: int
    given_then: int
    open_as_is: int
    open_then: int


@dataclass(frozen=True)
class Move:
    """A lead that another rep would have at the end; None: nobody."""

    lead_id: UUID
    from_rep_id: UUID | None
    to_rep_id: UUID | None


@dataclass(frozen=True)
class Totals:
    """`unassigned` wait at the end. `past_due` had their first contact late, or have none and are late."""

    assigned: int
    unassigned: int
    past_due: int


@dataclass(frozen=True)
class Comparison:
    """`as_really` says of how many leads the replay as it is ends with the rep who really has them, of `compared`."""

    leads: int
    as_is: Totals
    then: Totals
    loads: tuple[Load, ...]
    moves: tuple[Move, ...]
    moved: int
    moved_between: tuple[tuple[UUID | None, UUID | None, int], ...]
    compared: int
    as_really: int


def compare(history: History, plan: Plan) -> Comparison:
    """Takes seconds of one core for tens of thousands of leads: not for an event loop."""
    as_is, then = Replay(history, AS_IT_IS), Replay(rebanded(history, plan.bands), plan)
    either = dict.fromkeys((*as_is.leads, *then.leads))
    stands = [(lead_id, _holder(as_is, lead_id), _holder(then, lead_id)) for lead_id in either]
    moved = [each for each in stands if each[1] != each[2]]
    between = Counter((old, new) for _, old, new in moved)
    really = [lead for lead in as_is.leads.values() if lead.really_with is not None]
    return Comparison(
        leads=len(as_is.leads),
        as_is=_totals(as_is, history.until),
        then=_totals(then, history.until),
        loads=_loads(history, as_is, then),
        moves=tuple(Move(UUID(lead_id), old, new) for lead_id, old, new in moved[:MOST_MOVES]),
        moved=len(moved),
        moved_between=tuple((old, new, leads) for (old, new), leads in between.most_common()),
        compared=len(really),
        as_really=sum(lead.rep_id == lead.really_with for lead in really),
    )


def _holder(replay: Replay, lead_id: str) -> UUID | None:
    lead = replay.leads.get(lead_id)
    return None if lead is None else lead.rep_id


def _loads(history: History, as_is: Replay, then: Replay) -> tuple[Load, ...]:
    names = history.names | {rep_id: chair.seat.name for rep_id, chair in then.chairs.items()}
    loads = [
        Load(
            rep_id=rep_id,
            name=names.get(rep_id, ""),
            given_as_is=as_is.given.get(rep_id, 0),
            given_then=then.given.get(rep_id, 0),
            open_as_is=as_is.chairs[rep_id].seat.open_leads if rep_id in as_is.chairs else 0,
            open_then=then.chairs[rep_id].seat.open_leads if rep_id in then.chairs else 0,
        )
        for rep_id in {*as_is.chairs, *then.chairs, *as_is.given, *then.given}
    ]
    return tuple(sorted(loads, key=lambda load: (load.name, load.rep_id)))


def _totals(replay: Replay, now: datetime) -> Totals:
    leads = replay.leads.values()
    usual = _usual_delay(replay)
    assigned = sum(lead.rep_id is not None for lead in leads)
    waiting = sum(lead.rep_id is None and lead.closed_at is None for lead in leads)
    return Totals(assigned, waiting, sum(_is_past_due(lead, usual, now) for lead in leads))


def _usual_delay(replay: Replay) -> timedelta | None:
    """The median time from being assigned to the first contact, of the leads that had one."""
    delays = [
        (lead.contacted_at - lead.really_assigned_at).total_seconds()
        for lead in replay.leads.values()
        if lead.contacted_at is not None and lead.really_assigned_at is not None
    ]
    return timedelta(seconds=median(delays)) if delays else None


def _is_past_due(lead: Placed, usual: timedelta | None, now: datetime) -> bool:
    """Due counts from when the lead came. Whoever has it needs as long as its real rep did; the usual time if none had it."""
    due = lead.arrived_at + FIRST_CONTACT_WITHIN[lead.demand.band]
    stopped = min(filter(None, (_contact(lead, usual), lead.closed_at, now)))
    return stopped > due


def _contact(lead: Placed, usual: timedelta | None) -> datetime | None:
    if lead.assigned_at is None:
        return None
    if lead.really_assigned_at is None:
        return None if usual is None else lead.assigned_at + usual
    if lead.contacted_at is None:
        return None
    return lead.assigned_at + (lead.contacted_at - lead.really_assigned_at)
