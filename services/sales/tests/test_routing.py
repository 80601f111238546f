"""Who gets a lead, and why."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from nexa_chassis.testing import given, project, recorded
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import (
    AssignmentReason,
    LeadAssigned,
    LeadDisqualified,
    LeadQueued,
    LeadReleased,
    LeadSentToNurture,
    LeadWaitedTooLong,
    RepLevel,
    RepUpdated,
)
from nexa_contracts.values import Band
from nexa_sales.aggregates import assignment
from nexa_sales.assignment import desk as desks
from nexa_sales.assignment.choosing import MOST_NAMED
from nexa_sales.assignment.commands import (
    AlertOfWait,
    DisqualifyLead,
    LetLeadGo,
    NoteContact,
    OfferWaitingLead,
    ReassignLead,
    ReconsiderLead,
)
from nexa_sales.assignment.desk import Desk
from nexa_sales.read_models.who_is_waiting_for_a_rep import who_is_waiting_for_a_rep

from .stories import CAMPAIGN, IMPORT, MONDAY, Routing, id_of, roster, route, senior, standard


def taken_by(desk: Desk, score: int = 85, **changes: object) -> str:
    """The name of who gets a lead, or why nobody does."""
    (event,) = Routing(desk).execute(route("lead", score, **changes))
    if isinstance(event, LeadAssigned):
        return next(each.name for each in event.because.candidates if each.taken)
    assert isinstance(event, LeadQueued)
    return event.reason


def test_ten_senior_reps_of_equal_capacity_get_five_of_fifty_hot_leads_each() -> None:
    routing = Routing(roster(*(senior(f"senior {n}") for n in range(10)), standard("someone else")))
    for number in range(50):
        routing.execute(route(f"lead {number}", 75 + number % 25))
    assert sorted(Counter(routing.assignments.values()).values()) == [5] * 10


def test_a_medium_lead_goes_to_a_standard_rep() -> None:
    assert taken_by(roster(senior("maria"), standard("jonas")), 60) == "jonas"


def test_a_low_lead_goes_to_no_rep_but_to_the_series() -> None:
    (event,) = Routing(roster(senior("maria"), standard("jonas"))).execute(route("lead", 49))
    assert isinstance(event, LeadSentToNurture)
    assert (event.band, event.score, event.source_kind) == (Band.LOW, 49, LeadSourceKind.WEBINAR)


def test_a_hot_lead_goes_to_the_least_loaded_senior_rep_of_the_same_turn() -> None:
    assert taken_by(roster(senior("maria", open_leads=4), senior("jonas", open_leads=1))) == "jonas"


def test_load_is_a_share_of_capacity() -> None:
    desk = roster(senior("maria", open_leads=4, capacity=40), senior("jonas", open_leads=3, capacity=10))
    assert taken_by(desk) == "maria"


def test_who_was_assigned_least_recently_comes_first_whatever_their_load() -> None:
    desk = roster(senior("maria", open_leads=9, last_turn=3), senior("jonas", open_leads=1, last_turn=4))
    assert taken_by(desk) == "maria"


def test_turns_count_up_so_that_a_large_capacity_gives_no_second_turn_before_the_others() -> None:
    routing = Routing(roster(senior("maria", capacity=1_000), senior("jonas", capacity=2)))
    turns = [
        event.turn for lead in "abcd" for event in routing.execute(route(lead, 90)) if isinstance(event, LeadAssigned)
    ]
    assert turns == [1, 2, 3, 4]
    assert Counter(routing.assignments.values()) == {id_of("maria"): 2, id_of("jonas"): 2}


@pytest.mark.parametrize(
    ("maria", "wanted", "expected"),
    [
        ({"available": False}, {}, "Of 1 senior reps 1 not available"),
        ({"open_leads": 20}, {}, "Of 1 senior reps 1 at capacity"),
        ({"capacity": 0}, {}, "Of 1 senior reps 1 at capacity"),
        ({"territories": ("emea",)}, {"territory": "apac"}, "Of 1 senior reps 1 of another territory"),
        ({"products": ("Enterprise Plan",)}, {"product_interest": "Starter"}, "Of 1 senior reps 1 for other products"),
        ({"territories": ("EMEA",)}, {"territory": "emea"}, "maria"),
        ({"territories": ("emea",)}, {}, "maria"),
        ({"open_leads": 19}, {}, "maria"),
    ],
)
def test_a_rep_takes_what_is_theirs_while_available_and_with_room(
    maria: dict[str, object], wanted: dict[str, object], expected: str
) -> None:
    assert taken_by(roster(senior("maria", **maria)), **wanted) == expected


def test_without_a_rep_of_the_level_a_lead_waits_and_says_so() -> None:
    (event,) = Routing(roster(standard("jonas"))).execute(route("lead", 90))
    assert isinstance(event, LeadQueued)
    assert event.reason == "There is no senior rep on the roster"
    assert event.since == MONDAY
    assert event.first


def test_because_names_rule_facts_and_why_each_other_candidate_was_not_taken() -> None:
    desk = roster(
        senior("maria", last_turn=7),
        senior("jonas", last_turn=9, open_leads=2),
        senior("priya", available=False),
        senior("tomas", open_leads=20),
        senior("aiko", territories=("apac",)),
        standard("lena"),
    )
    (event,) = Routing(desk).execute(route("lead", 85, territory="emea"))
    assert isinstance(event, LeadAssigned)
    assert event.because.rule.startswith("high band to senior reps")
    assert event.because.rule_version == 1
    assert event.because.facts == {
        "score": "85",
        "band": "high",
        "territory": "emea",
        "product": "any",
        "turn": "10",
        "senior reps": "5",
        "of another level, not considered": "1",
    }
    assert {each.name: (each.taken, each.reason) for each in event.because.candidates} == {
        "maria": (True, "least recently assigned (turn 7), 0 of 20 open"),
        "jonas": (False, "assigned more recently (turn 9)"),
        "priya": (False, "not available"),
        "tomas": (False, "at capacity (20 of 20 open leads)"),
        "aiko": (False, "serves apac, not emea"),
    }


def test_because_stays_short_on_a_large_roster_and_counts_the_others() -> None:
    desk = roster(*(senior(f"senior {number}") for number in range(300)))
    (event,) = Routing(desk).execute(route("lead", 85))
    assert isinstance(event, LeadAssigned)
    assert len(event.because.candidates) == MOST_NAMED
    assert event.because.candidates[0].taken
    assert event.because.facts["considered but not named here"] == str(300 - MOST_NAMED)


def assigned_medium(routing: Routing) -> None:
    (event,) = routing.execute(route("lead", 60))
    assert isinstance(event, LeadAssigned)


@pytest.mark.parametrize(("score", "moves"), [(75, False), (77, False), (78, True), (90, True)])
def test_a_routed_lead_moves_up_only_three_points_beyond_the_boundary(score: int, moves: bool) -> None:
    routing = Routing(roster(senior("maria"), standard("jonas")))
    assigned_medium(routing)
    events = routing.execute(route("lead", score))
    assert [type(event) for event in events] == ([LeadAssigned] if moves else [])
    if moves:
        (event,) = events
        assert isinstance(event, LeadAssigned)
        assert event.reason is AssignmentReason.REROUTED
        assert (event.rep_id, event.previous_rep_id) == (id_of("maria"), id_of("jonas"))
        assert [routing.desk.seats[id_of(name)].open_leads for name in ("maria", "jonas")] == [1, 0]


@pytest.mark.parametrize(("score", "moves"), [(50, False), (52, False), (53, True)])
def test_a_nurtured_lead_comes_to_a_rep_three_points_beyond_the_boundary(score: int, moves: bool) -> None:
    routing = Routing(roster(standard("jonas")))
    routing.execute(route("lead", 40))
    assert bool(routing.execute(route("lead", score))) is moves


@pytest.mark.parametrize(
    ("score", "band_from", "moves"), [(62, 60, False), (63, 60, True), (97, 95, False), (100, 99, True)]
)
def test_the_boundary_is_where_the_scoring_rules_put_it(score: int, band_from: int, moves: bool) -> None:
    routing = Routing(roster(standard("jonas"), senior("maria")))
    routing.execute(route("lead", 50))
    assert bool(routing.execute(route("lead", score, band=Band.HIGH, band_from=band_from))) is moves


def test_the_first_score_decides_at_the_boundary_itself() -> None:
    desk = roster(senior("maria"), standard("jonas"))
    assert [taken_by(desk, score) for score in (74, 75, 50)] == ["jonas", "maria", "jonas"]


def test_a_lead_never_moves_down() -> None:
    routing = Routing(roster(senior("maria"), standard("jonas")))
    routing.execute(route("lead", 80))
    assert routing.execute(route("lead", 30)) == []


def test_a_lead_that_a_rep_has_worked_stays_with_them() -> None:
    routing = Routing(roster(senior("maria"), standard("jonas")))
    assigned_medium(routing)
    routing.execute(NoteContact(lead_id=id_of("lead")))
    assert routing.execute(route("lead", 95)) == []


def test_a_lead_stays_with_its_rep_while_nobody_of_the_higher_level_can_take_it() -> None:
    routing = Routing(roster(senior("maria", available=False), standard("jonas")))
    assigned_medium(routing)
    assert routing.execute(route("lead", 95)) == []


def test_a_waiting_lead_is_taken_once_a_rep_is_available_and_keeps_its_age_until_then() -> None:
    routing = Routing(roster(senior("maria", available=False)))
    routing.execute(route("lead", 80))
    assert routing.execute(OfferWaitingLead(lead_id=id_of("lead"))) == []
    routing.desk = desks.evolve(
        routing.desk,
        RepUpdated(rep_id=id_of("maria"), name="maria", email="maria@nexa.example", level=RepLevel.SENIOR, capacity=20),
    )
    (event,) = routing.execute(OfferWaitingLead(lead_id=id_of("lead")))
    assert isinstance(event, LeadAssigned)
    assert event.reason is AssignmentReason.FROM_QUEUE
    assert event.import_id == IMPORT


def test_a_closed_lead_makes_room_for_one_that_waits() -> None:
    routing = Routing(roster(senior("maria", capacity=1)))
    routing.execute(route("first", 80))
    routing.execute(route("second", 80))
    routing.execute(DisqualifyLead(lead_id=id_of("first"), reason="Student"))
    (event,) = routing.execute(OfferWaitingLead(lead_id=id_of("second")))
    assert isinstance(event, LeadAssigned)


def test_a_waiting_lead_that_asks_for_another_territory_is_looked_at_again() -> None:
    routing = Routing(roster(senior("maria", territories=("emea",)), senior("off", available=False)))
    routing.execute(route("lead", 80, territory="apac"))
    command = ReconsiderLead(lead_id=id_of("lead"), territory="emea", product_interest=None)
    (event,) = routing.execute(command)
    assert isinstance(event, LeadAssigned)
    assert event.territory == "emea"
    assert routing.execute(command) == []


def test_a_waiting_lead_that_moves_up_begins_to_wait_in_its_new_band() -> None:
    routing, evening = Routing(roster()), MONDAY.replace(hour=17)
    routing.execute(route("lead", 60))
    routing.execute(AlertOfWait(lead_id=id_of("lead"), since=MONDAY))
    (event,) = routing.execute(route("lead", 90), now=evening)
    assert isinstance(event, LeadQueued)
    assert (event.band, event.since, event.first) == (Band.HIGH, evening, False)
    assert event.alert_at == evening + timedelta(hours=4)
    (told,) = routing.execute(AlertOfWait(lead_id=id_of("lead"), since=evening))
    assert isinstance(told, LeadWaitedTooLong)


def test_the_queue_shows_whether_managers_know_of_this_wait() -> None:
    routing, evening = Routing(roster()), MONDAY.replace(hour=17)
    (queued,) = routing.execute(route("lead", 60))
    (told,) = routing.execute(AlertOfWait(lead_id=id_of("lead"), since=MONDAY))
    reconsidered = ReconsiderLead(lead_id=id_of("lead"), territory="emea", product_interest=None)
    (still,) = routing.execute(reconsidered, now=evening)
    (moved,) = routing.execute(route("lead", 90), now=evening)
    facts = [
        recorded(queued, time=MONDAY),
        recorded(told, version=2, time=MONDAY.replace(hour=12)),
        recorded(still, version=3, time=evening),
        recorded(moved, version=4, time=evening),
    ]
    shown = [project(who_is_waiting_for_a_rep, *facts[:count])[0]["alerted_at"] for count in (1, 2, 3, 4)]
    assert shown == [None, facts[1].time, facts[1].time, None]


def test_a_manager_gives_a_lead_to_a_rep_even_beyond_capacity() -> None:
    routing = Routing(roster(senior("maria"), standard("jonas", capacity=0)))
    routing.execute(route("lead", 80))
    (event,) = routing.execute(ReassignLead(lead_id=id_of("lead"), rep_id=id_of("jonas"), reason="Knows the company"))
    assert isinstance(event, LeadAssigned)
    assert event.reason is AssignmentReason.REASSIGNED
    assert event.because.facts == {"reason": "Knows the company"}
    assert [routing.desk.seats[id_of(name)].open_leads for name in ("maria", "jonas")] == [0, 1]


def test_a_lead_is_not_given_to_somebody_who_is_no_rep() -> None:
    desk = roster(senior("maria"), replace(senior("victor"), level=RepLevel.MANAGER))
    command = ReassignLead(lead_id=id_of("lead"), rep_id=id_of("victor"), reason="why not")
    given(assignment, context=desk).when(command).then_refused(rule="assignment.rep")


def test_a_withdrawn_lead_frees_its_rep_and_is_not_routed_again() -> None:
    routing = Routing(roster(senior("maria")))
    routing.execute(route("lead", 80))
    command = LetLeadGo(lead_id=id_of("lead"), campaign_id=CAMPAIGN, import_id=IMPORT)
    (event,) = routing.execute(command)
    assert isinstance(event, LeadReleased)
    assert (event.rep_id, event.first) == (id_of("maria"), False)
    assert routing.desk.seats[id_of("maria")].open_leads == 0
    assert routing.execute(command) == []
    assert routing.execute(route("lead", 99)) == []


def test_a_lead_withdrawn_before_it_was_routed_counts_as_dealt_with() -> None:
    command = LetLeadGo(lead_id=id_of("lead"), campaign_id=CAMPAIGN, import_id=IMPORT)
    gone = LeadReleased(lead_id=id_of("lead"), campaign_id=CAMPAIGN, import_id=IMPORT, first=True)
    given(assignment, context=roster()).when(command).then(gone)
    given(assignment, gone, context=roster(senior("maria"))).when(route("lead", 90)).then()


def test_disqualifying_a_lead_nobody_knows_is_refused() -> None:
    command = DisqualifyLead(lead_id=id_of("nobody"), reason="x")
    given(assignment, context=roster()).when(command).then_refused(rule="lead.unknown")


def test_disqualifying_twice_says_it_once() -> None:
    routing = Routing(roster(senior("maria")))
    routing.execute(route("lead", 80))
    (event,) = routing.execute(DisqualifyLead(lead_id=id_of("lead"), reason="Student, no budget"))
    assert isinstance(event, LeadDisqualified)
    assert event.rep_id == id_of("maria")
    assert routing.execute(DisqualifyLead(lead_id=id_of("lead"), reason="Student, no budget")) == []
