"""A won deal becomes an onboarding: who is chosen, what there is to do, when the kickoff is, who reads the note."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nexa_chassis.domain import Deadline, Refused
from nexa_chassis.testing import given, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    Absence,
    HandoffAccepted,
    HandoffDeclined,
    HandoffEscalated,
    HandoffNoteRead,
    HandoffNoteWritten,
    HandoffReminded,
    KickoffCancelled,
    KickoffMoved,
    KickoffScheduled,
    OnboardingAssigned,
    OnboardingCompleted,
    OnboardingPaused,
    OnboardingResumed,
    OnboardingStarted,
    Priority,
    Role,
    TaskCompleted,
    TaskCreated,
    TaskOverdue,
    TaskReassigned,
    TaskRescheduled,
    TaskStatus,
)
from nexa_success.aggregates import onboarding, onboarding_template
from nexa_success.csm.calendar import Calendar
from nexa_success.onboarding import desk as onboarding_desk
from nexa_success.onboarding.commands import (
    AcceptHandoff,
    AddTask,
    AssignOnboarding,
    AssignWaiting,
    CancelKickoff,
    CompleteProvedTasks,
    DeclineHandoff,
    EscalateHandoff,
    HoldKickoff,
    MarkTaskOverdue,
    MoveTask,
    PauseOnboarding,
    PlanKickoff,
    ReadNote,
    RemindUnread,
    ResubmitHandoff,
)
from nexa_success.onboarding.desk import choose
from nexa_success.onboarding.state import Live, Running
from nexa_success.reactions.watch_handoff import watch_handoff
from nexa_success.template.decisions import ChangeTemplate
from nexa_success.template.state import DEFAULT_TEMPLATE

from .stories import DETAILS, IVAN, MONDAY, NORA, PROJECT, TEAM, Story, desk, id_of, seat, start

DAY = timedelta(days=1)


def begun(at: Any = TEAM) -> Story:
    story = Story(at)
    story.tell(start())
    return story


def test_the_template_has_the_twenty_tasks_with_their_days_and_priorities() -> None:
    assert [(task.day, task.title, task.priority.value) for task in DEFAULT_TEMPLATE.tasks] == [
        (0, "Assign customer success manager", "urgent"),
        (1, "Send welcome email", "high"),
        (1, "Create customer portal account", "high"),
        (2, "Schedule kickoff call", "urgent"),
        (2, "Review handoff note", "high"),
        (3, "Hold kickoff meeting", "urgent"),
        (3, "Provision user accounts", "high"),
        (5, "Confirm success criteria", "normal"),
        (7, "Schedule product training", "normal"),
        (7, "Setup data import", "high"),
        (10, "Customize dashboard", "normal"),
        (14, "Configure integrations", "high"),
        (14, "First team training session", "normal"),
        (15, "Verify single sign-on", "high"),
        (18, "Validate imported data", "normal"),
        (21, "Second training session", "normal"),
        (21, "Identify power users", "normal"),
        (25, "Go-live readiness review", "high"),
        (30, "Go-live", "urgent"),
        (30, "30-day check-in meeting", "high"),
    ]


def test_a_won_deal_becomes_a_project_twenty_tasks_a_kickoff_and_a_note() -> None:
    story = begun()
    (started,) = story.of(OnboardingStarted)
    assert (started.name, started.due_on) == ("Acme Corp Onboarding", date(2025, 12, 24))
    assert started.csm.name == "Nora Vance"
    assert started.specialist.name == "Ivan Petrov"
    tasks = story.of(TaskCreated)
    assert [task.title for task in tasks] == [task.title for task in DEFAULT_TEMPLATE.tasks]
    berlin = Calendar("Europe/Berlin")
    assert [(task.due_at - berlin.end_of(date(2025, 11, 24))) // DAY for task in tasks] == [
        task.day for task in DEFAULT_TEMPLATE.tasks
    ]
    assert {task.owner_id for task in tasks if task.key == "provision_users"} == {IVAN.csm_id}
    (kickoff,) = story.of(KickoffScheduled)
    assert (kickoff.title, kickoff.days) == ("Acme Corp - Implementation Kickoff", 3)
    assert kickoff.agenda == "Review timeline, roles, deliverables"
    assert kickoff.join_url == f"https://meet.nexa.example/{kickoff.meeting_id}"
    assert kickoff.starts_at == datetime(2025, 11, 27, 9, tzinfo=UTC)
    assert [each.role for each in kickoff.attendees] == ["primary contact", "csm", "implementation specialist"]
    (note,) = story.of(HandoffNoteWritten)
    assert note.accept_by == MONDAY + DAY


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        (Calendar("UTC"), date(2025, 11, 27)),
        (Calendar("America/New_York", "US"), date(2025, 11, 28)),  # Thanksgiving
        (Calendar("UTC", working_days=(0, 1, 2)), date(2025, 12, 1)),
        (Calendar("UTC", absences=(Absence(first=date(2025, 11, 27), last=date(2025, 12, 2)),)), date(2025, 12, 3)),
    ],
)
def test_a_kickoff_waits_for_the_next_working_day_of_the_csm(calendar: Calendar, expected: date) -> None:
    story = begun(desk(seat("Nora Vance", calendar=calendar)))
    (kickoff,) = story.of(KickoffScheduled)
    assert calendar.day_of(kickoff.starts_at) == expected
    assert kickoff.days == (expected - date(2025, 11, 24)).days


def test_the_same_deal_won_again_adds_nothing() -> None:
    story = begun()
    assert story.tell(start(), MONDAY + DAY) == []


def test_the_csm_with_room_who_was_assigned_least_recently_is_next_and_the_event_says_why() -> None:
    full = seat("Full", open_onboardings=15)
    away = seat("Away", calendar=Calendar("UTC", absences=(Absence(first=MONDAY.date(), last=MONDAY.date()),)))
    off = seat("Off", available=False)
    recent, longest = seat("Recent", last_turn=7), seat("Longest", last_turn=3, open_onboardings=14)
    choice = choose(desk(full, away, off, recent, longest), Role.CSM, MONDAY.date())
    assert choice.seat == longest
    reasons = {candidate.name: candidate.reason for candidate in choice.because.candidates}
    assert reasons["Full"] == "at capacity (15 of 15 open onboardings)"
    assert (reasons["Away"], reasons["Off"]) == ("away today", "not available")
    assert reasons["Recent"].startswith("assigned more recently")
    assert [candidate.name for candidate in choice.because.candidates if candidate.taken] == ["Longest"]


def test_deals_won_at_once_are_shared_out_in_turn() -> None:
    at = desk(seat("A", capacity=2), seat("B", capacity=2))
    chosen = []
    for number in range(5):
        story = Story(at)
        story.tell(start(id_of(f"deal {number}")))
        (started,) = story.of(OnboardingStarted)
        chosen.append(started.csm and started.csm.name)
        at = story.desk
    assert sorted(chosen[:2]) == ["A", "B"]
    assert sorted(chosen[2:4]) == ["A", "B"]
    assert chosen[4] is None


def test_without_a_csm_the_onboarding_waits_and_the_first_with_room_gets_tasks_and_kickoff() -> None:
    story = Story(desk())
    story.tell(start())
    assert story.of(KickoffScheduled) == []
    assert story.tell(AssignWaiting(project_id=PROJECT)) == []
    story.desk = TEAM
    story.tell(AssignWaiting(project_id=PROJECT), MONDAY + 3 * DAY)
    assert [each.csm.name for each in story.of(OnboardingAssigned)] == ["Nora Vance"]
    assert len(story.of(TaskReassigned)) == 20
    (kickoff,) = story.of(KickoffScheduled)
    assert kickoff.starts_at > MONDAY + 3 * DAY


def test_a_reassigned_onboarding_takes_its_open_tasks_and_invitation_along() -> None:
    omar = seat("Omar Said")
    story = begun(desk(NORA, IVAN, omar))
    other = omar if story.state.project.csm.name == "Nora Vance" else NORA
    mine = sum(task.owner_id != IVAN.csm_id for task in story.of(TaskCreated))
    story.tell(AssignOnboarding(project_id=PROJECT, csm_id=other.csm_id, reason="on leave"))
    assert len(story.of(TaskReassigned)) == mine
    (moved,) = story.of(KickoffMoved)
    assert moved.sequence == 1
    assert other.name in {each.name for each in moved.attendees}
    assert story.desk.seats[other.csm_id].open_onboardings == 1


def test_a_specialist_is_no_csm() -> None:
    with pytest.raises(Refused) as refused:
        begun().tell(AssignOnboarding(project_id=PROJECT, csm_id=IVAN.csm_id, reason="why not"))
    assert refused.value.rule == "onboarding.csm"


def test_an_event_completes_the_tasks_it_proves_and_is_named_by_them() -> None:
    story = begun()
    story.tell(CompleteProvedTasks(project_id=PROJECT, proof="kickoff_scheduled", event_id="onboarding-x@22"))
    (done,) = story.of(TaskCompleted)
    assert (done.key, done.completed_by, done.late) == ("schedule_kickoff", "onboarding-x@22", False)
    assert story.tell(CompleteProvedTasks(project_id=PROJECT, proof="kickoff_scheduled", event_id="again")) == []


def test_the_last_task_done_makes_the_customer_live() -> None:
    story = begun()
    for number, task in enumerate(DEFAULT_TEMPLATE.tasks, 1):
        assert isinstance(story.state, Running), number
        story.tell(
            MoveTask(project_id=PROJECT, key=task.key, status=TaskStatus.DONE, by="nora.vance"), MONDAY + 30 * DAY
        )
    (completed,) = story.of(OnboardingCompleted)
    assert (completed.days, completed.on_time) == (30, True)
    assert isinstance(story.state, Live)
    assert story.desk.seats[NORA.csm_id].open_onboardings == 0
    late = {task.key for task in story.of(TaskCompleted) if task.late}
    assert late == {task.key for task in DEFAULT_TEMPLATE.tasks if task.day < 30}


def test_a_task_that_is_open_when_due_is_overdue_once() -> None:
    story = begun()
    (task,) = [each for each in story.of(TaskCreated) if each.key == "provision_users"]
    command = MarkTaskOverdue(project_id=PROJECT, key="provision_users", due_at=task.due_at)
    (overdue,) = story.tell(command, task.due_at)
    assert isinstance(overdue, TaskOverdue)
    assert overdue.manager_id == id_of("Victor")
    assert story.tell(command, task.due_at) == []


def test_a_task_done_in_time_lets_its_due_time_pass() -> None:
    story = begun()
    (task,) = [each for each in story.of(TaskCreated) if each.key == "provision_users"]
    story.tell(MoveTask(project_id=PROJECT, key=task.key, status=TaskStatus.DONE, by="ivan"))
    assert story.tell(MarkTaskOverdue(project_id=PROJECT, key=task.key, due_at=task.due_at), task.due_at) == []


def test_an_added_task_holds_the_completion_back() -> None:
    story = begun()
    due = MONDAY + 10 * DAY
    story.tell(
        AddTask(
            project_id=PROJECT,
            key="added_1",
            title="Old price list",
            priority=Priority.NORMAL,
            owner_id=None,
            due_at=due,
        )
    )
    for task in DEFAULT_TEMPLATE.tasks:
        story.tell(MoveTask(project_id=PROJECT, key=task.key, status=TaskStatus.DONE, by="nora"))
    assert story.of(OnboardingCompleted) == []
    story.tell(MoveTask(project_id=PROJECT, key="added_1", status=TaskStatus.DONE, by="nora"))
    assert len(story.of(OnboardingCompleted)) == 1


def test_a_reopened_deal_pauses_everything_and_won_again_it_goes_on_with_the_days_given_back() -> None:
    story = begun()
    story.tell(PauseOnboarding(project_id=PROJECT, reason="Signature was withdrawn"), MONDAY + DAY)
    (cancelled,) = story.of(KickoffCancelled)
    assert cancelled.sequence == 1
    (first,) = [each for each in story.of(TaskCreated) if each.key == "provision_users"]
    assert story.tell(MarkTaskOverdue(project_id=PROJECT, key=first.key, due_at=first.due_at), first.due_at) == []
    story.tell(start(), MONDAY + 8 * DAY)
    assert [type(each) for each in story.events if type(each) in (OnboardingPaused, OnboardingResumed)] == [
        OnboardingPaused,
        OnboardingResumed,
    ]
    assert {each.due_at - each.previous_due_at for each in story.of(TaskRescheduled)} == {7 * DAY}
    again = story.of(KickoffScheduled)[-1]
    assert again.sequence == 2
    assert again.meeting_id == cancelled.meeting_id
    assert again.starts_at > MONDAY + 8 * DAY


def clocks_of(event: Event, at: datetime) -> list[Deadline]:
    return [each for each in watch_handoff.react(recorded(event, time=at), at) if isinstance(each, Deadline)]


def test_a_reopened_deal_lets_the_time_of_its_handoff_pass_and_won_again_it_has_it_once_more() -> None:
    story = begun()
    story.tell(PauseOnboarding(project_id=PROJECT, reason="Signature was withdrawn"), MONDAY + DAY / 2)
    clocks = (RemindUnread(project_id=PROJECT, round=1), EscalateHandoff(project_id=PROJECT, round=1))
    assert [story.tell(clock, MONDAY + DAY) for clock in clocks] == [[], []]
    story.tell(start(), MONDAY + 3 * DAY)
    (resumed,) = story.of(OnboardingResumed)
    deadlines = clocks_of(resumed, MONDAY + 3 * DAY)
    assert {deadline.at for deadline in deadlines} == {MONDAY + 4 * DAY}
    told = [event for deadline in deadlines for event in story.tell(deadline.command, deadline.at)]
    assert [type(event) for event in told] == [HandoffReminded, HandoffEscalated]


def test_a_clock_of_an_onboarding_that_went_on_leaves_a_younger_round_alone() -> None:
    story = begun()
    story.tell(DeclineHandoff(project_id=PROJECT, by="nora.vance", reason="No technical contact"), MONDAY + DAY)
    story.tell(ResubmitHandoff(project_id=PROJECT, details=DETAILS, note="Tom (IT)"), MONDAY + 2 * DAY)
    assert story.tell(RemindUnread(project_id=PROJECT, round=None), MONDAY + 2.5 * DAY) == []
    assert story.tell(EscalateHandoff(project_id=PROJECT, round=None), MONDAY + 2.5 * DAY) == []
    assert len(story.tell(EscalateHandoff(project_id=PROJECT, round=None), MONDAY + 3 * DAY)) == 1


def test_the_time_to_read_the_note_begins_when_somebody_is_responsible() -> None:
    petra = seat("Petra Falk", Role.MANAGER, capacity=0, manager_id=None)
    story = Story(desk(petra))
    story.tell(start())
    assert story.tell(RemindUnread(project_id=PROJECT, round=1), MONDAY + DAY) == []
    (escalated,) = story.tell(EscalateHandoff(project_id=PROJECT, round=1), MONDAY + DAY)
    assert escalated.manager_id == petra.csm_id  # type: ignore[attr-defined]
    story.desk = desk(petra, NORA)
    story.tell(AssignWaiting(project_id=PROJECT), MONDAY + 2 * DAY)
    (assigned,) = story.of(OnboardingAssigned)
    told: list[Any] = []
    for deadline in clocks_of(assigned, MONDAY + 2 * DAY):
        told += story.tell(deadline.command, deadline.at)
    assert [(type(event), event.csm_id) for event in told] == [(HandoffReminded, NORA.csm_id)]


def test_who_reports_to_nobody_is_watched_by_the_first_manager_of_the_roster() -> None:
    petra = seat("Petra Falk", Role.MANAGER, capacity=0, manager_id=None)
    story = begun(desk(seat("Nora Vance", manager_id=None), petra))
    (task,) = [each for each in story.of(TaskCreated) if each.key == "provision_users"]
    command = MarkTaskOverdue(project_id=PROJECT, key="provision_users", due_at=task.due_at)
    (overdue,) = story.tell(command, task.due_at)
    assert overdue.manager_id == petra.csm_id  # type: ignore[attr-defined]


def test_why_a_deal_was_reopened_is_not_told_to_those_invited() -> None:
    story = begun()
    story.tell(PauseOnboarding(project_id=PROJECT, reason="They doubt our price"), MONDAY + DAY)
    (cancelled,) = story.of(KickoffCancelled)
    assert cancelled.reason == "The onboarding is on hold"
    (paused,) = story.of(OnboardingPaused)
    assert paused.reason == "They doubt our price"


def test_a_kickoff_can_be_moved_to_a_working_day_and_called_off() -> None:
    story = begun()
    friday = datetime(2025, 11, 28, 13, tzinfo=UTC)
    story.tell(PlanKickoff(project_id=PROJECT, starts_at=friday, minutes=45, reason="Tom is travelling"))
    (moved,) = story.of(KickoffMoved)
    assert (moved.sequence, moved.starts_at, moved.ends_at) == (1, friday, friday + timedelta(minutes=45))
    with pytest.raises(Refused, match="2025-12-01"):
        story.tell(PlanKickoff(project_id=PROJECT, starts_at=friday + DAY, minutes=45, reason="weekend"))
    story.tell(CancelKickoff(project_id=PROJECT, reason="not needed"))
    with pytest.raises(Refused) as refused:
        story.tell(HoldKickoff(project_id=PROJECT))
    assert refused.value.rule == "kickoff.called_off"


def test_a_note_that_is_read_reminds_nobody_and_an_accepted_handoff_escalates_to_nobody() -> None:
    story = begun()
    story.tell(ReadNote(project_id=PROJECT, reader="nora.vance"))
    assert story.tell(RemindUnread(project_id=PROJECT, round=1)) == []
    story.tell(AcceptHandoff(project_id=PROJECT, by="nora.vance"))
    assert story.tell(EscalateHandoff(project_id=PROJECT, round=1)) == []
    assert [type(each) for each in story.events[-2:]] == [HandoffNoteRead, HandoffAccepted]


def test_a_note_nobody_reads_reminds_and_a_handoff_nobody_accepts_goes_to_the_manager() -> None:
    story = begun()
    assert [type(each) for each in story.tell(RemindUnread(project_id=PROJECT, round=1))] == [HandoffReminded]
    (escalated,) = story.tell(EscalateHandoff(project_id=PROJECT, round=1))
    assert isinstance(escalated, HandoffEscalated)
    assert escalated.manager_id == id_of("Victor")
    assert story.tell(EscalateHandoff(project_id=PROJECT, round=1)) == []


def test_a_declined_handoff_goes_back_to_sales_and_comes_again_with_a_clock_of_its_own() -> None:
    story = begun()
    (declined,) = story.tell(DeclineHandoff(project_id=PROJECT, by="nora.vance", reason="No technical contact"))
    assert isinstance(declined, HandoffDeclined)
    assert declined.rep_id == id_of("Maria")
    assert story.tell(EscalateHandoff(project_id=PROJECT, round=1)) == []
    story.tell(ResubmitHandoff(project_id=PROJECT, details=DETAILS, note="Tom (IT)"), MONDAY + 2 * DAY)
    again = story.of(HandoffNoteWritten)[-1]
    assert (again.round, again.accept_by) == (2, MONDAY + 3 * DAY)
    assert story.state.project.note.note == "Tom (IT)"
    assert story.tell(RemindUnread(project_id=PROJECT, round=1)) == []
    assert story.tell(ResubmitHandoff(project_id=PROJECT, details=DETAILS, note="Tom (IT)")) == []


def test_a_running_onboarding_keeps_the_template_it_began_with() -> None:
    story = begun()
    changed = given(onboarding_template).when(
        ChangeTemplate(
            tasks=DEFAULT_TEMPLATE.tasks[:3], due_in_days=10, kickoff_in_days=1, agenda="short", training_documents=()
        )
    )
    (event,) = changed.produced
    assert event.version == 2  # type: ignore[attr-defined]
    assert len(story.state.project.tasks) == 20
    later = Story(desk(NORA, IVAN, template=onboarding_template.evolve(onboarding_template.initial, event)))
    later.tell(start(id_of("a later deal"), project_id=id_of("later")))
    (started,) = later.of(OnboardingStarted)
    assert started.template_version == 2
    assert len(later.of(TaskCreated)) == 3
    (kickoff,) = later.of(KickoffScheduled)
    assert (kickoff.agenda, kickoff.days) == ("short", 1)

    waiting = Story(desk())
    waiting.tell(start())
    waiting.desk = onboarding_desk.evolve(TEAM, event)  # type: ignore[arg-type]
    waiting.tell(AssignWaiting(project_id=PROJECT), MONDAY + DAY / 2)
    (kickoff,) = waiting.of(KickoffScheduled)
    assert (kickoff.agenda, kickoff.days) == (DEFAULT_TEMPLATE.agenda, 3)


def test_a_template_with_two_tasks_of_one_key_is_refused() -> None:
    twice = (DEFAULT_TEMPLATE.tasks[0], DEFAULT_TEMPLATE.tasks[0])
    given(onboarding_template).when(
        ChangeTemplate(tasks=twice, due_in_days=30, kickoff_in_days=3, agenda="", training_documents=())
    ).then_refused(rule="template.key")


def test_nothing_can_be_done_with_an_onboarding_that_is_not_there() -> None:
    given(onboarding, context=TEAM).when(AcceptHandoff(project_id=PROJECT, by="nora")).then_refused(
        rule="onboarding.unknown"
    )
