"""Reports about an account's days: what is new is taken down, what is known adds nothing."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from nexa_chassis.domain import Refused
from nexa_chassis.testing import given, project
from nexa_contracts.success import AccountSignalReported, EngagementLevel, PaymentStatus
from nexa_success.aggregates import account_signals
from nexa_success.read_models.signals_by_day import signals_by_day
from nexa_success.signals.decisions import ReportSignals, happened_at
from nexa_success.signals.state import KEPT_DAYS, Signals

from .stories import ACCOUNT, MONDAY

TODAY = MONDAY.date()
GOLDEN = Signals(85, 70, 2, PaymentStatus.CURRENT, EngagementLevel.HIGH, 9)


def report(on: date = TODAY, **values: Any) -> ReportSignals:
    return ReportSignals(account_id=ACCOUNT, on=on, signals=Signals(**values))


def reported(on: date = TODAY, **values: Any) -> AccountSignalReported:
    return AccountSignalReported(account_id=ACCOUNT, on=on, **values)


def test_a_report_carries_what_was_reported_and_nothing_else() -> None:
    golden = reported(**GOLDEN._asdict())
    given(account_signals).when(report(**GOLDEN._asdict()), now=MONDAY).then(golden)
    given(account_signals, golden).when(report(usage=60), now=MONDAY).then(reported(usage=60))


def test_what_is_known_of_the_day_adds_nothing() -> None:
    history = [reported(usage=85, nps=9), reported(payment="late")]
    given(account_signals, *history).when(report(usage=85), now=MONDAY).then()
    given(account_signals, *history).when(report(nps=9, payment=PaymentStatus.LATE), now=MONDAY).then()


def test_a_correction_of_a_day_is_a_new_report_and_so_is_another_day() -> None:
    given(account_signals, reported(usage=85)).when(report(usage=58), now=MONDAY).then(reported(usage=58))
    yesterday = TODAY - timedelta(days=1)
    given(account_signals, reported(usage=85)).when(report(yesterday, usage=85), now=MONDAY).then(
        reported(yesterday, usage=85)
    )


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (report(TODAY + timedelta(days=2), usage=1), "signals.future"),
        (report(TODAY - timedelta(days=KEPT_DAYS + 1), usage=1), "signals.too_old"),
        (report(), "signals.nothing"),
        (report(usage=100.1), "signals.range"),
        (report(adoption=-0.1), "signals.range"),
        (report(usage=float("nan")), "signals.range"),
        (report(usage=float("inf")), "signals.range"),
        (report(support_tickets=-1), "signals.range"),
        (report(support_tickets=10**30), "signals.range"),
        (report(nps=11), "signals.range"),
    ],
)
def test_a_report_that_cannot_be_is_refused(command: ReportSignals, rule: str) -> None:
    given(account_signals).when(command, now=MONDAY).then_refused(rule=rule)


def test_tomorrow_is_taken_because_somewhere_it_is_today() -> None:
    tomorrow = TODAY + timedelta(days=1)
    given(account_signals).when(report(tomorrow, usage=80), now=MONDAY).then(reported(tomorrow, usage=80))


def test_a_report_happened_at_noon_of_its_day_and_never_later_than_now() -> None:
    assert happened_at(date(2025, 11, 20), MONDAY) == datetime(2025, 11, 20, 12, tzinfo=UTC)
    assert happened_at(TODAY, MONDAY) == MONDAY


def test_the_days_that_are_remembered_are_bounded_and_any_day_that_is_taken_is_among_them() -> None:
    state = account_signals.initial
    for place in range(2 * KEPT_DAYS):
        state = account_signals.evolve(state, reported(TODAY - timedelta(days=2 * KEPT_DAYS - 1 - place), usage=80))
    assert len(state.days) <= KEPT_DAYS + 2
    oldest = TODAY - timedelta(days=KEPT_DAYS)
    assert account_signals.decide(report(oldest, usage=80), state, MONDAY) == []
    with pytest.raises(Refused):
        account_signals.decide(report(oldest - timedelta(days=1), usage=80), state, MONDAY)


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "usage": st.floats(0, 100),
        "adoption": st.floats(0, 100),
        "support_tickets": st.integers(0, 50),
        "payment": st.sampled_from(PaymentStatus),
        "engagement": st.sampled_from(EngagementLevel),
        "nps": st.integers(0, 10),
    },
).filter(bool)


@for_all(st.lists(st.tuples(st.integers(0, 5), VALUES), max_size=12))
def test_the_latest_value_of_each_signal_is_what_is_known_and_telling_it_again_adds_nothing(
    reports: list[tuple[int, dict[str, Any]]],
) -> None:
    state, told = account_signals.initial, dict[date, dict[str, Any]]()
    for days_ago, values in reports:
        on = TODAY - timedelta(days=days_ago)
        for event in account_signals.decide(report(on, **values), state, MONDAY):
            state = account_signals.evolve(state, event)
        told.setdefault(on, {}).update(values)
    for on, values in told.items():
        assert {name: getattr(state.on(on), name) for name in values} == values
        assert account_signals.decide(report(on, **values), state, MONDAY) == []


def test_a_day_shows_the_latest_value_of_each_signal() -> None:
    (row,) = project(signals_by_day, reported(usage=85, nps=9), reported(usage=60, payment="late"))
    assert (row["usage"], row["nps"], row["payment"], row["adoption"]) == (60, 9, "late", None)
