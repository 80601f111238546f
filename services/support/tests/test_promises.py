"""What customers are promised: clocks that run, pause and stop, warnings, breaches and who hears of them."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from nexa_chassis.domain import Refused
from nexa_contracts.support import (
    BusinessCalendar,
    ClockState,
    Severity,
    SlaBreached,
    SlaClock,
    SlaClocksMoved,
    SlaWarned,
    SupportRole,
    TicketPriority,
    TicketStatus,
)
from nexa_support.sla.clocks import standing
from nexa_support.sla.policies import DEFAULT_POLICIES
from nexa_support.ticket.commands import (
    AcknowledgeBug,
    AddNote,
    ChangeStatus,
    HearFromMerged,
    LinkBug,
    MeasureClocks,
    MergeTicket,
    PrioritiseTicket,
    ReopenTicket,
    ResolveTicket,
    TakePlan,
    UnmergeTicket,
)

from .promises import MINUTE, Watched, local, policy
from .stories import ACCOUNT, DAY, HOUR, LEA, MIA, MONDAY, TICKET, desk, id_of, message, seat, submit, take
from .test_working_time import BERLIN, LORD_HOWE, NEW_YORK, SYDNEY, every_day, on

ACKNOWLEDGE, NEXT, RESOLVE = SlaClock.ACKNOWLEDGE, SlaClock.NEXT_RESPONSE, SlaClock.RESOLVE
WAIT = ChangeStatus(ticket_id=TICKET, status=TicketStatus.WAITING_FOR_CUSTOMER)
RESOLVED = ResolveTicket(ticket_id=TICKET, resolution="Fix deployed in v2.1.6")


def submitted(*, by: object = None, at: datetime = MONDAY) -> Watched:
    story = Watched(by)  # type: ignore[arg-type]
    story.now = at
    story.tell(submit())
    return story


def steps(story: Watched) -> list[tuple[SlaClock, int, object, timedelta]]:
    return [(each.clock, each.step, each.tell_id, each.due_at - MONDAY) for each in story.of(SlaBreached)]


def test_golden_a_p1_is_acknowledged_in_15_minutes_and_resolved_in_12_hours() -> None:
    story = submitted(by=DEFAULT_POLICIES)
    story.after(1)
    story.tell(PrioritiseTicket(ticket_id=TICKET, priority=TicketPriority.CRITICAL, severity=Severity.P1, reason=""))
    bug = id_of("the CSV bug")
    story.tell(LinkBug(ticket_id=TICKET, bug_id=bug, because="said by Lea Brandt"))
    story.until(MONDAY + 15 * MINUTE)
    told = {"status": "In Progress", "priority": "Critical (P1)", "eta": "Fix deployed within 24 hours", "eta_at": None}
    story.tell(AcknowledgeBug(ticket_id=TICKET, bug_id=bug, workaround="", **told))  # type: ignore[arg-type]
    story.until(MONDAY + 12 * HOUR)
    story.tell(RESOLVED)
    story.after(100 * 60)
    acknowledged, resolved = story.clock(ACKNOWLEDGE), story.clock(RESOLVE)
    assert (acknowledged.state, acknowledged.used_seconds, acknowledged.target_minutes) == (ClockState.MET, 900, 60)
    assert (resolved.state, resolved.used_seconds, resolved.target_minutes) == (ClockState.MET, 12 * 3600, 24 * 60)
    assert story.of(SlaWarned) == story.of(SlaBreached) == []


def test_a_ticket_is_p3_until_somebody_says_otherwise() -> None:
    story = submitted(by=DEFAULT_POLICIES)
    assert story.of(SlaClocksMoved)[0].policy == "p3 in office hours"
    story.tell(take())
    assert story.of(SlaClocksMoved)[-1].severity is story.state.ticket.severity


def test_a_promise_is_warned_of_broken_and_goes_up_the_ladder() -> None:
    other = seat("Max Manager", role=SupportRole.MANAGER)
    story = Watched(at=desk(LEA, MIA, other))
    story.tell(submit())
    story.tell(take())
    story.until(MONDAY + 2 * HOUR)
    (warned,) = story.of(SlaWarned)
    assert (warned.clock, warned.due_at, warned.agent) == (ACKNOWLEDGE, MONDAY + HOUR, LEA.person)
    everyone = sorted([MIA.agent_id, other.agent_id])
    assert steps(story) == [
        (ACKNOWLEDGE, 1, LEA.agent_id, HOUR),
        (ACKNOWLEDGE, 2, MIA.agent_id, HOUR),
        *((ACKNOWLEDGE, 3, manager, HOUR) for manager in everyone),
    ]
    story.until(MONDAY + 40 * DAY)
    assert [step for clock, step, _, _ in steps(story) if clock is ACKNOWLEDGE] == [1, 2, 3, 3]


def test_a_ticket_that_nobody_has_goes_to_the_managers_at_once() -> None:
    story = submitted()
    story.after(60)
    assert steps(story) == [(ACKNOWLEDGE, 1, MIA.agent_id, HOUR)]


def test_a_promise_that_nobody_can_be_told_of_is_broken_all_the_same() -> None:
    story = Watched(at=desk())
    story.tell(submit())
    story.after(60)
    assert steps(story) == [(ACKNOWLEDGE, 1, None, HOUR)]


def test_an_answer_in_the_last_second_keeps_the_promise_and_one_at_the_hour_does_not() -> None:
    for late, state in ((59.99, ClockState.MET), (60.0, ClockState.BREACHED)):
        story = submitted()
        story.after(late)
        story.tell(message("We are on it", from_customer=False))
        story.after(600)
        assert story.clock(ACKNOWLEDGE).state is state
        assert len([each for each in story.of(SlaBreached) if each.clock is ACKNOWLEDGE]) == (
            state is ClockState.BREACHED
        )


def test_waiting_for_the_customer_pauses_and_the_deadline_moves() -> None:
    story = submitted()
    story.tell(message("Which browser?", from_customer=False))
    story.after(60)
    story.tell(WAIT)
    story.after(20 * 60)
    assert (story.clock().state, story.clock().due_at, story.clock().paused_seconds) == (
        ClockState.PAUSED,
        None,
        72_000,
    )
    story.tell(message("Firefox"))
    assert story.clock().due_at == MONDAY + 28 * HOUR
    story.until(MONDAY + 28 * HOUR)
    assert [(each.due_at, each.step) for each in story.of(SlaBreached) if each.clock is RESOLVE] == [(story.now, 1)]


def test_each_round_of_a_conversation_has_a_promise_of_its_own() -> None:
    story = submitted()
    story.tell(message("Hello", from_customer=False))
    story.after(10)
    story.tell(message("It is broken"))
    story.after(10)
    story.tell(message("Still broken"))
    story.after(40)
    story.tell(message("Look at this", from_customer=False))
    assert (story.clock(NEXT).state, story.clock(NEXT).used_seconds) == (ClockState.MET, 50 * 60)
    story.after(10)
    story.tell(message("Does not help"))
    story.after(120)
    assert story.clock(NEXT).state is ClockState.BREACHED
    assert [(each.clock, each.began_at) for each in story.of(SlaBreached)] == [(NEXT, MONDAY + 70 * MINUTE)]


def test_reopening_goes_on_where_it_stopped() -> None:
    story = submitted()
    story.after(120)
    story.tell(RESOLVED)
    assert story.clock().state is ClockState.MET
    story.after(10 * 24 * 60)
    story.tell(ReopenTicket(ticket_id=TICKET, reason="It came back"))
    assert (story.clock().state, story.clock().used_seconds) == (ClockState.RUNNING, 2 * 3600)
    assert story.clock().due_at == story.now + 6 * HOUR
    story.after(6 * 60)
    assert story.clock().state is ClockState.BREACHED


def test_a_merged_ticket_stands_still_until_it_goes_on_by_itself() -> None:
    story = submitted()
    into = id_of("the other ticket")
    story.tell(MergeTicket(ticket_id=TICKET, into_id=into, into_reference="T-OTHER"))
    story.after(1_000)
    assert story.clock().state is ClockState.PAUSED
    assert story.of(SlaBreached) == []
    story.tell(UnmergeTicket(ticket_id=TICKET, reason="another matter"))
    assert story.clock().due_at == story.now + 8 * HOUR


def test_what_the_customer_writes_in_a_merged_ticket_is_answered_where_it_goes_on() -> None:
    story = submitted()
    story.tell(message("Hello", from_customer=False))
    story.after(30)
    story.tell(HearFromMerged(ticket_id=TICKET, from_reference="T-OTHER"))
    assert (story.clock(NEXT).state, story.clock(NEXT).due_at) == (ClockState.RUNNING, story.now + 2 * HOUR)
    story.after(30)
    story.tell(message("Here is what to do", from_customer=False))
    assert story.clock(NEXT).state is ClockState.MET


def test_a_customer_who_writes_after_all_is_settled_for_good_is_promised_nothing_there() -> None:
    story = submitted()
    story.tell(RESOLVED)
    story.until(MONDAY + 30 * DAY)
    story.tell(message("Thank you"))
    assert [each.clock for each in story.state.ticket.clocks.shown.values()] == [ACKNOWLEDGE, RESOLVE]


def test_other_severity_measures_the_whole_history_anew_and_loses_no_pause() -> None:
    story = submitted(by=DEFAULT_POLICIES)
    story.tell(message("Which browser?", from_customer=False))
    story.tell(WAIT)
    story.after(10 * 60)
    story.tell(message("Firefox"))
    story.after(30)
    story.tell(PrioritiseTicket(ticket_id=TICKET, priority=TicketPriority.CRITICAL, severity=Severity.P1, reason=""))
    clock = story.clock()
    assert (clock.used_seconds, clock.paused_seconds, clock.target_minutes) == (30 * 60, 10 * 3600, 24 * 60)
    assert clock.due_at == MONDAY + 34 * HOUR


def test_other_policies_measure_anew_and_deadlines_of_the_old_ones_change_nothing() -> None:
    story = submitted()
    story.tell(message("Hello", from_customer=False))
    story.after(60)
    story.tell(WAIT)
    story.after(60)
    story.tell(message("Firefox"))
    story.tell(message("Thank you", from_customer=False))
    story.change(policy(resolve_minutes=960))
    story.tell(MeasureClocks(ticket_id=TICKET))
    story.tell(MeasureClocks(ticket_id=TICKET))
    assert len([each for each in story.of(SlaClocksMoved) if each.policy_version == 2]) == 1
    story.until(MONDAY + 17 * HOUR - MINUTE)
    assert story.of(SlaBreached) == []
    story.until(MONDAY + 17 * HOUR)
    assert [(each.due_at, each.policy_version) for each in story.of(SlaBreached)] == [(story.now, 2)]


def test_before_the_job_comes_to_a_ticket_an_old_deadline_finds_the_new_policies() -> None:
    story = submitted()
    story.change(policy(acknowledge_minutes=600))
    story.after(61)
    assert story.of(SlaWarned) == story.of(SlaBreached) == []


def test_a_promise_that_got_stricter_is_broken_at_once_and_one_that_gained_time_once_more() -> None:
    story = submitted()
    story.after(30)
    story.change(policy(acknowledge_minutes=20))
    story.tell(MeasureClocks(ticket_id=TICKET))
    story.after(0)
    assert steps(story)[0] == (ACKNOWLEDGE, 1, MIA.agent_id, 20 * MINUTE)
    story.change(policy(acknowledge_minutes=90))
    story.tell(MeasureClocks(ticket_id=TICKET))
    assert story.clock(ACKNOWLEDGE).state is ClockState.RUNNING
    story.until(MONDAY + 90 * MINUTE)
    assert steps(story)[-1] == (ACKNOWLEDGE, 1, MIA.agent_id, 90 * MINUTE)


def test_the_plan_of_the_account_chooses_the_policy() -> None:
    gold = policy(name="gold", plans=("Enterprise",), acknowledge_minutes=15)
    story = Watched()
    story.change(gold, policy())
    story.tell(submit())
    assert story.of(SlaClocksMoved)[-1].policy == "all"
    plan = TakePlan(ticket_id=TICKET, account_id=ACCOUNT, plan="enterprise")
    story.tell(plan)
    assert (story.of(SlaClocksMoved)[-1].policy, story.clock(ACKNOWLEDGE).target_minutes) == ("gold", 15)
    assert list(story.tell(plan)) == []
    assert list(story.tell(TakePlan(ticket_id=TICKET, account_id=id_of("Globex"), plan=None))) == []


def test_where_no_policy_matches_nothing_is_promised() -> None:
    story = Watched()
    story.change(policy(severities=(Severity.P1,)))
    story.tell(submit())
    (moved,) = story.of(SlaClocksMoved)
    assert (moved.policy, moved.clocks, story.deadlines) == (None, (), [])


def test_what_moves_no_clock_is_not_told() -> None:
    story = submitted()
    before = len(story.of(SlaClocksMoved))
    story.tell(AddNote(ticket_id=TICKET, note_id=id_of("note"), author="Lea Brandt", text="Known since Monday"))
    assert len(story.of(SlaClocksMoved)) == before


def test_a_settled_ticket_stays_as_it_was_measured() -> None:
    story = submitted()
    story.tell(RESOLVED)
    story.change(policy(acknowledge_minutes=1))
    assert list(story.tell(MeasureClocks(ticket_id=TICKET))) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 45, 59, 60, 61, 120, 240, 479, 480, 500]),
        st.sampled_from(["customer", "agent", "wait", "resume", "resolve", "reopen", "merge", "unmerge", "p1"]),
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@over(STEPS)
def test_whatever_happens_each_broken_promise_is_told_once_and_no_kept_one(steps: list[tuple[int, str]]) -> None:
    story = submitted()
    for number, (minutes, what) in enumerate(steps):
        story.after(minutes)
        with suppress(Refused):
            story.tell(_command(what, number))
    story.until(story.now + 3 * DAY)
    ticket = story.state.ticket
    assert story.desk.policies is not None
    broken = [
        (each.clock, each.began_at)
        for each in standing(ticket.clocks, ticket.severity, story.desk.policies, story.now).clocks
        if each.state is ClockState.BREACHED
    ]
    told = [(each.clock, each.began_at) for each in story.of(SlaBreached) if each.step == 1]
    assert sorted(told) == sorted(broken)
    warned = [(each.clock, each.began_at) for each in story.of(SlaWarned)]
    assert len(warned) == len(set(warned))


def _command(what: str, number: int) -> object:
    reply = message(f"message {number}", from_customer=what == "customer")
    other = id_of("the other ticket")
    return {
        "customer": reply,
        "agent": reply,
        "wait": WAIT,
        "resume": ChangeStatus(ticket_id=TICKET, status=TicketStatus.IN_PROGRESS),
        "resolve": RESOLVED,
        "reopen": ReopenTicket(ticket_id=TICKET, reason="It came back"),
        "merge": MergeTicket(ticket_id=TICKET, into_id=other, into_reference="T-OTHER"),
        "unmerge": UnmergeTicket(ticket_id=TICKET, reason="another matter"),
        "p1": PrioritiseTicket(ticket_id=TICKET, priority=TicketPriority.CRITICAL, severity=Severity.P1, reason=""),
    }[what]


@pytest.mark.parametrize(
    ("zone", "calendar", "begun", "due"),
    [
        (BERLIN, every_day(("00:00", "06:00"), ("22:00", "00:00")), "2026-03-28T23:00", "2026-03-30T00:00"),
        (BERLIN, every_day(("00:00", "06:00"), ("22:00", "00:00")), "2026-10-24T22:00", "2026-10-25T05:00"),
        (NEW_YORK, every_day(("00:00", "00:00"), zone=NEW_YORK), "2026-03-07T20:00", "2026-03-08T05:00"),
        (NEW_YORK, every_day(("00:00", "00:00"), zone=NEW_YORK), "2026-10-31T20:00", "2026-11-01T03:00"),
        (LORD_HOWE, every_day(("00:00", "00:00"), zone=LORD_HOWE), "2026-10-03T20:00", "2026-10-04T04:30"),
        (LORD_HOWE, every_day(("00:00", "00:00"), zone=LORD_HOWE), "2026-04-04T20:00", "2026-04-05T03:30"),
        (
            SYDNEY,
            on(range(5), ("09:00", "13:00"), ("14:00", "18:00"), zone=SYDNEY),
            "2026-10-02T14:00",
            "2026-10-05T13:00",
        ),
    ],
)
def test_eight_hours_across_a_change_of_the_clock(zone: str, calendar: BusinessCalendar, begun: str, due: str) -> None:
    story = Watched()
    story.change(policy(calendar="office hours"), calendars=(calendar.model_copy(update={"name": "office hours"}),))
    story.now = local(zone, begun)
    story.tell(submit())
    story.tell(message("Hello", from_customer=False))
    assert story.clock().due_at == local(zone, due)
    story.until(local(zone, due))
    assert [(each.clock, each.due_at) for each in story.of(SlaBreached)] == [(RESOLVE, local(zone, due))]
