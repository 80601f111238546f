"""A period of real leads routed once more, in memory, by other rules or with another roster. Nothing is written.

What people and leads did stays as it was: a lead closes when it really closed, whoever has it here; one that a person gave to
a rep goes to that rep. A lead that waits is offered as soon as somebody has room.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.sales import (
    AssignmentReason,
    LeadAssigned,
    LeadQueued,
    LeadRecycled,
    RepLeft,
    RepUpdated,
    RepWindowOpened,
    RoutingRulesChanged,
)
from nexa_contracts.values import Band
from nexa_sales.assignment.choosing import Demand, not_serving, turn_of, unfit_for, without_room
from nexa_sales.assignment.desk import Seat, listed
from nexa_sales.assignment.events import LeadWorked
from nexa_sales.routing_rules.state import Rules
from nexa_sales.what_if.history import DeskRow, History, LeadRow

Change: TypeAlias = Callable[[Seat], Seat | None]
"""What a changed roster makes of a seat; None: nobody sits there."""


@dataclass(frozen=True)
class Plan:
    """What is to be tried. Rules None: those that were in force at each time. `bands`: leads in another band, by their ids."""

    rules: Rules | None = None
    changes: Mapping[UUID, Change] = field(default_factory=dict)
    newcomers: Sequence[Seat] = ()
    bands: Mapping[str, Band] = field(default_factory=dict)


AS_IT_IS = Plan()


@dataclass(slots=True)
class Placed:
    """A lead of the period. `rep_id` and `assigned_at` are of the replay, None while it waits; the rest is as it really was."""

    demand: Demand
    arrived_at: datetime
    rep_id: UUID | None = None
    assigned_at: datetime | None = None
    really_with: UUID | None = None
    really_assigned_at: datetime | None = None
    contacted_at: datetime | None = None
    closed_at: datetime | None = None


class Chair:
    """Where somebody sits, whose seat changes with each lead; looked through for each lead, so that it must be quick."""

    __slots__ = ("seat",)

    def __init__(self, seat: Seat) -> None:
        self.seat = seat


class Replay:
    """Runs through a history when it is made; `chairs`, `leads` and `given` are how it ends."""

    def __init__(self, history: History, plan: Plan) -> None:
        self._plan = plan
        self._turn = history.desk.turn
        self._rules = plan.rules or history.desk.rules
        self._waiting: dict[Demand, OrderedDict[str, tuple[datetime, int]]] = {}
        self._queued = 0
        self._serving: dict[Demand, list[Chair]] = {}
        self.leads: dict[str, Placed] = {}
        self.given: dict[UUID, int] = {}
        self.chairs: dict[UUID, Chair] = {seat.rep_id: Chair(seat) for seat in plan.newcomers}
        for seat in history.desk.seats.values():
            self._seat(seat)
        for lead_id, demand, since in history.waiting:
            self._arrive(lead_id, demand, since)
        for row in history.happened:
            if isinstance(row, DeskRow):
                self._desk_changed(row)
            else:
                self._happened(row)

    def _seat(self, seat: Seat) -> None:
        change = self._plan.changes.get(seat.rep_id)
        changed = seat if change is None else change(seat)
        if changed is None:
            self.chairs.pop(seat.rep_id, None)
        else:
            self.chairs[seat.rep_id] = Chair(changed)

    def _desk_changed(self, row: DeskRow) -> None:
        match row.event:
            case RepUpdated() as rep:
                before = self.chairs.get(rep.rep_id)
                self._seat(listed(rep, before.seat if before else None))
            case RepLeft(rep_id=rep_id):
                self.chairs.pop(rep_id, None)
            case RepWindowOpened(rep_id=rep_id) if rep_id in self.chairs:
                chair = self.chairs[rep_id]
                chair.seat = replace(chair.seat, given=0)
            case RoutingRulesChanged(version=version, rules=rules) if self._plan.rules is None:
                self._rules = Rules(version, rules)
        self._serving.clear()
        self._offer(list(self._waiting), row.at)

    def _happened(self, row: LeadRow) -> None:
        lead = self.leads.get(row.lead_id)
        if row.kind is LeadAssigned:
            self._really_assigned(row, lead)
        elif row.kind is LeadQueued:
            self._really_queued(row, lead)
        elif row.kind is LeadRecycled:
            if row.demand is not None and row.demand.band is not Band.LOW:
                self._arrive(row.lead_id, row.demand, row.at)
        elif row.kind is LeadWorked:
            if lead is not None and lead.contacted_at is None:
                lead.contacted_at = row.at
        elif lead is None:
            self._freed(row.rep_id, row.at)
        elif lead.closed_at is None:
            lead.closed_at = row.at
            self._take_away(row.lead_id, lead, row.at)

    def _really_assigned(self, row: LeadRow, lead: Placed | None) -> None:
        assert row.demand is not None
        if lead is None:
            lead = self._comes_up(row)
        elif row.reason is AssignmentReason.REROUTED:
            self._route_again(row.lead_id, lead, row)
        elif row.reason is AssignmentReason.REASSIGNED:
            self._reassigned(row, lead)
        lead.really_with = row.rep_id
        lead.really_assigned_at = lead.really_assigned_at or row.at

    def _comes_up(self, row: LeadRow) -> Placed:
        """A lead of before the period, out of the series or from a rep who had it then, or a new one."""
        assert row.demand is not None
        self._freed(row.previous_rep_id, row.at)
        if row.reason is not AssignmentReason.REASSIGNED:
            return self._arrive(row.lead_id, row.demand, row.at)
        lead = self.leads[row.lead_id] = Placed(row.demand, row.at)
        self._reassigned(row, lead)
        return lead

    def _reassigned(self, row: LeadRow, lead: Placed) -> None:
        """By a person, who is followed; or because its rep left, and then the rules decide."""
        if row.previous_rep_id is not None and row.previous_rep_id not in self.chairs:
            if lead.rep_id is None or lead.rep_id not in self.chairs:
                self._route_again(row.lead_id, lead, row)
        elif row.rep_id in self.chairs:
            self._unqueue(row.lead_id, lead)
            before = lead.rep_id
            self._give(lead, row.rep_id, row.at)
            self._freed(before, row.at)

    def _really_queued(self, row: LeadRow, lead: Placed | None) -> None:
        assert row.demand is not None
        if lead is None:
            self._freed(row.previous_rep_id, row.at)
            self._arrive(row.lead_id, row.demand, row.at)
        elif lead.rep_id in self.chairs and row.demand.band is lead.demand.band:
            lead.demand = row.demand
        elif row.demand != lead.demand or row.previous_rep_id is not None:
            self._route_again(row.lead_id, lead, row)

    def _arrive(self, lead_id: str, demand: Demand, at: datetime) -> Placed:
        lead = self.leads[lead_id] = Placed(demand, at)
        self._route(lead_id, lead, at)
        return lead

    def _route(self, lead_id: str, lead: Placed, at: datetime) -> None:
        chosen = self._choose(lead.demand)
        if chosen is None:
            self._queue(lead_id, lead, at)
        else:
            self._give(lead, chosen, at)

    def _route_again(self, lead_id: str, lead: Placed, row: LeadRow) -> None:
        """It asks for something else, or its rep is gone. A lead that a present rep has stays if nobody else can take it."""
        assert row.demand is not None
        since = self._unqueue(lead_id, lead)
        if since is None or row.demand.band is not lead.demand.band or row.previous_rep_id is not None:
            since = row.at
        lead.demand = row.demand
        before = lead.rep_id if lead.rep_id in self.chairs else None
        chosen = self._choose(row.demand)
        if chosen is None and before is not None:
            return
        if chosen is None:
            lead.rep_id = None
            self._queue(lead_id, lead, since)
            return
        self._give(lead, chosen, row.at)
        self._freed(before, row.at)

    def _choose(self, demand: Demand) -> UUID | None:
        serving = self._serving.get(demand)
        if serving is None:
            level = self._rules.rule_for(demand.band, demand.territory, demand.product).level
            chairs = [chair for chair in self.chairs.values() if chair.seat.level is level]
            serving = [chair for chair in chairs if not_serving(chair.seat, demand) is None]
            self._serving[demand] = serving
        best: Seat | None = None
        for chair in serving:
            seat = chair.seat
            if best is not None and seat.last_turn > best.last_turn:
                continue
            if without_room(seat) is None and (best is None or turn_of(seat) < turn_of(best)):
                best = seat
        return None if best is None else best.rep_id

    def _give(self, lead: Placed, rep_id: UUID | None, at: datetime) -> None:
        assert rep_id is not None
        self._turn += 1
        chair = self.chairs[rep_id]
        seat = chair.seat
        chair.seat = replace(seat, open_leads=seat.open_leads + 1, given=seat.given + 1, last_turn=self._turn)
        self.given[rep_id] = self.given.get(rep_id, 0) + 1
        lead.rep_id, lead.assigned_at = rep_id, lead.assigned_at or at

    def _take_away(self, lead_id: str, lead: Placed, at: datetime) -> None:
        self._unqueue(lead_id, lead)
        self._freed(lead.rep_id, at)

    def _queue(self, lead_id: str, lead: Placed, since: datetime) -> None:
        """Behind those that have waited as long; one that waited before for something else may have waited longer."""
        queue = self._waiting.setdefault(lead.demand, OrderedDict())
        self._queued += 1
        place = since, self._queued
        last = next(reversed(queue.values()), place)
        queue[lead_id] = place
        if last > place:
            self._waiting[lead.demand] = OrderedDict(sorted(queue.items(), key=itemgetter(1)))

    def _unqueue(self, lead_id: str, lead: Placed) -> datetime | None:
        """Since when it waited. As quick from the middle of a long queue as from its ends: tens of thousands may wait."""
        if lead.rep_id is None and lead.demand in self._waiting:
            place = self._waiting[lead.demand].pop(lead_id, None)
            return place[0] if place else None
        return None

    def _freed(self, rep_id: UUID | None, at: datetime) -> None:
        """The rep has one open lead less, and perhaps room for one that waits."""
        chair = None if rep_id is None else self.chairs.get(rep_id)
        if chair is None:
            return
        freed = chair.seat = replace(chair.seat, open_leads=chair.seat.open_leads - 1)
        if self._waiting and without_room(freed) is None:
            self._offer([demand for demand in self._waiting if unfit_for(freed, demand) is None], at)

    def _offer(self, demands: list[Demand], at: datetime) -> None:
        """To those that waited longest of these demands, for as long as somebody can take one."""
        open_demands = {demand for demand in demands if self._waiting.get(demand)}
        while open_demands:
            demand = min(open_demands, key=lambda each: next(iter(self._waiting[each].values())))
            chosen = self._choose(demand)
            if chosen is None:
                open_demands.discard(demand)
                continue
            queue = self._waiting[demand]
            self._give(self.leads[queue.popitem(last=False)[0]], chosen, at)
            if not queue:
                del self._waiting[demand]
                open_demands.discard(demand)
