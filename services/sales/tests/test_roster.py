"""Days away, windows of new leads, leaving; and leads that wait too long."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from nexa_chassis.domain import Deadline
from nexa_chassis.testing import given, recorded
from nexa_contracts.sales import (
    Absence,
    AssignmentReason,
    LeadAssigned,
    LeadQueued,
    LeadWaitedTooLong,
    RepLeft,
    RepLevel,
    RepUpdated,
    RepWindowOpened,
)
from nexa_sales.aggregates import assignment, rep
from nexa_sales.assignment import desk as desks
from nexa_sales.assignment.choosing import Demand, can_be_met
from nexa_sales.assignment.commands import AlertOfWait, HandOverLead, NoteContact, OfferWaitingLead, ReassignLead
from nexa_sales.reactions.mind_the_calendar import mind_the_calendar
from nexa_sales.reactions.open_follow_up import open_follow_up
from nexa_sales.rep.commands import (
    LeaveRoster,
    LookAtAbsences,
    OpenNextWindow,
    PutRep,
    SetAbsences,
)

from .stories import MONDAY, Routing, id_of, roster, route, senior, standard

MARIA = id_of("maria")
TUESDAY = date(2026, 1, 6)
WEEK = timedelta(days=7)


def put(**changes: Any) -> PutRep:
    given: dict[str, Any] = {
        "rep_id": MARIA,
        "name": "maria",
        "email": "maria@nexa.example",
        "level": RepLevel.SENIOR,
        "territories": (),
        "products": (),
        "capacity": 20,
        "available": True,
        "manager_id": None,
    }
    return PutRep(**(given | changes))


def listed(**changes: Any) -> RepUpdated:
    return RepUpdated(**(vars(put()) | {"window_capacity": None, "window_days": 7} | changes))


def absent(first: date = TUESDAY, days: int = 3) -> Absence:
    return Absence(first_day=first, last_day=first + timedelta(days=days - 1))


def test_an_absence_begins_and_ends_on_its_days() -> None:
    planned = listed(absences=(absent(),))
    given(rep, listed()).when(SetAbsences(rep_id=MARIA, absences=(absent(),)), now=MONDAY).then(planned)
    look = LookAtAbsences(rep_id=MARIA)
    begins, ends = (MONDAY.replace(day=day, hour=0) for day in (6, 9))
    given(mind_the_calendar).when(recorded(planned, time=MONDAY)).then(
        Deadline(at=begins, command=look, key="2026-01-06"), Deadline(at=ends, command=look, key="2026-01-09")
    )
    away = planned.model_copy(update={"away": True})
    given(rep, planned).when(look, now=begins).then(away)
    given(rep, planned, away).when(look, now=begins).then()
    given(rep, planned, away).when(look, now=ends).then(listed())


def test_other_changes_of_the_roster_leave_absences_alone() -> None:
    away = listed(absences=(absent(),), away=True)
    given(rep, away).when(put(capacity=5)).then(away.model_copy(update={"capacity": 5}))


@pytest.mark.parametrize(
    ("absences", "broken"),
    [
        ((absent(TUESDAY, 0),), "absence.days"),
        ((absent(TUESDAY, 3), absent(TUESDAY + timedelta(days=2), 3)), "absence.overlap"),
    ],
)
def test_absences_that_cannot_be_are_refused(absences: tuple[Absence, ...], broken: str) -> None:
    given(rep, listed()).when(SetAbsences(rep_id=MARIA, absences=absences)).then_refused(rule=broken)


def test_who_is_away_takes_no_leads() -> None:
    (event,) = Routing(roster(senior("maria", away=True))).execute(route("lead", 80))
    assert isinstance(event, LeadQueued)
    assert event.reason == "Of 1 senior reps 1 away"


def window(since: Any = MONDAY, days: int = 7, capacity: int = 2) -> RepWindowOpened:
    return RepWindowOpened(rep_id=MARIA, since=since, until=since + timedelta(days=days), capacity=capacity)


def test_one_window_follows_the_other_for_as_long_as_there_is_a_limit() -> None:
    limited = listed(window_capacity=2)
    given(rep, listed()).when(put(window_capacity=2), now=MONDAY).then(limited, window())
    given(rep, limited, window()).when(put(window_capacity=3), now=MONDAY + WEEK / 2).then(listed(window_capacity=3))
    following = OpenNextWindow(rep_id=MARIA, until=MONDAY + WEEK)
    given(mind_the_calendar).when(window()).then(Deadline(at=MONDAY + WEEK, command=following))
    given(rep, limited, window()).when(following, now=MONDAY + WEEK).then(window(MONDAY + WEEK))
    late = MONDAY + 3 * WEEK + timedelta(hours=1)
    given(rep, limited, window()).when(following, now=late).then(window(MONDAY + 3 * WEEK))
    given(rep, limited, window(), listed()).when(following, now=MONDAY + WEEK).then()
    given(rep, limited, window(), window(MONDAY + WEEK)).when(following, now=MONDAY + WEEK).then()


def test_a_rep_takes_as_many_new_leads_in_a_window_as_the_roster_says() -> None:
    routing = Routing(roster(senior("maria", window_capacity=2)))
    events = [routing.execute(route(f"lead {number}", 80))[0] for number in range(3)]
    assert [type(event) for event in events] == [LeadAssigned, LeadAssigned, LeadQueued]
    assert isinstance(events[2], LeadQueued)
    (candidate,) = events[2].because.candidates
    assert candidate.reason == "was given 2 of 2 new leads in this window"
    routing.desk = desks.evolve(routing.desk, window(MONDAY + WEEK))
    assert isinstance(routing.execute(route("lead 4", 80))[0], LeadAssigned)


def test_who_leaves_is_on_the_roster_no_more_and_may_come_back() -> None:
    left = RepLeft(rep_id=MARIA, name="maria", reason="Moved on", manager_id=None)
    leave = LeaveRoster(rep_id=MARIA, reason="Moved on")
    given(rep, listed()).when(leave).then(left)
    given(rep, listed(), left).when(leave).then()
    given(rep, listed(), left).when(SetAbsences(rep_id=MARIA, absences=())).then_refused(rule="rep.unknown")
    given(rep, listed(), left).when(put()).then(listed())
    given(rep).when(leave).then_refused(rule="rep.unknown")


def handed_over(*others: Any) -> tuple[Routing, Any]:
    """What becomes of maria's lead when she leaves these others."""
    routing = Routing(roster(senior("maria"), *(replace(each, last_turn=5) for each in others)))
    routing.execute(route("lead", 80))
    routing.execute(NoteContact(lead_id=id_of("lead")))
    routing.desk = desks.evolve(routing.desk, RepLeft(rep_id=MARIA, name="maria", reason="Moved on"))
    command = HandOverLead(lead_id=id_of("lead"), rep_id=MARIA, rep_name="maria")
    (event,) = routing.execute(command, now=MONDAY + WEEK)
    assert routing.execute(command) == []
    return routing, event


def test_the_lead_of_one_who_left_goes_to_another_by_the_rules_and_says_why() -> None:
    routing, event = handed_over(senior("jonas"))
    assert isinstance(event, LeadAssigned)
    assert (event.rep_id, event.previous_rep_id, event.reason) == (id_of("jonas"), MARIA, AssignmentReason.REASSIGNED)
    assert event.because.rule.startswith("the rep left; high band to senior reps")
    assert [(each.name, each.reason) for each in event.because.candidates if not each.taken] == [
        ("maria", "has left, had the lead")
    ]
    assert routing.desk.seats[id_of("jonas")].open_leads == 1


def test_the_lead_of_one_who_left_waits_where_nobody_can_take_it() -> None:
    _, event = handed_over(standard("lena"))
    assert isinstance(event, LeadQueued)
    assert (event.previous_rep_id, event.first, event.since) == (MARIA, False, MONDAY + WEEK)


def test_a_low_lead_that_a_person_gave_to_one_who_left_is_routed_like_a_medium_one() -> None:
    routing = Routing(roster(senior("maria"), standard("lena", available=False)))
    routing.execute(route("lead", 20))
    routing.execute(ReassignLead(lead_id=id_of("lead"), rep_id=MARIA, reason="Knows them"))
    routing.desk = desks.evolve(routing.desk, RepLeft(rep_id=MARIA, name="maria", reason="Moved on"))
    (queued,) = routing.execute(HandOverLead(lead_id=id_of("lead"), rep_id=MARIA, rep_name="maria"))
    assert isinstance(queued, LeadQueued)
    routing.desk = roster(standard("lena"))
    assert can_be_met(routing.desk, Demand(queued.band, None, None))
    (taken,) = routing.execute(OfferWaitingLead(lead_id=id_of("lead")))
    assert isinstance(taken, LeadAssigned)
    assert taken.rep_id == id_of("lena")


def test_managers_are_told_once_of_a_lead_that_waits_too_long() -> None:
    desk = roster(senior("maria", available=False, manager_id=id_of("victor")))
    routing = Routing(desk)
    (queued,) = routing.execute(route("lead", 80))
    assert isinstance(queued, LeadQueued)
    command = AlertOfWait(lead_id=id_of("lead"), since=MONDAY)
    given(open_follow_up).when(queued).then(Deadline(at=MONDAY + timedelta(hours=4), command=command))
    (told,) = routing.execute(command)
    assert isinstance(told, LeadWaitedTooLong)
    assert (told.manager_ids, told.reason) == ((id_of("victor"),), "Of 1 senior reps 1 not available")
    assert routing.execute(command) == []


def test_a_lead_that_was_taken_meanwhile_alerts_nobody() -> None:
    routing = Routing(roster(senior("maria")))
    routing.execute(route("lead", 80))
    assert routing.execute(AlertOfWait(lead_id=id_of("lead"), since=MONDAY)) == []


def test_without_managers_of_their_own_all_managers_of_the_roster_are_told() -> None:
    boss = replace(senior("victor"), level=RepLevel.MANAGER)
    (queued,) = given(assignment, context=roster(boss)).when(route("lead", 80)).produced
    command = AlertOfWait(lead_id=id_of("lead"), since=MONDAY)
    (told,) = given(assignment, queued, context=roster(boss)).when(command).produced
    assert isinstance(told, LeadWaitedTooLong)
    assert told.manager_ids == (id_of("victor"),)
