"""Churn alerts: one for each episode of an account, of its CSM, in whatever order scoring and onboarding are heard."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from nexa_chassis.domain import Deadline, Refused
from nexa_chassis.testing import given, project, recorded
from nexa_contracts.sales import AccountChurned
from nexa_contracts.success import (
    AlertOutcome,
    ChurnAlertAcknowledged,
    ChurnAlertClosed,
    ChurnAlertRaised,
    ChurnAlertResumed,
    ChurnAlertSnoozed,
)
from nexa_success.aggregates import churn_alert
from nexa_success.churn_alert.decisions import (
    AcknowledgeAlert,
    CloseAlert,
    EndAlert,
    RaiseAlert,
    ResumeAlert,
    SnoozeAlert,
)
from nexa_success.churn_alert.events import AlertOwnerChanged
from nexa_success.churn_alert.state import Closed, Open, Snoozed
from nexa_success.reactions.raise_churn_alert import alert_of, raise_churn_alert
from nexa_success.reactions.resume_snoozed_alert import resume_snoozed_alert
from nexa_success.read_models.churn_alerts import churn_alerts

from .account_stories import (
    PLAY,
    REASON,
    Choreography,
    onboarding_assigned,
    onboarding_started,
    risk_cleared,
    risk_detected,
)
from .stories import ACCOUNT, FIFTY_THOUSAND, MONDAY, id_of, orders_of, stream

ALERT = alert_of(ACCOUNT, 1)
NORA, OMAR = id_of("Nora Vance"), id_of("Omar Diaz")
THURSDAY = MONDAY + timedelta(days=3)
ABOUT: dict[str, Any] = {"alert_id": ALERT, "account_id": ACCOUNT, "episode": 1}

RAISED = ChurnAlertRaised(
    **ABOUT,
    account_name="Acme Corp",
    csm_id=NORA,
    score=65,
    message="Health score dropped to 65, immediate action needed",
    play=PLAY,
    reason=REASON,
)
ACKNOWLEDGED = ChurnAlertAcknowledged(**ABOUT, acknowledged_by="nora")
SNOOZED = ChurnAlertSnoozed(**ABOUT, until=THURSDAY, reason="Review meeting is on Thursday")
RESUMED = ChurnAlertResumed(**ABOUT, csm_id=NORA, account_name="Acme Corp")
SAVED = ChurnAlertClosed(**ABOUT, outcome=AlertOutcome.SAVED, note="They stay", closed_by="nora")

ACKNOWLEDGE = AcknowledgeAlert(alert_id=ALERT, by="nora")
SNOOZE = SnoozeAlert(alert_id=ALERT, until=THURSDAY, reason="Review meeting is on Thursday")
RESUME = ResumeAlert(alert_id=ALERT, until=THURSDAY)
SAVE = CloseAlert(alert_id=ALERT, outcome=AlertOutcome.SAVED, note="They stay", by="nora")
RECOVER = EndAlert(alert_id=ALERT, outcome=AlertOutcome.RECOVERED, cause="account_health-1@9")


def test_a_fall_to_65_raises_an_alert_of_the_csm_with_play_and_reason() -> None:
    told = Choreography(raise_churn_alert, churn_alert).tell(stream(onboarding_started()) + stream(risk_detected()))
    assert told.events == [RAISED]


def test_an_account_without_csm_raises_an_alert_that_the_csm_gets_who_is_found_later() -> None:
    raised = RAISED.model_copy(update={"csm_id": None})
    told = Choreography(raise_churn_alert, churn_alert).tell(stream(risk_detected()))
    assert told.events == [raised]
    told.tell(stream(onboarding_started(csm=None), onboarding_assigned("Nora Vance")))
    assert told.events == [raised, AlertOwnerChanged(alert_id=ALERT, csm_id=NORA)]


def test_the_csm_of_the_onboarding_that_was_won_last_is_responsible() -> None:
    later = onboarding_started(csm="Omar Diaz", project_id=id_of("second"), won_at=MONDAY + timedelta(days=30))
    waiting = onboarding_started(csm=None, project_id=id_of("third"), won_at=MONDAY + timedelta(days=60))
    for facts in orders_of(stream(onboarding_started()), stream(later), stream(waiting)):
        told = Choreography(raise_churn_alert, churn_alert).tell([*facts, *stream(risk_detected())])
        assert told.events[0].csm_id == OMAR  # type: ignore[attr-defined]


ORDERS = orders_of(
    stream(risk_detected(1), risk_cleared(1), risk_detected(2)),
    stream(onboarding_started(csm=None), onboarding_assigned("Nora Vance"), onboarding_assigned("Omar Diaz")),
)


@pytest.mark.parametrize("facts", ORDERS, ids=range(len(ORDERS)))
@pytest.mark.parametrize("times", [1, 2], ids=["once", "each twice"])
def test_any_order_of_risk_and_onboarding_leaves_one_alert_an_episode_with_the_present_csm(
    facts: list[Any], times: int
) -> None:
    told = Choreography(raise_churn_alert, churn_alert).tell(fact for fact in facts for _ in range(times))
    assert [raised.episode for raised in told.of(ChurnAlertRaised)] == [1, 2]
    assert isinstance(told.states[ALERT], Closed)
    assert told.states[ALERT].outcome is AlertOutcome.RECOVERED
    second = told.states[alert_of(ACCOUNT, 2)]
    assert isinstance(second, Open)
    assert second.about.csm_id == OMAR


def test_an_episode_that_is_over_before_it_is_heard_of_leaves_no_open_alert() -> None:
    detected, cleared = stream(risk_detected(), risk_cleared())
    told = Choreography(raise_churn_alert, churn_alert).tell([cleared, detected, *stream(onboarding_started())])
    raised, closed = told.events
    assert isinstance(raised, ChurnAlertRaised)
    assert closed == ChurnAlertClosed(**ABOUT, outcome=AlertOutcome.RECOVERED, closed_by=cleared.id)


def test_an_account_that_is_lost_closes_its_alert_as_churned() -> None:
    (churned,) = stream(
        AccountChurned(
            account_id=ACCOUNT,
            account_name="Acme Corp",
            churned_on=MONDAY.date(),
            arr=FIFTY_THOUSAND,
            reason="Project was stopped",
        )
    )
    told = Choreography(raise_churn_alert, churn_alert).tell([*stream(risk_detected()), churned])
    assert told.events[-1] == ChurnAlertClosed(**ABOUT, outcome=AlertOutcome.CHURNED, closed_by=churned.id)


def test_an_episode_raises_its_alert_once_even_after_it_is_closed() -> None:
    again = RaiseAlert(
        alert_id=ALERT,
        account_id=ACCOUNT,
        account_name="Acme Corp",
        episode=1,
        csm_id=None,
        score=65,
        play=PLAY,
        reason=REASON,
    )
    given(churn_alert, RAISED).when(again).then()
    given(churn_alert, RAISED, SAVED).when(again).then()


def test_somebody_is_on_it() -> None:
    given(churn_alert, RAISED).when(ACKNOWLEDGE).then(ACKNOWLEDGED)
    given(churn_alert, RAISED, ACKNOWLEDGED).when(ACKNOWLEDGE).then()
    given(churn_alert, RAISED, ACKNOWLEDGED).when(AcknowledgeAlert(alert_id=ALERT, by="omar")).then_refused(
        rule="alert.acknowledged"
    )
    given(churn_alert, RAISED, SNOOZED).when(ACKNOWLEDGE).then(ACKNOWLEDGED)


def test_an_alert_is_put_aside_and_comes_back_when_its_time_is_over() -> None:
    given(churn_alert, RAISED).when(SNOOZE, now=MONDAY).then(SNOOZED)
    given(resume_snoozed_alert).when(SNOOZED).then(Deadline(at=THURSDAY, command=RESUME))
    given(churn_alert, RAISED, SNOOZED).when(RESUME, now=THURSDAY).then(RESUMED)


def test_the_same_snooze_again_changes_nothing_and_another_one_moves_it() -> None:
    friday = THURSDAY + timedelta(days=1)
    moved = SnoozeAlert(alert_id=ALERT, until=friday, reason="Review meeting moved")
    given(churn_alert, RAISED, SNOOZED).when(SNOOZE, now=MONDAY).then()
    snoozed = SNOOZED.model_copy(update={"until": friday, "reason": "Review meeting moved"})
    given(churn_alert, RAISED, SNOOZED).when(moved, now=MONDAY).then(snoozed)
    given(churn_alert, RAISED, SNOOZED, snoozed).when(RESUME, now=THURSDAY).then()
    because = SnoozeAlert(alert_id=ALERT, until=THURSDAY, reason="Review meeting moved")
    told = SNOOZED.model_copy(update={"reason": "Review meeting moved"})
    given(churn_alert, RAISED, SNOOZED).when(because, now=MONDAY).then(told)


@pytest.mark.parametrize("until", [MONDAY, MONDAY - timedelta(days=1), MONDAY + timedelta(days=91)])
def test_an_alert_is_put_aside_until_a_time_to_come_that_is_not_far(until: datetime) -> None:
    snooze = SnoozeAlert(alert_id=ALERT, until=until, reason="Later")
    given(churn_alert, RAISED).when(snooze, now=MONDAY).then_refused(rule="alert.until")


def test_the_csm_of_now_hears_of_an_alert_that_comes_back() -> None:
    changed = AlertOwnerChanged(alert_id=ALERT, csm_id=OMAR)
    given(churn_alert, RAISED, SNOOZED, changed).when(RESUME).then(RESUMED.model_copy(update={"csm_id": OMAR}))


def test_an_alert_is_closed_once() -> None:
    given(churn_alert, RAISED, ACKNOWLEDGED).when(SAVE).then(SAVED)
    given(churn_alert, RAISED, SAVED).when(SAVE).then()
    given(churn_alert, RAISED, SAVED).when(
        CloseAlert(alert_id=ALERT, outcome=AlertOutcome.CHURNED, note="", by="nora")
    ).then_refused(rule="alert.closed")
    given(churn_alert, RAISED, SAVED).when(RECOVER).then()
    given(churn_alert, RAISED, SAVED).when(ACKNOWLEDGE).then_refused(rule="alert.closed")
    given(churn_alert, RAISED, SAVED).when(SNOOZE, now=MONDAY).then_refused(rule="alert.closed")


def test_recovery_is_not_a_matter_of_opinion() -> None:
    close = CloseAlert(alert_id=ALERT, outcome=AlertOutcome.RECOVERED, note="", by="nora")
    given(churn_alert, RAISED).when(close).then_refused(rule="alert.outcome")


@pytest.mark.parametrize("command", [ACKNOWLEDGE, SNOOZE, SAVE])
def test_nothing_is_done_about_an_alert_that_is_not_there(command: object) -> None:
    given(churn_alert).when(command, now=MONDAY).then_refused(rule="alert.unknown")


ACTS = st.one_of(
    st.builds(SnoozeAlert, alert_id=st.just(ALERT), until=st.integers(1, 8), reason=st.sampled_from(["a", "b"])),
    st.just(ACKNOWLEDGE),
    st.just(SAVE),
    st.just(RECOVER),
)


@for_all(st.lists(st.tuples(st.integers(0, 3), ACTS), max_size=12))
def test_a_snoozed_alert_comes_back_exactly_once_unless_it_is_dealt_with_before(acts: list[tuple[int, Any]]) -> None:
    told = Choreography(raise_churn_alert, churn_alert).tell(stream(risk_detected()))
    now, asleep, comes_back = MONDAY, None, 0
    for hours, act in acts:
        command, later = act, now + timedelta(hours=hours)
        if asleep is not None and asleep <= later:
            comes_back, asleep = comes_back + 1, None
        told.pass_time(later)
        now = later
        if isinstance(act, SnoozeAlert):
            command = SnoozeAlert(alert_id=ALERT, until=now + timedelta(hours=int(act.until)), reason=act.reason)  # type: ignore[call-overload]
        try:
            events = told.execute(command, now)
        except Refused:
            continue
        for event in events:
            asleep = event.until if isinstance(event, ChurnAlertSnoozed) else None
            fact = recorded(event, version=len(told.events))
            if type(event) in resume_snoozed_alert.on:
                told.deadlines += [each for each in resume_snoozed_alert.react(fact, now) if isinstance(each, Deadline)]
    told.pass_time(now + timedelta(days=1))
    assert len(told.of(ChurnAlertResumed)) == comes_back + (asleep is not None)
    assert not isinstance(told.states[ALERT], Snoozed)


def test_the_list_shows_where_an_alert_stands() -> None:
    (row,) = project(churn_alerts, RAISED, SNOOZED)
    assert (row["status"], row["snoozed_until"], row["csm_id"]) == ("snoozed", THURSDAY, NORA)
    (row,) = project(churn_alerts, RAISED, SNOOZED, RESUMED)
    assert (row["status"], row["snoozed_until"]) == ("open", None)
    changed = AlertOwnerChanged(alert_id=ALERT, csm_id=OMAR)
    (row,) = project(churn_alerts, RAISED, changed, ACKNOWLEDGED, SAVED)
    assert (row["status"], row["outcome"], row["closed_by"], row["csm_id"]) == ("closed", "saved", "nora", OMAR)
