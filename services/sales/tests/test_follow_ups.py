"""What a rep has to do for an assigned lead, by when, and what happens when nobody does it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from nexa_chassis.domain import Deadline
from nexa_chassis.testing import given, recorded
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import (
    LeadAssigned,
    LeadConverted,
    LeadReleased,
    TaskCompleted,
    TaskCreated,
    TaskKind,
    TaskOverdue,
    TaskPriority,
    TaskReassigned,
)
from nexa_contracts.values import Band
from nexa_sales.aggregates import task
from nexa_sales.assignment.commands import ReassignLead
from nexa_sales.reactions.open_follow_up import follow_up_of, open_follow_up, title
from nexa_sales.task.commands import CompleteTask, GiveTask, MarkOverdue, SettleTask
from nexa_sales.task.decisions import Surroundings

from .stories import CAMPAIGN, FIFTY_THOUSAND, IMPORT, MONDAY, Routing, id_of, roster, route, senior, standard

TASK = follow_up_of(id_of("lead"), Band.HIGH)
MANAGERS = Surroundings({id_of("maria"): id_of("victor"), id_of("jonas"): id_of("wilma")})


def assigned(score: int, **changes: Any) -> LeadAssigned:
    (event,) = Routing(roster(senior("maria"), standard("jonas"))).execute(route("lead", score, **changes))
    assert isinstance(event, LeadAssigned)
    return event


def given_task(rep: str = "maria", band: Band = Band.HIGH) -> GiveTask:
    hot = band is Band.HIGH
    return GiveTask(
        task_id=follow_up_of(id_of("lead"), band),
        kind=TaskKind.CALL_HOT_LEAD if hot else TaskKind.FOLLOW_UP,
        title="Call hot webinar lead" if hot else "Follow up on webinar attendee",
        rep_id=id_of(rep),
        lead_id=id_of("lead"),
        campaign_id=CAMPAIGN,
        import_id=IMPORT,
        priority=TaskPriority.URGENT if hot else TaskPriority.NORMAL,
        due_at=MONDAY + timedelta(hours=24 if hot else 48),
    )


def created(rep: str = "maria") -> TaskCreated:
    (event,) = given(task, context=MANAGERS).when(given_task(rep)).produced
    assert isinstance(event, TaskCreated)
    return event


def test_a_hot_lead_gets_an_urgent_call_due_in_24_hours() -> None:
    given(open_follow_up).when(recorded(assigned(85), time=MONDAY)).then(given_task())


def test_a_medium_lead_gets_a_normal_follow_up_due_in_48_hours() -> None:
    given(open_follow_up).when(recorded(assigned(60), time=MONDAY)).then(given_task("jonas", Band.MEDIUM))


@pytest.mark.parametrize(
    ("source", "hot", "warm"),
    [
        (LeadSourceKind.WEBINAR, "Call hot webinar lead", "Follow up on webinar attendee"),
        (LeadSourceKind.EVENT, "Call hot event lead", "Follow up on event attendee"),
        (LeadSourceKind.REFERRAL, "Call hot referral lead", "Follow up on referral lead"),
        (LeadSourceKind.OTHER, "Call hot lead", "Follow up on lead"),
    ],
)
def test_the_title_names_the_source(source: LeadSourceKind, hot: str, warm: str) -> None:
    assert (title(Band.HIGH, source), title(Band.MEDIUM, source)) == (hot, warm)


def test_the_task_of_a_reassigned_lead_goes_along() -> None:
    routing = Routing(roster(senior("maria"), senior("jonas", last_turn=5)))
    routing.execute(route("lead", 85))
    (moved,) = routing.execute(ReassignLead(lead_id=id_of("lead"), rep_id=id_of("jonas"), reason="Knows them"))
    commands = given(open_follow_up).when(recorded(moved, time=MONDAY)).produced
    assert given_task("jonas") in commands
    reassigned = TaskReassigned(
        task_id=TASK, lead_id=id_of("lead"), rep_id=id_of("jonas"), previous_rep_id=id_of("maria")
    )
    given(task, created(), context=MANAGERS).when(given_task("jonas")).then(reassigned)


def test_a_lead_that_moves_up_gets_the_call_of_its_new_band_and_the_old_follow_up_ends() -> None:
    routing = Routing(roster(senior("maria"), standard("jonas")))
    routing.execute(route("lead", 60))
    (moved,) = routing.execute(route("lead", 80))
    fact = recorded(moved, time=MONDAY)
    settled = {each.task_id for each in given(open_follow_up).when(fact).produced if isinstance(each, SettleTask)}
    assert follow_up_of(id_of("lead"), Band.MEDIUM) in settled
    assert TASK not in settled
    assert given_task("maria") in given(open_follow_up).when(fact).produced


@pytest.mark.parametrize(
    "end",
    [
        LeadReleased(lead_id=id_of("lead"), campaign_id=CAMPAIGN),
        LeadConverted(
            lead_id=id_of("lead"),
            campaign_id=CAMPAIGN,
            contact_id=id_of("c"),
            account_id=id_of("a"),
            account_matched=False,
            deal_id=id_of("d"),
            amount=FIFTY_THOUSAND,
            rep_id=id_of("maria"),
        ),
    ],
)
def test_a_lead_that_ends_ends_its_open_task_which_says_by_which_event(end: Any) -> None:
    fact = recorded(end)
    settle = next(
        each
        for each in given(open_follow_up).when(fact).produced
        if isinstance(each, SettleTask) and each.task_id == TASK
    )
    (event,) = given(task, created(), context=MANAGERS).when(settle).produced
    assert isinstance(event, TaskCompleted)
    assert event.completed_by == fact.id
    given(task, context=MANAGERS).when(settle).then()


def test_a_task_given_a_second_time_stays_as_it_was() -> None:
    given(task, created(), context=MANAGERS).when(given_task()).then()


def test_each_task_is_looked_at_when_it_is_due() -> None:
    deadline = Deadline(at=MONDAY + timedelta(hours=24), command=MarkOverdue(task_id=TASK))
    given(open_follow_up).when(created()).then(deadline)


def overdue(rep: str = "maria", manager: UUID | None = None) -> TaskOverdue:
    return TaskOverdue(
        task_id=TASK,
        lead_id=id_of("lead"),
        rep_id=id_of(rep),
        manager_id=manager,
        title="Call hot webinar lead",
        due_at=MONDAY + timedelta(hours=24),
    )


def test_a_task_still_open_when_due_is_overdue_once_and_names_the_manager() -> None:
    late = overdue(manager=id_of("victor"))
    given(task, created(), context=MANAGERS).when(MarkOverdue(task_id=TASK)).then(late)
    given(task, created(), late, context=MANAGERS).when(MarkOverdue(task_id=TASK)).then()
    given(task, created(), context=Surroundings({})).when(MarkOverdue(task_id=TASK)).then(overdue())


def test_an_overdue_task_that_changed_hands_is_told_to_the_new_reps_manager() -> None:
    handed_on = TaskReassigned(
        task_id=TASK, lead_id=id_of("lead"), rep_id=id_of("jonas"), previous_rep_id=id_of("maria")
    )
    late = overdue("jonas", id_of("wilma"))
    given(task, created(), handed_on, context=MANAGERS).when(MarkOverdue(task_id=TASK)).then(late)


def test_a_task_done_in_time_is_never_overdue() -> None:
    complete = CompleteTask(task_id=TASK, outcome="Reached, wants a demo", completed_by="maria")
    (done,) = given(task, created(), context=MANAGERS).when(complete).produced
    assert isinstance(done, TaskCompleted)
    given(task, created(), done, context=MANAGERS).when(MarkOverdue(task_id=TASK)).then()
    given(task, created(), done, context=MANAGERS).when(complete).then_refused(rule="task.completed")


def test_a_task_nobody_knows_is_not_found() -> None:
    complete = CompleteTask(task_id=TASK, outcome="x", completed_by="maria")
    given(task, context=MANAGERS).when(complete).then_refused(rule="task.unknown")
