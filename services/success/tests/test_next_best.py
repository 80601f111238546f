"""What to do next for a customer: an alert before a renewal, a renewal before tasks, tasks before what the stage asks for."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from nexa_contracts.success import Stage
from nexa_success.lifecycle.next_best import (
    LIMITS,
    NEXT_BEST,
    About,
    OpenAlert,
    OpenRenewal,
    OpenTask,
    RunningOnboarding,
    Situation,
    next_best,
)

from .stories import MONDAY, PROJECT, id_of

DAY = timedelta(days=1)
ALERT = OpenAlert(
    id_of("alert"),
    65,
    "Schedule executive business review",
    "Usage declining, support tickets increasing",
    MONDAY - DAY,
)
RENEWAL = OpenRenewal(id_of("renewal"), (MONDAY + 89 * DAY).date())
ONBOARDING = RunningOnboarding(PROJECT, True, "accepted", MONDAY - 2 * DAY)
OVERDUE = OpenTask(PROJECT, "Provision user accounts", MONDAY - 2 * DAY, 3)
ALL = Situation(Stage.AT_RISK, MONDAY - 20 * DAY, ALERT, RENEWAL, ONBOARDING, OVERDUE)


def test_what_burns_comes_first_and_the_rest_is_told_too() -> None:
    actions = next_best(ALL, MONDAY)
    assert [(each.action, each.because) for each in actions] == [
        (
            "Schedule executive business review",
            "Usage declining, support tickets increasing; health dropped to 65 yesterday",
        ),
        ("Provision user accounts", "was due on 2025-11-22, with 2 more overdue"),
        ("Agree on the renewal", "the contract ends in 89 days, on 2026-02-21"),
        ("Schedule executive business review", "at risk for 20 days without recovery"),
    ]
    assert actions[0].subject_id == ALERT.alert_id


@pytest.mark.parametrize(
    ("end", "about", "because"),
    [
        (date(2025, 12, 24), About.RENEWAL, "the contract ends in 30 days, on 2025-12-24"),
        (date(2025, 12, 25), About.TASK, "was due on 2025-11-22, with 2 more overdue"),
        (date(2025, 11, 20), About.RENEWAL, "the contract has ended, on 2025-11-20"),
    ],
)
def test_a_contract_that_ends_within_30_days_comes_before_overdue_tasks(end: date, about: About, because: str) -> None:
    known = replace(ALL, alert=None, renewal=replace(RENEWAL, contract_end=end))
    best = next_best(known, MONDAY)[0]
    assert (best.about, best.because) == (about, because)


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({"has_csm": False}, "Assign a customer success manager"),
        ({"handoff": "escalated"}, "Accept the handoff or give it to somebody else"),
        ({"handoff": "declined"}, "Complete the handoff with sales"),
        ({"handoff": "offered"}, "Provision user accounts"),
    ],
)
def test_an_onboarding_that_nobody_has_taken_over_comes_before_its_tasks(changes: Any, action: str) -> None:
    known = Situation(Stage.ONBOARDING, MONDAY, onboarding=replace(ONBOARDING, **changes), task=OVERDUE)
    assert next_best(known, MONDAY)[0].action == action


def test_where_nothing_is_overdue_the_next_task_is_next() -> None:
    task = OpenTask(PROJECT, "Hold kickoff meeting", MONDAY + 3 * DAY, 0)
    (best,) = next_best(Situation(Stage.ONBOARDING, MONDAY, onboarding=ONBOARDING, task=task), MONDAY)
    assert (best.action, best.because) == ("Hold kickoff meeting", "next task of the onboarding, due on 2025-11-27")


@pytest.mark.parametrize("stage", list(Stage))
def test_a_stage_asks_for_something_once_its_usual_time_is_over(stage: Stage) -> None:
    limit = LIMITS.get(stage, 0)
    (best,) = next_best(Situation(stage, MONDAY - limit * DAY), MONDAY)
    assert best.action == NEXT_BEST[stage].action
    assert "{" not in best.because
    assert next_best(Situation(stage, MONDAY - (limit - 1) * DAY), MONDAY) == [] or limit == 0


def test_of_whom_nothing_is_known_nothing_is_to_be_done() -> None:
    assert next_best(Situation(), MONDAY) == []
