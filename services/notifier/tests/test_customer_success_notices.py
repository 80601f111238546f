"""Whom in customer success is told what, once, and in which words."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from nexa_chassis.testing import given, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    ChurnAlertRaised,
    ChurnAlertResumed,
    HandoffDeclined,
    HandoffEscalated,
    HandoffReminded,
    OnboardingAssigned,
    RenewalOpened,
    TaskOverdue,
)
from nexa_contracts.values import Money
from nexa_notifier.notification.decisions import Notify
from nexa_notifier.reactions.tell_cs_team import sentence, short, tell_cs_team
from nexa_notifier.reactions.tell_csm_of_risk_and_renewal import tell_csm_of_risk_and_renewal
from nexa_notifier.reactions.tell_of_overdue_onboarding_task import tell_of_overdue_onboarding_task
from nexa_notifier.reactions.watch_handoff import watch_handoff

from .kickoffs import ACCOUNT, IVAN, NORA, PROJECT, scheduled

PETRA, MARIA = UUID(int=31), UUID(int=32)
HANDOFF: dict[str, Any] = {
    "project_id": PROJECT,
    "account_id": ACCOUNT,
    "account_name": "Acme Corp",
    "deal_id": UUID(int=41),
    "csm_id": NORA.person_id,
}


def told(reaction: Any, event: Event, version: int = 1) -> list[Notify]:
    produced = given(reaction).when(recorded(event, version=version)).produced
    return [each for each in produced if isinstance(each, Notify)]


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("50000.00", "USD", "$50K"),
        ("3500000.00", "USD", "$3.5M"),
        ("950.00", "USD", "$950"),
        ("12500.00", "USD", "$12.5K"),
        ("12345.67", "EUR", "€12.3K"),
        ("50000.00", "CHF", "CHF 50K"),
        ("99.50", "USD", "$99.5"),
        ("1000000.00", "GBP", "£1M"),
        ("999949.99", "USD", "$999.9K"),
        ("999999.99", "USD", "$1M"),
        ("999.99", "USD", "$999.99"),
        ("1000.00", "USD", "$1K"),
    ],
)
def test_amounts_are_told_short(amount: str, currency: str, expected: str) -> None:
    assert short(Money(amount=Decimal(amount), currency=currency)) == expected


@pytest.mark.parametrize(("days", "words"), [(0, "today"), (1, "tomorrow"), (3, "in 3 days"), (4, "in 4 days")])
def test_the_sentence_of_a_new_customer_is_computed(days: int, words: str) -> None:
    assert sentence(scheduled(days=days)) == f"New customer: Acme Corp ($50K ARR) - Kickoff {words}"


def test_csm_and_specialist_hear_of_a_new_customer_and_the_customer_does_not() -> None:
    notices = told(tell_cs_team, scheduled())
    assert [each.person_id for each in notices] == [NORA.person_id, IVAN.person_id]
    assert told(tell_cs_team, scheduled(sequence=4)) == notices


def test_an_unread_note_reminds_its_csm_and_a_handoff_not_accepted_goes_to_the_manager() -> None:
    (reminder,) = told(watch_handoff, HandoffReminded(**HANDOFF))
    (escalation,) = told(watch_handoff, HandoffEscalated(**HANDOFF, manager_id=PETRA))
    (alone,) = told(watch_handoff, HandoffEscalated(**HANDOFF, manager_id=None))
    assert [each.person_id for each in (reminder, escalation, alone)] == [NORA.person_id, PETRA, NORA.person_id]


def test_a_declined_handoff_is_told_to_the_rep_with_the_reason_and_without_one_to_nobody() -> None:
    declined = HandoffDeclined(**HANDOFF, rep_id=MARIA, declined_by="nora", reason="No technical contact is named.")
    (notice,) = told(watch_handoff, declined)
    assert notice.person_id == MARIA
    assert "No technical contact is named." in notice.variables["text"]
    assert told(watch_handoff, declined.model_copy(update={"rep_id": None})) == []


@pytest.mark.parametrize("reason", ["No technical contact is named", "No technical contact is named. "])
def test_what_is_missing_reads_as_a_sentence_of_its_own(reason: str) -> None:
    (notice,) = told(watch_handoff, HandoffDeclined(**HANDOFF, rep_id=MARIA, declined_by="nora", reason=reason))
    assert notice.variables["text"].startswith("What is missing: No technical contact is named. Complete ")


def test_a_second_round_is_a_second_notice() -> None:
    first, second = (told(watch_handoff, HandoffReminded(**HANDOFF), version=version) for version in (30, 40))
    assert first[0].notification_id != second[0].notification_id


def test_who_takes_an_onboarding_over_is_told() -> None:
    assigned = OnboardingAssigned(
        project_id=PROJECT, account_id=ACCOUNT, account_name="Acme Corp", csm=NORA, reason="Omar is on leave"
    )
    (notice,) = told(watch_handoff, assigned)
    assert (notice.person_id, notice.variables["headline"]) == (NORA.person_id, "Yours from now on: Acme Corp")


@pytest.mark.parametrize(
    ("owner", "manager", "expected"),
    [(NORA.person_id, PETRA, 2), (PETRA, PETRA, 1), (None, PETRA, 1), (None, None, 0)],
)
def test_an_overdue_task_is_told_to_owner_and_manager_none_of_them_twice(
    owner: UUID | None, manager: UUID | None, expected: int
) -> None:
    overdue = TaskOverdue(
        project_id=PROJECT,
        account_id=ACCOUNT,
        account_name="Acme Corp",
        key="provision_users",
        title="Provision user accounts",
        owner_id=owner,
        manager_id=manager,
        due_at=scheduled().starts_at,
    )
    notices = told(tell_of_overdue_onboarding_task, overdue)
    assert len(notices) == expected
    assert len({each.notification_id for each in notices}) == expected


def test_a_churn_alert_and_a_renewal_are_told_to_the_csm() -> None:
    alert: dict[str, Any] = {"alert_id": UUID(int=51), "account_id": ACCOUNT, "episode": 1, "account_name": "Acme Corp"}
    raised = ChurnAlertRaised(
        **alert,
        csm_id=NORA.person_id,
        score=65,
        message="Health score dropped to 65, immediate action needed",
        play="Schedule executive business review",
        reason="Usage declining, support tickets increasing",
    )
    renewal = RenewalOpened(
        renewal_id=UUID(int=52),
        account_id=ACCOUNT,
        account_name="Acme Corp",
        contract_end=date(2026, 11, 24),
        arr=Money(amount=Decimal("50000.00")),
        csm_id=NORA.person_id,
    )
    back = ChurnAlertResumed(**alert, csm_id=NORA.person_id)
    notices = [told(tell_csm_of_risk_and_renewal, event)[0] for event in (raised, back, renewal)]
    assert {each.person_id for each in notices} == {NORA.person_id}
    assert notices[0].variables["headline"] == "Acme Corp: Health score dropped to 65, immediate action needed"
    assert "Schedule executive business review" in notices[0].variables["text"]
    assert told(tell_csm_of_risk_and_renewal, renewal.model_copy(update={"csm_id": None})) == []
