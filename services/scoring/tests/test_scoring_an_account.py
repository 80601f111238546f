"""An account's facts come in any order, some about days long past: what comes of them."""

from datetime import date
from itertools import permutations
from random import Random
from uuid import UUID

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from nexa_chassis.handlers import decode_state, encode_state
from nexa_chassis.testing import given
from nexa_contracts.envelope import Event
from nexa_contracts.sales import AccountUpdated
from nexa_contracts.scoring import ChurnRiskDetected, HealthScored
from nexa_contracts.success import AccountSignalReported
from nexa_scoring.account_health.decisions import ScoreAccount
from nexa_scoring.account_health.events import ScoringStopped
from nexa_scoring.account_health.points import health
from nexa_scoring.account_health.signals import KEPT_DAYS, Day, bounded, day_of, known_of, merged
from nexa_scoring.account_health.state import Unscored
from nexa_scoring.health_rules.state import DEFAULT_RULES
from nexa_scoring.reactions.score_account import Customer, Outside, score_account

from .accounts import ACCOUNT, GOLDEN, Scoring, churned, day, renamed, reopened, report, won


def present_after(*facts: Event) -> tuple[object, ...]:
    account = Scoring()
    account.hear(*facts)
    present = account.present
    what = [(each.factor, each.value, each.points, each.most) for each in present.factors]
    return present.score, present.label, what, present.renewal_probability, present.on


def in_order_of_streams(facts: tuple[Event, ...], names: tuple[Event, ...]) -> bool:
    """Facts of the account's own stream stay in order; they cannot overtake each other."""
    return [fact for fact in facts if fact in names] == list(names)


def test_a_customer_is_scored_as_onboarding_on_its_first_day() -> None:
    given(score_account).when(won(3)).then(
        ScoreAccount(
            account_id=ACCOUNT,
            account_name="Acme Corp",
            on=day(3),
            late=False,
            signals=None,
            caused_by=f"account-{ACCOUNT}@1",
        )
    )


def test_reports_about_somebody_who_is_no_customer_wait() -> None:
    account = Scoring()
    assert account.hear(report(1, **GOLDEN)) == []
    account.hear(won(2))
    assert account.present.score == 95


@pytest.mark.parametrize(
    "facts",
    [
        (won(2), report(3, usage=40, nps=9), report(5, usage=60), report(4, payment="late", nps=2)),
        (won(2), report(1, usage=40), report(2, adoption=90), report(3, support_tickets=7, usage=10)),
        (won(1), report(2, **GOLDEN), report(3, engagement="low"), report(9, payment="failed", engagement="medium")),
        (won(8), report(2, usage=10), report(4, adoption=20), report(6, usage=70)),
    ],
)
def test_every_order_of_the_facts_ends_in_the_same_present_score(facts: tuple[Event, ...]) -> None:
    assert len({str(present_after(*order)) for order in permutations(facts)}) == 1


def test_every_order_with_a_churn_and_a_return_ends_in_the_same_present_score() -> None:
    own = (won(1), churned(10), won(20))
    facts = (*own, report(5, usage=5), report(12, usage=60), report(25, nps=4))
    orders = [order for order in permutations(facts) if in_order_of_streams(order, own)]
    assert len(orders) == 120
    assert len({str(present_after(*order)) for order in orders}) == 1
    score, _, factors, *_ = present_after(*facts)
    assert ("usage", "60 %") in [(name, value) for name, value, *_ in factors]  # type: ignore[attr-defined]
    assert score == 76  # 18.75 + 15 + 4 of 50


def test_a_new_customers_name_and_a_later_one_are_kept_for_the_next_score() -> None:
    account = Scoring()
    account.hear(renamed("Acme"), won(1), renamed("Acme Holding"))
    (scored,) = account.hear(report(2, usage=10))[:1]
    assert isinstance(scored, HealthScored)
    assert scored.account_name == "Acme Holding"


def test_a_late_report_is_scored_for_its_day_and_leaves_the_present_score_alone() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **GOLDEN), report(8, **GOLDEN | {"usage": 40}))
    before = account.present.score
    told = account.hear(report(5, usage=0))
    assert [(each.on, each.late) for each in told if isinstance(each, HealthScored)] == [(day(5), True)]
    late = told[0]
    assert isinstance(late, HealthScored)
    assert late.score == 70, "usage of day 5, all else as known on day 2"
    assert (late.previous_score, late.change) == (None, 0)
    assert account.present.score == before


def test_a_late_report_with_the_newest_value_of_a_factor_changes_the_present_score_too() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **GOLDEN), report(8, usage=85, nps=9))
    account.hear(report(5, payment="failed"))
    assert account.scores[-2:] == [(5, True, 80), (8, False, 80)]


def test_days_after_a_late_report_that_it_changes_are_scored_again() -> None:
    account = Scoring()
    account.hear(
        won(1), report(2, **GOLDEN), report(4, nps=8), report(6, usage=84), report(7, nps=7), report(9, nps=10)
    )
    told = account.hear(report(3, usage=0))
    days = [each.on for each in told if isinstance(each, HealthScored) and each.late]
    assert days == [day(3), day(4), day(6)], "from day 6 on usage is known anew"
    assert [account.on(number) for number in (2, 3, 4, 6, 7, 9)] == [95, 70, 69, 94, 93, 96]


def test_a_day_that_needed_no_score_gets_one_once_a_late_report_stands_before_it() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **GOLDEN), report(6, **GOLDEN))
    account.hear(report(4, usage=0))
    assert account.scores[-2:] == [(4, True, 70), (6, False, 95)]
    assert (account.on(3), account.on(5), account.on(6)) == (95, 70, 95)


def test_what_comes_again_for_a_day_replaces_what_was_told_before() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **GOLDEN), report(2, usage=0))
    assert account.present.score == 70


def test_reports_that_waited_are_scored_for_their_days_when_the_account_becomes_a_customer() -> None:
    account = Scoring()
    account.hear(report(2, usage=0), report(3, **GOLDEN), won(1))
    assert account.scores == [(2, True, 38), (3, False, 95)]


def test_after_churning_nothing_is_scored_until_the_account_comes_back_and_starts_again() -> None:
    account = Scoring()
    account.hear(won(1), report(2, usage=10))
    assert [type(each) for each in account.told[-1:]] == [ChurnRiskDetected]
    (stopped,) = account.hear(churned(10))
    assert isinstance(stopped, ScoringStopped)
    assert account.hear(report(11, usage=1), report(12, usage=80)) == []
    assert account.health == Unscored(episodes=1)
    account.hear(won(30))
    assert account.present.score == 100
    assert account.present.label == ""
    (_, risk) = account.hear(report(31, usage=0))
    assert isinstance(risk, ChurnRiskDetected)
    assert risk.episode == 2


def test_an_account_that_comes_back_is_onboarding_whatever_was_reported_before() -> None:
    account = Scoring()
    account.hear(won(1), report(2, usage=10), churned(10), won(30))
    assert (account.present.score, account.present.label) == (100, "onboarding")
    account.hear(report(9, usage=20))
    assert (account.present.score, account.present.label) == (100, "onboarding")
    assert account.scores[-1] == (9, True, 53), "late, about the time before it churned"


def test_a_reopened_deal_stops_the_scoring_and_the_next_win_goes_on_with_what_is_known() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **GOLDEN), reopened())
    assert isinstance(account.told[-1], ScoringStopped)
    account.hear(won(4))
    assert account.present.score == 95


reports = st.builds(
    report,
    on=st.integers(1, 60),
    usage=st.none() | st.floats(0, 100),
    nps=st.none() | st.integers(0, 10),
).filter(lambda told: told.usage is not None or told.nps is not None)


@over(st.lists(reports, min_size=1, max_size=30, unique_by=lambda told: told.on), st.randoms(use_true_random=False))
def test_what_is_known_for_a_day_does_not_depend_on_the_order_of_reports(
    told: list[AccountSignalReported], chance: Random
) -> None:
    ours: tuple[Day, ...] = ()
    theirs: tuple[Day, ...] = ()
    for one, other in zip(told, chance.sample(told, len(told)), strict=True):
        ours, theirs = merged(ours, day_of(one)), merged(theirs, day_of(other))
    assert ours == theirs
    for until in (each.on for each in told):
        newest = max((each for each in told if each.on <= until and each.nps is not None), key=on, default=None)
        known = known_of(ours, after=None, until=until)
        assert known is not None
        assert known.nps == (newest.nps if newest else None)


@over(st.lists(reports, min_size=1, max_size=12), st.integers(1, 60), st.integers(0, 12))
def test_each_day_shows_the_score_of_what_is_known_for_it_however_late_it_was_told(
    told: list[AccountSignalReported], customer_since: int, won_after: int
) -> None:
    account = Scoring()
    account.hear(*told[:won_after], won(customer_since), *told[won_after:])
    days: tuple[Day, ...] = ()
    for each in told:
        days = merged(days, day_of(each))
    for each in told:
        known = known_of(days, after=None, until=each.on)
        assert known is not None
        assert account.on_day(each.on) == health(known, DEFAULT_RULES).score


def on(told: AccountSignalReported) -> date:
    return told.on


def test_days_older_than_400_are_let_go_except_the_newest_value_of_a_factor() -> None:
    days: tuple[Day, ...] = (day_of(report(1, nps=4)), day_of(report(2)))
    for number in range(3, 600):
        days = bounded(merged(days, day_of(report(number, support_tickets=number))))
    assert len(days) == KEPT_DAYS + 1
    known = known_of(days, after=None)
    assert known is not None
    assert (known.nps, known.support_tickets) == (4, 599)


def test_the_state_survives_being_stored() -> None:
    account = Scoring()
    account.hear(report(1, usage=85.5), won(2), report(3, **GOLDEN))
    assert isinstance(account.account, Customer)
    assert decode_state(score_account, encode_state(account.account)) == account.account
    account.hear(churned(9), report(12, nps=3))
    assert isinstance(account.account, Outside)
    assert decode_state(score_account, encode_state(account.account)) == account.account


def test_only_facts_of_the_account_itself_are_its_key() -> None:
    for fact in (won(), churned(2), AccountUpdated(account_id=ACCOUNT, name="A"), report(1)):
        assert score_account.key(fact) == ACCOUNT
    assert score_account.key(AccountSignalReported(account_id=UUID(int=5), on=day(1))) == UUID(int=5)
