"""The same days by other rules or with another roster: what a replay must keep, and what it must show."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import example, settings
from hypothesis import given as generated
from hypothesis import strategies as st

from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    AssignmentReason,
    LeadAssigned,
    LeadDisqualified,
    LeadQueued,
    LeadSentToNurture,
    RepLeft,
    RepLevel,
    RepUpdated,
    RoutingRule,
    RoutingRulesChanged,
)
from nexa_contracts.values import Band
from nexa_sales.assignment import desk as desks
from nexa_sales.assignment.choosing import Demand
from nexa_sales.assignment.commands import (
    DisqualifyLead,
    HandOverLead,
    NoteContact,
    OfferWaitingLead,
    ReassignLead,
)
from nexa_sales.assignment.desk import Desk
from nexa_sales.assignment.state import Assigned, Waiting
from nexa_sales.routing_rules.state import DEFAULT_RULES, RULES_ID, Rules
from nexa_sales.what_if.comparison import compare
from nexa_sales.what_if.history import OF_THE_DESK, DeskRow, History, LeadRow
from nexa_sales.what_if.replay import AS_IT_IS, Plan, Replay

from .stories import MONDAY, Routing, id_of, roster, route, senior, standard

HOUR = timedelta(hours=1)
MOST_SECONDS = 5.0
"""Of this process, so that the verdict does not hang on what else the machine does."""


class Days(Routing):
    """Routing over some days, an hour a step; waiting leads are offered after each step, as the worker does it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.began = desk
        self.now = MONDAY
        self.times: list[Any] = []

    def step(self, command: Any) -> None:
        self.now += HOUR
        self._do(command)
        for lead_id in self.queue():
            self._do(OfferWaitingLead(lead_id=lead_id))

    def _do(self, command: Any) -> None:
        self.times += [self.now] * len(self.execute(command, self.now))

    def change(self, event: Event) -> None:
        """Something happens to the roster or the rules."""
        self.now += HOUR
        self.events.append(event)
        self.times.append(self.now)
        self.desk = desks.evolve(self.desk, event)
        if isinstance(event, RepLeft):
            for lead_id, state in list(self.states.items()):
                if isinstance(state, Assigned) and state.rep_id == event.rep_id:
                    self._do(HandOverLead(lead_id=lead_id, rep_id=event.rep_id, rep_name=event.name))
        for lead_id in self.queue():
            self._do(OfferWaitingLead(lead_id=lead_id))

    def queue(self) -> list[UUID]:
        waiting = [(state.since, lead_id) for lead_id, state in self.states.items() if isinstance(state, Waiting)]
        return [lead_id for _, lead_id in sorted(waiting, key=lambda each: each[0])]

    def history(self) -> History:
        rows = [row_of(place, at, event) for place, (at, event) in enumerate(zip(self.times, self.events, strict=True))]
        names = {seat.rep_id: seat.name for seat in self.began.seats.values()}
        happened = rows
        low = [row for row in happened if isinstance(row, LeadRow) and row.kind is LeadSentToNurture]
        return History(MONDAY, self.now, self.began, (), [row for row in happened if row not in low], names, low)


def row_of(position: int, at: Any, event: Any) -> LeadRow | DeskRow:
    if isinstance(event, OF_THE_DESK):
        return DeskRow(position, at, event)
    routed = isinstance(event, LeadAssigned | LeadQueued | LeadSentToNurture)
    return LeadRow(
        position,
        at,
        type(event),
        str(event.lead_id),
        getattr(event, "rep_id", None),
        getattr(event, "previous_rep_id", None),
        Demand(event.band, event.territory, event.product_interest) if routed else None,
        event.reason if isinstance(event, LeadAssigned) else None,
        getattr(event, "first", False),
    )


REPS = ("maria", "jonas", "lena", "omar")
LEADS = tuple(f"lead {number}" for number in range(6))
lead_names, rep_names = st.sampled_from(LEADS), st.sampled_from(REPS)


def updated(name: str, **changes: Any) -> RepUpdated:
    level = RepLevel.SENIOR if name in REPS[:2] else RepLevel.STANDARD
    given: dict[str, Any] = {"rep_id": id_of(name), "name": name, "email": f"{name}@nexa.example", "level": level}
    return RepUpdated(**(given | {"capacity": 2} | changes))


routes = st.builds(route, lead_names, st.sampled_from([60, 80, 90]), territory=st.sampled_from([None, "emea", "apac"]))
happenings = st.one_of(
    routes,
    routes,
    st.builds(lambda lead: NoteContact(lead_id=id_of(lead)), lead_names),
    st.builds(lambda lead: DisqualifyLead(lead_id=id_of(lead), reason="none"), lead_names),
    st.builds(
        lambda lead, rep: ReassignLead(lead_id=id_of(lead), rep_id=id_of(rep), reason="knows them"),
        lead_names,
        rep_names,
    ),
    st.builds(
        lambda rep, capacity, available, territories: updated(
            rep, capacity=capacity, available=available, territories=territories
        ),
        rep_names,
        st.integers(0, 4),
        st.booleans(),
        st.sampled_from([(), ("emea",)]),
    ),
    st.builds(lambda rep: RepLeft(rep_id=id_of(rep), name=rep, reason="Moved on"), rep_names),
)


def days_of(happened: Sequence[Any]) -> Days:
    days = Days(
        roster(*(senior(rep, capacity=2) for rep in REPS[:2]), *(standard(rep, capacity=2) for rep in REPS[2:]))
    )
    for each in happened:
        if isinstance(each, Event):
            days.change(each)
            continue
        known = each.lead_id in days.states
        there = not isinstance(each, ReassignLead) or each.rep_id in days.desk.seats
        open_ = isinstance(days.states.get(each.lead_id), Assigned | Waiting)
        if (known and open_ and there) or type(each).__name__ == "RouteLead":
            days.step(each)
    return days


@settings(max_examples=300, deadline=None)
@generated(st.lists(happenings, min_size=5, max_size=40))
@example(
    [  # lead 2 came before lead 1 and has waited less: its rep left later
        route("lead 0", 80, territory=None),
        route("lead 2", 80, territory="emea"),
        route("lead 1", 80, territory=None),
        RepLeft(rep_id=id_of("maria"), name="maria", reason="Moved on"),
        RepLeft(rep_id=id_of("jonas"), name="jonas", reason="Moved on"),
        updated("maria", capacity=1, available=True, territories=()),
    ]
)
@example(
    [  # leads 0 and 3 wait since the same moment
        route("lead 1", 60, territory=None),
        ReassignLead(lead_id=id_of("lead 1"), rep_id=id_of("maria"), reason="knows them"),
        route("lead 0", 80, territory=None),
        route("lead 2", 80, territory=None),
        route("lead 3", 80, territory="emea"),
        RepLeft(rep_id=id_of("jonas"), name="jonas", reason="Moved on"),
        DisqualifyLead(lead_id=id_of("lead 1"), reason="none"),
    ]
)
def test_the_days_as_they_were_give_each_lead_to_the_rep_who_really_got_it(happened: list[Any]) -> None:
    days = days_of(happened)
    replay = Replay(days.history(), AS_IT_IS)
    really = {
        lead_id: state.rep_id if isinstance(state, Assigned) else None
        for lead_id, state in days.states.items()
        if isinstance(state, Assigned | Waiting)
    }
    assert {lead_id: replay.leads[str(lead_id)].rep_id for lead_id in really} == really
    assert {rep_id: chair.seat.open_leads for rep_id, chair in replay.chairs.items()} == {
        rep_id: seat.open_leads for rep_id, seat in days.desk.seats.items()
    }


@settings(max_examples=100, deadline=None)
@generated(st.lists(happenings, min_size=5, max_size=40))
def test_no_lead_is_lost_and_nobody_is_given_more_than_they_have_room_for(happened: list[Any]) -> None:
    days = days_of([each for each in happened if not isinstance(each, ReassignLead | RepUpdated)])
    plan = Plan(changes={id_of(rep): lambda seat: replace(seat, capacity=1) for rep in REPS})
    found, then = compare(days.history(), plan), Replay(days.history(), plan)
    assert found.then.assigned + found.then.unassigned <= found.leads
    assert all(chair.seat.open_leads <= 1 for chair in then.chairs.values())
    assert sum(leads for _, _, leads in found.moved_between) == found.moved


def hot_days(leads: int = 20) -> Days:
    days = Days(roster(senior("maria", capacity=50), senior("jonas", capacity=50), standard("lena", capacity=50)))
    for number in range(leads):
        days.step(route(f"lead {number}", 80, territory="emea" if number % 2 else None))
    return days


def test_the_rules_in_force_move_nobody() -> None:
    found = compare(hot_days().history(), AS_IT_IS)
    assert (found.leads, found.moved, found.compared, found.as_really) == (20, 0, 20, 20)


def test_a_rule_for_a_territory_moves_its_leads_and_says_from_whom_to_whom() -> None:
    emea = RoutingRule(name="EMEA", band=Band.HIGH, level=RepLevel.STANDARD, territories=("emea",))
    found = compare(hot_days().history(), Plan(rules=Rules(2, (emea, *DEFAULT_RULES.rules))))
    given_then = {load.name: load.given_then for load in found.loads}
    assert given_then["lena"] == 10
    assert {(load.name, load.given_as_is) for load in found.loads} == {("maria", 10), ("jonas", 10), ("lena", 0)}
    assert sum(leads for _, to, leads in found.moved_between if to == id_of("lena")) == 10


def test_less_room_leaves_leads_unassigned_and_first_contacts_past_due() -> None:
    days = hot_days()
    for number in range(20):
        days.step(NoteContact(lead_id=id_of(f"lead {number}")))
    days.now += timedelta(days=3)
    less = Plan(changes={id_of("maria"): lambda seat: None, id_of("jonas"): lambda seat: replace(seat, capacity=5)})
    found = compare(days.history(), less)
    assert (found.as_is.unassigned, found.as_is.past_due) == (0, 0)
    assert (found.then.assigned, found.then.unassigned, found.then.past_due) == (5, 15, 15)


def test_somebody_new_takes_what_would_wait() -> None:
    days = Days(roster(senior("maria", capacity=5)))
    for number in range(10):
        days.step(route(f"lead {number}", 80))
    assert len(days.queue()) == 5
    found = compare(days.history(), Plan(newcomers=[senior("priya", capacity=5)]))
    assert (found.as_is.unassigned, found.then.unassigned) == (5, 0)
    assert {load.name: load.given_then for load in found.loads} == {"maria": 5, "priya": 5}


def test_rules_that_changed_meanwhile_count_from_then_on_in_the_days_as_they_are() -> None:
    days = hot_days(4)
    emea = RoutingRule(name="EMEA", band=Band.HIGH, level=RepLevel.STANDARD, territories=("emea",))
    rules = (emea, *DEFAULT_RULES.rules)
    days.change(
        RoutingRulesChanged(rules_id=RULES_ID, version=2, rules=rules, drafted_by="victor", approved_by="wilma")
    )
    for number in range(4, 8):
        days.step(route(f"lead {number}", 80, territory="emea"))
    found = compare(days.history(), AS_IT_IS)
    assert (found.as_really, found.moved) == (8, 0)
    assert {load.name: load.given_as_is for load in found.loads}["lena"] == 4


def test_other_bands_bring_leads_to_reps_or_to_none() -> None:
    days = days_of([route("lead 0", 60), route("lead 1", 30), route("lead 2", 80), route("lead 3", 30)])
    bands = {str(id_of("lead 0")): Band.LOW, str(id_of("lead 1")): Band.HIGH, str(id_of("unheard of")): Band.HIGH}
    found = compare(days.history(), Plan(bands=bands))
    assert (found.leads, found.as_is.assigned, found.then.assigned) == (2, 2, 2)
    assert set(found.moved_between) == {
        (id_of("lena"), None, 1),
        (None, id_of("jonas"), 1),
        (id_of("jonas"), id_of("maria"), 1),
    }


def test_fifty_thousand_leads_that_would_wait_are_tried_in_five_seconds() -> None:
    """Each closes while it waits, from the end of the queue to its beginning."""
    leads = [str(id_of(f"lead {number}")) for number in range(50_000)]
    demand = Demand(Band.MEDIUM, None, None)
    came = [
        LeadRow(place, MONDAY, LeadAssigned, lead, id_of("lena"), None, demand, AssignmentReason.FIRST, False)
        for place, lead in enumerate(leads)
    ]
    gone = [
        LeadRow(50_000 + place, MONDAY + HOUR, LeadDisqualified, lead, id_of("lena"), None, None, None, False)
        for place, lead in enumerate(reversed(leads[5:]))
    ]
    desk = roster(senior("maria", capacity=10), standard("lena", capacity=60_000))
    history = History(MONDAY, MONDAY + HOUR, desk, (), [*came, *gone], {})
    began = time.process_time()
    found = compare(history, Plan(bands=dict.fromkeys(leads, Band.HIGH)))
    assert time.process_time() - began <= MOST_SECONDS
    assert (found.leads, found.as_is.assigned, found.then.unassigned, found.moved) == (50_000, 50_000, 0, 50_000)
    assert {load.name: load.given_then for load in found.loads}["maria"] == 10


@settings(max_examples=100, deadline=None)
@generated(st.lists(routes, min_size=5, max_size=20))
def test_the_bands_that_leads_came_in_move_nobody(happened: list[Any]) -> None:
    days = days_of(list({each.lead_id: each for each in happened}.values()))
    bands = {str(each.lead_id): each.band for each in happened}
    bands |= {str(lead_id): state.lead.band for lead_id, state in days.states.items() if isinstance(state, Assigned)}
    bands |= {str(lead_id): state.lead.band for lead_id, state in days.states.items() if isinstance(state, Waiting)}
    assert compare(days.history(), Plan(bands=bands)).moved == 0
