"""What came of a call or mail, what to do next, leads that come back, and how soon a first contact has to be."""

from datetime import timedelta
from typing import Any

import pytest

from nexa_chassis.domain import Deadline
from nexa_chassis.testing import given, project, recorded
from nexa_contracts.sales import (
    FollowUpChannel,
    FollowUpOutcome,
    FollowUpRecorded,
    LeadAssigned,
    LeadDisqualified,
    LeadRecycled,
    LeadReleased,
    TaskCreated,
    TaskPriority,
)
from nexa_contracts.values import Band
from nexa_sales.aggregates import assignment, task
from nexa_sales.assignment.commands import (
    DisqualifyLead,
    LetLeadGo,
    ReassignLead,
    RecordFollowUp,
    RecycleLead,
)
from nexa_sales.assignment.events import LeadScoredMeanwhile, LeadWorked
from nexa_sales.assignment.first_contact import Clock
from nexa_sales.reactions.open_follow_up import follow_up_of, open_follow_up
from nexa_sales.read_models.where_leads_stand import where_leads_stand
from nexa_sales.task.commands import GiveTask, TakeNextStep
from nexa_sales.task.decisions import Surroundings

from .stories import CAMPAIGN, IMPORT, MONDAY, Routing, id_of, roster, route, senior, standard

LEAD = id_of("lead")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def with_a_rep(score: int = 80) -> Routing:
    routing = Routing(roster(senior("maria"), standard("jonas")))
    routing.execute(route("lead", score))
    return routing


def call(outcome: FollowUpOutcome, **changes: Any) -> RecordFollowUp:
    given: dict[str, Any] = {
        "lead_id": LEAD,
        "channel": FollowUpChannel.MAIL if outcome in ("sent", "replied") else FollowUpChannel.CALL,
        "outcome": outcome,
        "found_interest": None,
        "note": "",
        "recorded_by": "maria",
        "task_id": None,
        "call_back_at": None,
    }
    return RecordFollowUp(**(given | changes))


def test_the_first_call_is_the_first_contact_whether_or_not_anybody_answers() -> None:
    routing = with_a_rep()
    first = routing.execute(call(FollowUpOutcome.NO_ANSWER))
    assert [type(event) for event in first] == [FollowUpRecorded, LeadWorked]
    second = routing.execute(call(FollowUpOutcome.VOICEMAIL))
    assert [type(event) for event in second] == [FollowUpRecorded]


def recorded_as(routing: Routing, *outcomes: FollowUpOutcome, **changes: Any) -> FollowUpRecorded:
    for outcome in outcomes:
        event = routing.execute(call(outcome, **changes))[0]
    assert isinstance(event, FollowUpRecorded)
    return event


NO_ANSWER = FollowUpOutcome.NO_ANSWER


@pytest.mark.parametrize(
    ("outcomes", "interest", "title", "after", "reason"),
    [
        ([NO_ANSWER], None, "Call again", 4 * HOUR, "no answer at the first attempt"),
        ([NO_ANSWER] * 2, None, "Call at another time of the day", DAY, "no answer at the second attempt"),
        ([NO_ANSWER] * 3, None, "Write a mail", DAY, "no answer to 3 attempts"),
        ([NO_ANSWER] * 5, None, "Disqualify the lead, recycle it in 90 days", DAY, "no answer to 5 attempts"),
        ([FollowUpOutcome.SENT], None, "Call about the mail", DAY, "a mail was sent, no answer yet"),
        ([FollowUpOutcome.REACHED], True, "Convert the lead", DAY, "there is interest"),
        (
            [FollowUpOutcome.REPLIED],
            False,
            "Disqualify the lead, recycle it in 90 days",
            DAY,
            "there is no interest now",
        ),
        (
            [FollowUpOutcome.REACHED],
            None,
            "Find out whether there is interest",
            3 * DAY,
            "reached, interest still unknown",
        ),
        ([NO_ANSWER, FollowUpOutcome.REACHED, NO_ANSWER], None, "Call again", 4 * HOUR, None),
    ],
)
def test_what_to_do_next_follows_from_the_outcome_and_says_why(
    outcomes: list[FollowUpOutcome], interest: bool | None, title: str, after: timedelta, reason: str | None
) -> None:
    step = recorded_as(with_a_rep(), *outcomes, found_interest=interest).next_step
    assert (step.title, step.due_at, step.priority) == (title, MONDAY + after, TaskPriority.URGENT)
    assert reason is None or step.reason == reason


def test_a_call_back_is_due_at_the_time_they_asked_for() -> None:
    at = MONDAY + 5 * DAY
    step = recorded_as(with_a_rep(60), FollowUpOutcome.CALL_BACK, call_back_at=at).next_step
    assert (step.title, step.due_at, step.priority) == ("Call back as agreed", at, TaskPriority.NORMAL)


@pytest.mark.parametrize(
    ("command", "broken"),
    [
        (call(FollowUpOutcome.SENT, channel=FollowUpChannel.CALL), "follow_up.outcome"),
        (call(FollowUpOutcome.CALL_BACK), "follow_up.call_back"),
        (call(FollowUpOutcome.REACHED, call_back_at=MONDAY + DAY), "follow_up.call_back"),
        (call(FollowUpOutcome.CALL_BACK, call_back_at=MONDAY - DAY), "follow_up.call_back"),
    ],
)
def test_an_outcome_that_cannot_be_is_refused(command: RecordFollowUp, broken: str) -> None:
    (assigned,) = with_a_rep().events
    given(assignment, assigned, context=roster()).when(command, now=MONDAY).then_refused(rule=broken)


def test_a_lead_that_nobody_has_cannot_be_followed_up() -> None:
    (nurtured,) = Routing(roster()).execute(route("lead", 20))
    case = given(assignment, nurtured, context=roster()).when(call(FollowUpOutcome.REACHED))
    case.then_refused(rule="lead.unassigned")


def test_a_lead_disqualified_until_spring_comes_back_then_with_a_task_of_its_own() -> None:
    routing, spring = with_a_rep(), MONDAY + 90 * DAY
    (ended,) = routing.execute(DisqualifyLead(lead_id=LEAD, reason="No budget", recycle_at=spring))
    assert isinstance(ended, LeadDisqualified)
    back = RecycleLead(lead_id=LEAD, planned_for=spring)
    assert Deadline(at=spring, command=back) in given(open_follow_up).when(ended).produced
    recycled, assigned = routing.execute(back, now=spring)
    assert isinstance(recycled, LeadRecycled)
    assert isinstance(assigned, LeadAssigned)
    assert (recycled.round, recycled.reason, assigned.round) == (2, "No budget", 2)
    (given_task,) = given(open_follow_up).when(recorded(assigned, time=spring)).produced
    assert isinstance(given_task, GiveTask)
    assert given_task.task_id == follow_up_of(LEAD, Band.HIGH, 2) != follow_up_of(LEAD, Band.HIGH)
    (created,) = given(task, context=Surroundings({})).when(given_task).produced
    assert isinstance(created, TaskCreated)
    assert routing.execute(back, now=spring) == []


@pytest.mark.parametrize(
    ("before", "meanwhile", "after", "rep"),
    [
        (60, (90,), Band.HIGH, "maria"),
        (60, (90, 40), Band.MEDIUM, "jonas"),
        (60, (77,), Band.MEDIUM, "jonas"),
        (20, (90,), Band.HIGH, "maria"),
        (20, (60, 90), Band.HIGH, "maria"),
        (80, (20,), Band.HIGH, "maria"),
    ],
)
def test_a_lead_comes_back_in_the_band_it_has_moved_up_to_meanwhile(
    before: int, meanwhile: tuple[int, ...], after: Band, rep: str
) -> None:
    routing = with_a_rep(before)
    routing.execute(DisqualifyLead(lead_id=LEAD, reason="No budget", recycle_at=MONDAY + 90 * DAY))
    for score in meanwhile:
        told = routing.execute(route("lead", score))
        assert not any(type(event) in assignment.topic.events for event in told if assignment.topic)
    recycled, assigned = routing.execute(RecycleLead(lead_id=LEAD))
    assert isinstance(recycled, LeadRecycled)
    assert isinstance(assigned, LeadAssigned)
    assert (recycled.band, assigned.band, assigned.rep_id, assigned.round) == (after, after, id_of(rep), 2)


def test_a_lead_disqualified_again_comes_back_at_the_time_that_was_said_last() -> None:
    routing, spring, summer = with_a_rep(60), MONDAY + 90 * DAY, MONDAY + 180 * DAY
    first = DisqualifyLead(lead_id=LEAD, reason="No budget", recycle_at=spring)
    routing.execute(first)
    assert routing.execute(first) == []
    routing.execute(route("lead", 90))
    (again,) = routing.execute(DisqualifyLead(lead_id=LEAD, reason="Not before the merger", recycle_at=summer))
    assert isinstance(again, LeadDisqualified)
    assert (again.rep_id, again.round, again.recycle_at) == (None, 1, summer)
    assert routing.desk.seats[id_of("jonas")].open_leads == 0
    back = RecycleLead(lead_id=LEAD, planned_for=summer)
    assert Deadline(at=summer, command=back) in given(open_follow_up).when(again).produced
    assert routing.execute(RecycleLead(lead_id=LEAD, planned_for=spring), now=spring) == []
    recycled, assigned = routing.execute(back, now=summer)
    assert isinstance(recycled, LeadRecycled)
    assert isinstance(assigned, LeadAssigned)
    assert (recycled.reason, assigned.rep_id) == ("Not before the merger", id_of("maria"))


def test_a_lead_disqualified_for_good_after_all_does_not_come_back_by_itself() -> None:
    routing, spring = with_a_rep(60), MONDAY + 90 * DAY
    routing.execute(DisqualifyLead(lead_id=LEAD, reason="No budget", recycle_at=spring))
    routing.execute(DisqualifyLead(lead_id=LEAD, reason="Closed down"))
    assert routing.execute(RecycleLead(lead_id=LEAD, planned_for=spring), now=spring) == []


def test_the_same_score_again_is_not_kept_twice() -> None:
    routing = with_a_rep(60)
    routing.execute(DisqualifyLead(lead_id=LEAD, reason="No budget"))
    assert routing.execute(route("lead", 55)) == []
    (kept,) = routing.execute(route("lead", 90))
    assert isinstance(kept, LeadScoredMeanwhile)
    assert (kept.band, kept.score) == (Band.HIGH, 90)
    assert routing.execute(route("lead", 90)) == []


def test_a_low_lead_that_comes_back_is_marketings() -> None:
    routing = Routing(roster(senior("maria")))
    routing.execute(route("lead", 20))
    routing.execute(DisqualifyLead(lead_id=LEAD, reason="Student"))
    assert [type(event) for event in routing.execute(RecycleLead(lead_id=LEAD))] == [LeadRecycled]


def test_a_lead_withdrawn_meanwhile_does_not_come_back() -> None:
    routing, spring = with_a_rep(), MONDAY + 90 * DAY
    routing.execute(DisqualifyLead(lead_id=LEAD, reason="No budget", recycle_at=spring))
    (gone,) = routing.execute(LetLeadGo(lead_id=LEAD, campaign_id=CAMPAIGN, import_id=IMPORT))
    assert isinstance(gone, LeadReleased)
    assert gone.rep_id is None
    assert routing.execute(RecycleLead(lead_id=LEAD, planned_for=spring), now=spring) == []
    now = given(assignment, *routing.events, context=routing.desk).when(RecycleLead(lead_id=LEAD))
    now.then_refused(rule="lead.withdrawn")


def test_a_lead_comes_back_at_a_time_that_is_to_come_and_only_if_it_was_disqualified() -> None:
    routing = with_a_rep()
    case = given(assignment, *routing.events, context=routing.desk)
    case.when(DisqualifyLead(lead_id=LEAD, reason="x", recycle_at=MONDAY - DAY), now=MONDAY).then_refused(
        rule="lead.recycle_at"
    )
    case.when(RecycleLead(lead_id=LEAD)).then_refused(rule="lead.not_disqualified")


def test_a_clock_shows_target_use_and_breach() -> None:
    running = Clock(24 * HOUR, MONDAY, None)
    assert (running.used(MONDAY + 5 * HOUR), running.breached_at(MONDAY + 24 * HOUR)) == (5 * HOUR, None)
    assert running.breached_at(MONDAY + 25 * HOUR) == MONDAY + 24 * HOUR
    stopped = Clock(24 * HOUR, MONDAY, MONDAY + 3 * HOUR)
    assert (stopped.used(MONDAY + 9 * DAY), stopped.breached_at(MONDAY + 9 * DAY)) == (3 * HOUR, None)


def clock_of(routing: Routing, *at: timedelta) -> tuple[Any, Any]:
    """When the clock of the routing's lead began and when it was contacted, its events having come at these times."""
    times = [MONDAY + after for after in at]
    facts = [
        recorded(event, version=version, time=time)
        for version, (event, time) in enumerate(zip(routing.events, times, strict=True), 1)
        if type(event) in where_leads_stand.on
    ]
    (row,) = project(where_leads_stand, *facts)
    return row["clock_from"], row["contacted_at"]


def test_the_clock_runs_from_the_first_routing_to_the_first_contact_whoever_has_the_lead() -> None:
    routing = with_a_rep(60)
    routing.execute(ReassignLead(lead_id=LEAD, rep_id=id_of("maria"), reason="Knows them"))
    routing.execute(call(FollowUpOutcome.NO_ANSWER))
    routing.execute(call(FollowUpOutcome.REACHED))
    assert clock_of(routing, 0 * HOUR, HOUR, 2 * HOUR, 2 * HOUR, 5 * HOUR) == (MONDAY, MONDAY + 2 * HOUR)


def test_waiting_for_a_rep_counts_and_a_higher_band_begins_the_clock_anew() -> None:
    waiting = Routing(roster(senior("maria", available=False)))
    waiting.execute(route("lead", 80))
    waiting.execute(ReassignLead(lead_id=LEAD, rep_id=id_of("maria"), reason="Urgent"))
    assert clock_of(waiting, 0 * HOUR, 9 * HOUR) == (MONDAY, None)
    moved = with_a_rep(60)
    moved.execute(route("lead", 90))
    assert clock_of(moved, 0 * HOUR, 9 * HOUR) == (MONDAY + 9 * HOUR, None)
    still_waiting = Routing(roster())
    still_waiting.execute(route("lead", 60), MONDAY)
    still_waiting.execute(route("lead", 90), MONDAY + 30 * HOUR)
    assert clock_of(still_waiting, 0 * HOUR, 30 * HOUR) == (MONDAY + 30 * HOUR, None)


def test_what_is_proposed_becomes_a_task_of_the_leads_rep_together_with_the_follow_up() -> None:
    told = recorded_as(with_a_rep(), FollowUpOutcome.NO_ANSWER)
    take = TakeNextStep(task_id=id_of("next step"), lead_id=LEAD)
    together = Surroundings({}, recorded={LEAD: told})
    (created,) = given(task, context=together).when(take).produced
    assert isinstance(created, TaskCreated)
    assert (created.title, created.due_at, created.priority) == ("Call again", MONDAY + 4 * HOUR, TaskPriority.URGENT)
    assert (created.rep_id, created.campaign_id, created.import_id) == (id_of("maria"), CAMPAIGN, IMPORT)
    given(task, created, context=together).when(take).then()
    given(task, context=Surroundings({})).when(take).then_refused(rule="task.next_step")
