"""What was sold and promised, and the handoff that customer success can return."""

from datetime import date, timedelta
from typing import Any

import pytest

from nexa_chassis.testing import given, project, recorded
from nexa_contracts.sales import (
    DealClosedWon,
    DealDetails,
    DealDetailsChanged,
    DealHandoffResubmitted,
    DealHandoffReturned,
    DealReopened,
    DealStage,
    DealStageChanged,
    KeyContact,
    ProductLine,
    TaskCompleted,
)
from nexa_contracts.success import HandoffDeclined
from nexa_sales.aggregates import deal, task
from nexa_sales.api.deal_views import deal_stages as stages_view
from nexa_sales.deal.commands import ChangeDetails, ResubmitHandoff, ReturnHandoff
from nexa_sales.reactions.return_handoff import return_handoff
from nexa_sales.read_models.deal_stages import deal_stages
from nexa_sales.read_models.pipeline_board import pipeline_board
from nexa_sales.task.commands import CompleteTask
from nexa_sales.task.decisions import Surroundings

from .stories import FIFTY_THOUSAND, MONDAY, id_of
from .test_deals import ACCOUNT, CAMPAIGN, DEAL, LOST, OPENED, SIGNED, WON
from .test_follow_ups import created

DETAILS = DealDetails(
    products=(ProductLine(product="Enterprise Plan", seats=50, amount=FIFTY_THOUSAND),),
    special_requirements=("Salesforce integration", "SSO"),
    key_contacts=(KeyContact(name="Sarah", role="primary"), KeyContact(name="Tom", role="IT")),
    sales_notes="Very engaged, high adoption likely",
    timeline="Go-live by end of month",
    expected_close=date(2026, 1, 31),
)
DESCRIBED = DealDetailsChanged(
    deal_id=DEAL, account_id=ACCOUNT, details=DETAILS, changed=tuple(DealDetails.model_fields)
)
DESCRIBE = ChangeDetails(deal_id=DEAL, details=DETAILS)
REOPENED = DealReopened(
    deal_id=DEAL,
    account_id=ACCOUNT,
    campaign_id=CAMPAIGN,
    amount=FIFTY_THOUSAND,
    reason="Signature withdrawn",
    was="won",
)


def returned(number: int = 1, reason: str = "No technical contact is named") -> DealHandoffReturned:
    return DealHandoffReturned(deal_id=DEAL, account_id=ACCOUNT, rep_id=id_of("maria"), reason=reason, round=number)


def send_back(number: int = 1, reason: str = "No technical contact is named") -> ReturnHandoff:
    return ReturnHandoff(deal_id=DEAL, round=number, reason=reason)


AGAIN = ResubmitHandoff(deal_id=DEAL, note="Tom (IT) is the technical contact")
RESUBMITTED = DealHandoffResubmitted(deal_id=DEAL, account_id=ACCOUNT, details=DealDetails(), note=AGAIN.note)


def test_details_are_told_where_something_changed_with_the_names_of_what_did() -> None:
    given(deal, OPENED).when(DESCRIBE).then(DESCRIBED)
    given(deal, OPENED, DESCRIBED).when(DESCRIBE).then()
    later = DETAILS.model_copy(update={"timeline": "Go-live in March"})
    (event,) = given(deal, OPENED, DESCRIBED).when(ChangeDetails(deal_id=DEAL, details=later)).produced
    assert isinstance(event, DealDetailsChanged)
    assert (event.changed, event.details) == (("timeline",), later)


def test_a_won_deal_tells_what_was_sold_as_it_was_then() -> None:
    (event,) = given(deal, OPENED, DESCRIBED).when(SIGNED).produced
    assert isinstance(event, DealClosedWon)
    assert event.details == DETAILS
    assert (event.name, event.rep_id, event.lead_id) == ("Acme Corp", id_of("maria"), id_of("lead"))
    assert event.primary_contact_id == id_of("Dana")


def test_a_won_deal_can_still_be_described_a_lost_one_cannot() -> None:
    given(deal, OPENED, WON).when(DESCRIBE).then(DESCRIBED)
    given(deal, OPENED, LOST).when(DESCRIBE).then_refused(rule="deal.closed")
    given(deal).when(DESCRIBE).then_refused(rule="deal.unknown")


def test_details_outlive_moving_closing_and_reopening() -> None:
    moved = DealStageChanged(deal_id=DEAL, stage=DealStage.PROPOSAL, previous_stage=DealStage.QUALIFICATION)
    given(deal, OPENED, DESCRIBED, moved, WON, REOPENED).when(DESCRIBE).then()


def test_a_declined_handoff_comes_back_once_each_round() -> None:
    declined = HandoffDeclined(
        project_id=id_of("project"),
        account_id=ACCOUNT,
        account_name="Acme Corp",
        deal_id=DEAL,
        csm_id=id_of("nora"),
        rep_id=id_of("maria"),
        declined_by="nora",
        reason="No technical contact is named",
        round=1,
    )
    given(return_handoff).when(declined).then(send_back())
    given(deal, OPENED, WON).when(send_back()).then(returned())
    given(deal, OPENED, WON, returned()).when(send_back()).then()
    given(deal, OPENED, WON, returned(), RESUBMITTED).when(send_back()).then()
    second = send_back(2, "No dates are named")
    given(deal, OPENED, WON, returned(), RESUBMITTED).when(second).then(returned(2, "No dates are named"))


def test_a_returned_deal_is_handed_over_again_with_its_details_as_they_are_now() -> None:
    given(deal, OPENED, WON, returned()).when(AGAIN).then(RESUBMITTED)
    (event,) = given(deal, OPENED, WON, returned(), DESCRIBED).when(AGAIN).produced
    assert isinstance(event, DealHandoffResubmitted)
    assert event.details == DETAILS


@pytest.mark.parametrize("history", [(OPENED,), (OPENED, WON), (OPENED, LOST), (OPENED, WON, returned(), RESUBMITTED)])
def test_only_a_returned_deal_is_handed_over_again(history: Any) -> None:
    given(deal, *history).when(AGAIN).then_refused(rule="deal.handoff_not_returned")


def test_a_returned_handoff_is_still_returned_when_the_reopened_deal_is_won_again() -> None:
    """The onboarding is one for each deal, and goes on where it was."""
    given(deal, OPENED, WON, returned(), REOPENED).when(AGAIN).then_refused(rule="deal.handoff_not_returned")
    given(deal, OPENED, WON, returned(), REOPENED, WON).when(AGAIN).then(RESUBMITTED)
    given(deal, OPENED, WON, returned(), REOPENED, WON).when(send_back()).then()


def test_a_handoff_that_is_declined_while_the_deal_is_reopened_is_returned_once_it_is_won_again() -> None:
    given(deal, OPENED, WON, REOPENED).when(send_back()).then(returned())
    given(deal, OPENED, WON, REOPENED, returned(), WON).when(AGAIN).then(RESUBMITTED)
    given(deal).when(send_back()).then_refused(rule="deal.unknown")


def test_the_board_shows_details_and_why_the_handoff_is_returned() -> None:
    def row(*events: Any) -> dict[str, Any]:
        return project(pipeline_board, *events)[0]

    described = row(OPENED, DESCRIBED)
    assert DealDetails.model_validate(described["details"]) == DETAILS
    assert (described["expected_close"], described["stage_since"]) == (date(2026, 1, 31), MONDAY)
    assert row(OPENED, WON, returned())["returned_because"] == "No technical contact is named"
    assert row(OPENED, WON, returned(), RESUBMITTED)["returned_because"] is None


def test_describing_a_deal_does_not_count_as_entering_its_stage() -> None:
    later = recorded(DESCRIBED, version=2, time=MONDAY + timedelta(days=3))
    (row,) = project(pipeline_board, recorded(OPENED), later)
    assert (row["stage_since"], row["version"]) == (MONDAY, 2)


def test_each_stay_in_a_stage_is_kept_closed_ones_too_and_reopening_enters_again() -> None:
    days = (0, 3, 10, 12, 15)
    moved = DealStageChanged(deal_id=DEAL, stage=DealStage.PROPOSAL, previous_stage=DealStage.QUALIFICATION)
    back = REOPENED.model_copy(update={"stage": DealStage.PROPOSAL})
    events = (OPENED, moved, WON, back, LOST)
    facts = [
        recorded(event, version=number, time=MONDAY + timedelta(days=day))
        for number, (event, day) in enumerate(zip(events, days, strict=True), start=1)
    ]
    rows = [*project(deal_stages, *facts)]
    assert [row["cause"] for row in rows] == [fact.id for fact in facts]
    left = [*(row["entered_at"] for row in rows[1:]), None]
    view = stages_view(
        DEAL,
        [{**row, "left_at": end} for row, end in zip(rows, left, strict=True)],
        MONDAY + timedelta(days=20),
    )
    assert [(stay.stage.value, stay.seconds / 86_400) for stay in view.stays] == [
        ("qualification", 3),
        ("proposal", 7),
        ("closed_won", 2),
        ("proposal", 3),
        ("closed_lost", 5),
    ]
    in_proposal = next(each for each in view.time_per_stage if each.stage is DealStage.PROPOSAL)
    assert (in_proposal.times_entered, in_proposal.seconds / 86_400) == (2, 10)


@pytest.mark.parametrize("interest", [True, False, None])
def test_a_follow_up_says_whether_it_found_interest(interest: bool | None) -> None:
    given_task = created()
    command = CompleteTask(task_id=given_task.task_id, outcome="Reached", completed_by="maria", found_interest=interest)
    (event,) = given(task, given_task, context=Surroundings({})).when(command).produced
    assert isinstance(event, TaskCompleted)
    assert event.found_interest is interest
