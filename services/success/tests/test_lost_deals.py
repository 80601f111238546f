"""A deal that is reopened and then lost cancels its onboarding; reopened and won after all, it goes on where it was."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from nexa_chassis.domain import Recorded, Refused
from nexa_chassis.rows_in_memory import rows_after
from nexa_contracts.envelope import Event
from nexa_contracts.sales import DealClosedLost
from nexa_contracts.success import (
    KickoffCancelled,
    KickoffScheduled,
    OnboardingCancelled,
    OnboardingCompleted,
    OnboardingPaused,
    OnboardingResumed,
    OnboardingStarted,
    TaskRescheduled,
    TaskStatus,
)
from nexa_success import responsible
from nexa_success.onboarding.commands import (
    AcceptHandoff,
    CancelOnboarding,
    CompleteProvedTasks,
    MoveTask,
    PauseOnboarding,
)
from nexa_success.onboarding.state import Cancelled, Live, NotStarted, Running
from nexa_success.reactions.onboard_won_customer import onboard_won_customer
from nexa_success.read_models.account_directory import account_directory, onboardings
from nexa_success.read_models.csm_desk import csm_desk, csms
from nexa_success.read_models.onboarding_board import onboarding_board
from nexa_success.read_models.onboarding_tasks import cancelled as cancelled_table
from nexa_success.read_models.onboarding_tasks import onboarding_tasks
from nexa_success.responsible import Responsible
from nexa_success.template.state import DEFAULT_TEMPLATE

from .account_stories import onboarding_started
from .stories import (
    ACCOUNT,
    DEAL,
    FIFTY_THOUSAND,
    IVAN,
    MONDAY,
    NORA,
    PROJECT,
    Story,
    account_created,
    contact_created,
    deal_created,
    deal_reopened,
    deal_won,
    id_of,
    orders_of,
    start,
    stream,
)

DAY = timedelta(days=1)
LOST = CancelOnboarding(project_id=PROJECT, reason="Chose another vendor")


def deal_lost() -> DealClosedLost:
    return DealClosedLost(
        deal_id=DEAL, account_id=ACCOUNT, amount=FIFTY_THOUSAND, reason="Chose another vendor", closed_at=MONDAY
    )


def lost_after_all() -> Story:
    story = Story()
    story.tell(start())
    story.tell(PauseOnboarding(project_id=PROJECT, reason="Signature was withdrawn"), MONDAY + DAY)
    story.tell(LOST, MONDAY + 3 * DAY)
    return story


def load(story: Story) -> tuple[int, int]:
    return tuple(story.desk.seats[each.csm_id].open_onboardings for each in (NORA, IVAN))  # type: ignore[return-value]


def facts_of(story: Story) -> list[Recorded]:
    return stream(*story.events, service="success")


def test_a_reopened_deal_that_is_lost_cancels_its_onboarding_and_frees_the_seats() -> None:
    story = lost_after_all()
    (cancelled,) = story.of(OnboardingCancelled)
    assert (cancelled.reason, cancelled.csm_id, cancelled.specialist_id) == (LOST.reason, NORA.csm_id, IVAN.csm_id)
    assert isinstance(story.state, Cancelled)
    assert load(story) == (0, 0)
    assert len(story.of(KickoffCancelled)) == 1
    assert story.tell(LOST, MONDAY + 4 * DAY) == []


def test_nothing_is_worked_on_in_a_cancelled_onboarding() -> None:
    with pytest.raises(Refused, match="deal was lost") as refused:
        lost_after_all().tell(AcceptHandoff(project_id=PROJECT, by="nora.vance"))
    assert refused.value.rule == "onboarding.cancelled"


def test_won_after_all_it_goes_on_where_it_was_with_its_people_and_all_the_lost_days() -> None:
    story = lost_after_all()
    story.tell(start(), MONDAY + 11 * DAY)
    (resumed,) = story.of(OnboardingResumed)
    assert (resumed.csm_id, resumed.specialist_id) == (NORA.csm_id, IVAN.csm_id)
    assert isinstance(story.state, Running)
    assert load(story) == (1, 1)
    assert {each.due_at - each.previous_due_at for each in story.of(TaskRescheduled)} == {10 * DAY}
    again = story.of(KickoffScheduled)[-1]
    assert (again.sequence, again.starts_at > MONDAY + 11 * DAY) == (2, True)
    assert len(story.of(OnboardingStarted)) == 1


def test_what_is_only_paused_keeps_its_seats() -> None:
    story = Story()
    story.tell(start())
    story.tell(PauseOnboarding(project_id=PROJECT, reason="Signature was withdrawn"), MONDAY + DAY)
    assert load(story) == (1, 1)
    story.tell(start(), MONDAY + 2 * DAY)
    (resumed,) = story.of(OnboardingResumed)
    assert (resumed.csm_id, resumed.specialist_id) == (None, None)
    assert load(story) == (1, 1)


def test_what_is_proved_while_it_is_cancelled_is_proved() -> None:
    story = lost_after_all()
    (done,) = story.tell(
        CompleteProvedTasks(project_id=PROJECT, proof="welcome_mail_sent", event_id="notification-x@3")
    )
    assert done.key == "send_welcome_email"  # type: ignore[attr-defined]


def test_a_customer_who_is_live_stays_so_whatever_becomes_of_the_deal() -> None:
    story = Story()
    story.tell(start())
    for task in DEFAULT_TEMPLATE.tasks:
        story.tell(MoveTask(project_id=PROJECT, key=task.key, status=TaskStatus.DONE, by="nora"))
    assert len(story.of(OnboardingCompleted)) == 1
    assert story.tell(LOST, MONDAY + DAY) == []
    assert isinstance(story.state, Live)
    assert load(story) == (0, 0)


def orders_of_a_deal(*of_the_deal: Event) -> list[list[Recorded]]:
    return orders_of(stream(account_created()), stream(contact_created()), stream(deal_created(), *of_the_deal))


def told(order: Sequence[Recorded]) -> Story:
    """The commands of the reaction decided one by one."""
    story, known = Story(), onboard_won_customer.initial
    for day, fact in enumerate(order):
        known = onboard_won_customer.evolve(known, fact)
        for command in onboard_won_customer.react(known, fact, MONDAY):
            story.tell(command, MONDAY + day * DAY)
    return story


@pytest.mark.parametrize("order", orders_of_a_deal(deal_won(), deal_reopened(), deal_lost()))
def test_in_every_order_a_deal_lost_in_the_end_leaves_no_seat_taken(order: list[Recorded]) -> None:
    story = told(order)
    assert isinstance(story.state, Cancelled | NotStarted)
    assert load(story) == (0, 0)


@pytest.mark.parametrize(
    "order", orders_of_a_deal(deal_won(), deal_reopened(), deal_lost(), deal_reopened(was="lost"), deal_won())
)
def test_in_every_order_a_deal_won_in_the_end_has_one_running_onboarding(order: list[Recorded]) -> None:
    story = told(order)
    assert isinstance(story.state, Running)
    assert load(story) == (1, 1)
    assert len(story.of(OnboardingStarted)) == 1
    assert len(story.of(OnboardingPaused)) == len(story.of(OnboardingCancelled)) == len(story.of(OnboardingResumed))


def test_a_deal_that_was_never_won_cancels_nothing() -> None:
    facts = stream(deal_created(), deal_lost(), deal_reopened(was="lost"), deal_lost())
    known, commands = onboard_won_customer.initial, []
    for fact in facts:
        known = onboard_won_customer.evolve(known, fact)
        commands += onboard_won_customer.react(known, fact, MONDAY)
    assert commands == []


def test_the_board_the_desk_and_the_tasks_show_it_cancelled_and_running_again() -> None:
    def shown(story: Story) -> tuple[Any, ...]:
        facts = facts_of(story)
        (row,) = rows_after(onboarding_board, facts)
        taken = {each["csm_id"]: each["open_onboardings"] for each in rows_after(csm_desk, facts).of(csms)}
        away = rows_after(onboarding_tasks, facts).of(cancelled_table)
        return row["status"], row["cancelled_because"], row["paused_because"], taken, away

    story = lost_after_all()
    nobody, both = {NORA.csm_id: 0, IVAN.csm_id: 0}, {NORA.csm_id: 1, IVAN.csm_id: 1}
    assert shown(story) == ("cancelled", LOST.reason, None, nobody, [{"project_id": PROJECT}])
    story.tell(start(), MONDAY + 11 * DAY)
    assert shown(story) == ("running", None, None, both, [])


def test_the_csm_of_a_cancelled_onboarding_is_not_responsible_for_the_account() -> None:
    first = onboarding_started()
    second = onboarding_started(csm="Omar Said", project_id=id_of("second"), won_at=MONDAY + DAY)
    told_of = {"project_id": id_of("second"), "account_id": ACCOUNT}
    lost = OnboardingCancelled(**told_of, account_name="Acme Corp", reason="x", cancelled_at=MONDAY)
    known = Responsible()
    seen = []
    for event in (first, second, lost, OnboardingResumed(**told_of)):
        known = responsible.evolve(known, event)
        seen.append(known.csm_id)
    nora, omar = id_of("Nora Vance"), id_of("Omar Said")
    assert seen == [nora, omar, nora, omar]
    rows = rows_after(account_directory, stream(first, second, lost)).of(onboardings)
    assert {row["project_id"]: row["cancelled"] for row in rows} == {PROJECT: None, id_of("second"): True}
