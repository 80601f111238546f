"""An onboarding that began without an implementation specialist is given to the first who has room."""

from datetime import timedelta
from itertools import permutations

import pytest

from nexa_chassis.domain import Recorded
from nexa_chassis.rows_in_memory import rows_after
from nexa_contracts.success import (
    CsmUpdated,
    KickoffMoved,
    KickoffScheduled,
    OnboardingCompleted,
    OnboardingSpecialistAssigned,
    OnboardingStarted,
    Role,
    TaskCreated,
    TaskReassigned,
    TaskStatus,
)
from nexa_success.onboarding.commands import (
    AssignOnboarding,
    AssignSpecialist,
    AssignWaiting,
    MoveTask,
    PauseOnboarding,
    ReassignTask,
)
from nexa_success.reactions.assign_waiting_onboardings import assign_waiting_onboardings
from nexa_success.read_models.csm_desk import csm_desk
from nexa_success.read_models.onboarding_board import onboarding_board
from nexa_success.template.state import DEFAULT_TEMPLATE

from .stories import IVAN, MONDAY, NORA, PROJECT, TEAM, Story, desk, seat, start, stream

DAY = timedelta(days=1)
FREE = AssignSpecialist(project_id=PROJECT)
THEIRS = {task.key for task in DEFAULT_TEMPLATE.tasks if task.owner is Role.SPECIALIST}


def without_specialist() -> Story:
    story = Story(desk(NORA))
    story.tell(start())
    return story


def test_the_first_specialist_with_room_gets_the_onboarding_and_the_event_says_why() -> None:
    story = without_specialist()
    (started,) = story.of(OnboardingStarted)
    assert started.specialist is None
    assert started.specialist_because.facts["people of that role"] == "0"
    assert story.tell(FREE) == []
    full = seat("Full", Role.SPECIALIST, open_onboardings=15)
    story.desk = desk(*story.desk.seats.values(), full, IVAN)
    story.tell(FREE, MONDAY + DAY)
    (assigned,) = story.of(OnboardingSpecialistAssigned)
    assert assigned.specialist.name == "Ivan Petrov"
    reasons = {candidate.name: candidate.reason for candidate in assigned.because.candidates}
    assert reasons["Full"] == "at capacity (15 of 15 open onboardings)"
    assert (story.desk.seats[IVAN.csm_id].open_onboardings, story.desk.seats[IVAN.csm_id].last_turn) == (1, 2)
    assert story.tell(FREE, MONDAY + DAY) == []


def test_a_specialist_chosen_at_the_start_is_chosen_for_a_reason_too() -> None:
    story = Story()
    story.tell(start())
    (started,) = story.of(OnboardingStarted)
    assert [each.name for each in started.specialist_because.candidates if each.taken] == ["Ivan Petrov"]


def test_the_tasks_the_template_means_for_a_specialist_go_along_unless_somebody_was_given_one() -> None:
    story = without_specialist()
    assert {each.owner_id for each in story.of(TaskCreated)} == {NORA.csm_id}
    omar = seat("Omar Said")
    story.desk = desk(NORA, IVAN, omar)
    kept, done = sorted(THEIRS)[:2]
    story.tell(ReassignTask(project_id=PROJECT, key=kept, owner_id=omar.csm_id))
    story.tell(MoveTask(project_id=PROJECT, key=done, status=TaskStatus.DONE, by="nora"))
    before = len(story.events)
    story.tell(FREE)
    moved = [each for each in story.events[before:] if isinstance(each, TaskReassigned)]
    assert {each.key for each in moved} == THEIRS - {kept, done}
    assert {(each.owner_id, each.previous_owner_id) for each in moved} == {(IVAN.csm_id, NORA.csm_id)}


def test_the_kickoff_invitation_gets_the_new_attendee_and_keeps_it() -> None:
    story = without_specialist()
    (kickoff,) = story.of(KickoffScheduled)
    assert [each.role for each in kickoff.attendees] == ["primary contact", "csm"]
    omar = seat("Omar Said")
    story.desk = desk(NORA, IVAN, omar)
    story.tell(FREE)
    (moved,) = story.of(KickoffMoved)
    assert [each.role for each in moved.attendees] == ["primary contact", "csm", "implementation specialist"]
    assert (moved.sequence, moved.starts_at, moved.meeting_id) == (1, kickoff.starts_at, kickoff.meeting_id)
    story.tell(AssignOnboarding(project_id=PROJECT, csm_id=omar.csm_id, reason="on leave"))
    again = story.of(KickoffMoved)[-1]
    assert [each.name for each in again.attendees] == ["Sarah Miller", "Omar Said", "Ivan Petrov"]


def test_whoever_is_found_first_csm_or_specialist_both_are_at_the_kickoff() -> None:
    for commands in permutations([AssignWaiting(project_id=PROJECT), FREE]):
        story = Story(desk())
        story.tell(start())
        story.desk = TEAM
        for command in commands:
            story.tell(command, MONDAY + DAY)
        last = [each for each in story.events if isinstance(each, KickoffScheduled | KickoffMoved)][-1]
        assert [each.name for each in last.attendees] == ["Sarah Miller", "Nora Vance", "Ivan Petrov"]
        owners = {key: task.owner_id for key, task in story.state.project.tasks.items()}
        assert owners == {key: IVAN.csm_id if key in THEIRS else NORA.csm_id for key in owners}


def test_a_paused_onboarding_gets_nobody_until_it_goes_on() -> None:
    story = without_specialist()
    story.tell(PauseOnboarding(project_id=PROJECT, reason="Signature was withdrawn"))
    story.desk = TEAM
    assert story.tell(FREE) == []
    story.tell(start(), MONDAY + DAY)
    assert offered(story, hired(Role.SPECIALIST))[-1] == FREE
    assert len(story.tell(FREE, MONDAY + DAY)) > 1


def test_who_came_later_is_counted_and_free_again_once_the_customer_is_live() -> None:
    story = without_specialist()
    story.desk = desk(*story.desk.seats.values(), IVAN)
    story.tell(FREE)
    for key in list(story.state.project.tasks):
        story.tell(MoveTask(project_id=PROJECT, key=key, status=TaskStatus.DONE, by="nora"))
    (completed,) = story.of(OnboardingCompleted)
    assert completed.specialist_id == IVAN.csm_id
    assert story.desk.seats[IVAN.csm_id].open_onboardings == 0
    facts = stream(*story.events, service="success")
    assert {row["csm_id"]: row["open_onboardings"] for row in rows_after(csm_desk, facts)} == {
        NORA.csm_id: 0,
        IVAN.csm_id: 0,
    }
    (row,) = rows_after(onboarding_board, facts)
    assert (row["specialist_name"], row["specialist_because"]["facts"]["role"]) == (
        "Ivan Petrov",
        "implementation_specialist",
    )


def hired(role: Role) -> list[Recorded]:
    one = IVAN if role is Role.SPECIALIST else NORA
    return stream(CsmUpdated(csm_id=one.csm_id, name=one.name, email=one.email, role=role, capacity=1))


def offered(story: Story, *streams: list[Recorded]) -> list[object]:
    queue, commands = assign_waiting_onboardings.initial, []
    for fact in [*(fact for each in streams for fact in each), *stream(*story.events, service="success")]:
        queue = assign_waiting_onboardings.evolve(queue, fact)
        commands += assign_waiting_onboardings.react(queue, fact, MONDAY)
    return commands


@pytest.mark.parametrize("specialist_first", [True, False])
def test_it_is_offered_whichever_came_first_the_specialist_or_the_onboarding(specialist_first: bool) -> None:
    began = stream(*without_specialist().of(OnboardingStarted))
    order = [*hired(Role.SPECIALIST), *began] if specialist_first else [*began, *hired(Role.SPECIALIST)]
    queue, commands = assign_waiting_onboardings.initial, []
    for fact in order:
        queue = assign_waiting_onboardings.evolve(queue, fact)
        commands += assign_waiting_onboardings.react(queue, fact, MONDAY)
    assert commands == [FREE]


def test_where_there_never_was_a_specialist_nobody_is_asked() -> None:
    assert offered(without_specialist(), hired(Role.CSM)) == []


def test_a_seat_that_another_onboarding_frees_is_offered() -> None:
    queue = assign_waiting_onboardings.initial
    for fact in stream(*without_specialist().of(OnboardingStarted)):
        queue = assign_waiting_onboardings.evolve(queue, fact)
    other = Story()
    other.tell(start())
    for task in DEFAULT_TEMPLATE.tasks:
        other.tell(MoveTask(project_id=PROJECT, key=task.key, status=TaskStatus.DONE, by="nora"))
    (done,) = stream(*other.of(OnboardingCompleted))
    assert list(assign_waiting_onboardings.react(queue, done, MONDAY)) == [FREE]
