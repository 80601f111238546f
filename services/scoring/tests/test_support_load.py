"""Tickets count in an account's health: how many of the last 30 days, from when on, and whatever their order."""

from datetime import date
from itertools import permutations

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from nexa_contracts.envelope import Event
from nexa_contracts.scoring import ChurnRiskDetected, HealthScored, SupportLoadChanged
from nexa_contracts.success import AccountSignalReported
from nexa_scoring.account_health.points import health
from nexa_scoring.account_health.signals import Day, day_of, known_of, merged
from nexa_scoring.account_health.support_load import Ticket, counted, load_on, with_load
from nexa_scoring.health_rules.state import DEFAULT_RULES
from nexa_scoring.reactions.score_account import Customer

from .accounts import GOLDEN, Scoring, churned, day, report, ticket, won

NOTHING_REPORTED = {**GOLDEN, "support_tickets": None}


def support_of(account: Scoring) -> str | None:
    return next(each.value for each in account.present.factors if each.factor == "support")


def tickets_of(*facts: SupportLoadChanged) -> tuple[Ticket, ...]:
    tickets: tuple[Ticket, ...] = ()
    for fact in facts:
        tickets = counted(tickets, fact, counts=fact.counts)
    return tickets


def test_a_ticket_counts_on_its_day_and_on_the_29_days_after_it() -> None:
    tickets = tickets_of(ticket(1, 10))
    assert [load_on(tickets, day(number)) for number in (9, 10, 39, 40)] == [None, 1, 1, 0]


def test_ten_tickets_take_all_support_points_and_the_ticket_is_the_cause() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **NOTHING_REPORTED))
    assert account.present.score == 95
    for number in range(10):
        told = account.hear(ticket(number, 3))
    (scored,) = [each for each in told if isinstance(each, HealthScored)]
    assert (support_of(account), scored.score, scored.on) == ("10 tickets", 80, day(3))
    assert scored.caused_by == ticket(9, 3).caused_by
    assert (account.present.factors[2].points, account.present.factors[2].most) == (0, 15)


def test_the_seeds_figures_come_out_of_tickets_too() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **NOTHING_REPORTED), ticket(1, 2), ticket(2, 2))
    assert (account.present.score, support_of(account)) == (95, "2 tickets")
    account.hear(report(9, usage=32))
    told = account.hear(*(ticket(number, 9) for number in range(3, 11)))
    assert (account.present.score, support_of(account)) == (65, "10 tickets")
    (risk,) = [each for each in told if isinstance(each, ChurnRiskDetected)]
    assert risk.reason.lower().startswith("support tickets increasing")


def test_the_count_stands_in_place_of_the_reported_figure_from_the_first_ticket_on() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **{**GOLDEN, "support_tickets": 9}))
    assert support_of(account) == "9 tickets"
    account.hear(ticket(1, 5))
    assert support_of(account) == "1 ticket"
    account.hear(report(6, support_tickets=8))
    assert support_of(account) == "1 ticket"
    told = account.hear(report(3, usage=10))
    late = [each for each in told if isinstance(each, HealthScored) and each.on == day(3)]
    assert late[0].factors[2].value == "9 tickets", "the day is before the first ticket"


def test_a_ticket_that_left_the_window_is_missing_from_the_next_score() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **GOLDEN), *(ticket(number, 3) for number in range(10)))
    assert account.present.score == 80
    account.hear(report(32, usage=85))
    assert account.present.score == 80
    account.hear(report(33, usage=85))
    assert (account.present.score, support_of(account)) == (95, "0 tickets")


def test_a_merged_ticket_counts_no_more_and_one_of_another_account_neither() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **GOLDEN), *(ticket(number, 3) for number in range(4)))
    assert support_of(account) == "4 tickets"
    account.hear(ticket(0, 3, counts=False), ticket(1, 3, counts=False))
    assert support_of(account) == "2 tickets"
    account.hear(ticket(2, 3, counts=False), ticket(3, 3, counts=False))
    assert support_of(account) == "2 tickets", "as it was reported, since support tells of none"


def test_a_ticket_alone_does_not_end_the_onboarding() -> None:
    account = Scoring()
    account.hear(won(1), *(ticket(number, 2) for number in range(12)))
    assert (account.present.score, account.present.label) == (100, "onboarding")
    account.hear(report(3, usage=85))
    assert (account.present.label, support_of(account)) == ("", "12 tickets")


def test_a_late_ticket_changes_the_days_of_which_it_counts() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **GOLDEN), *(ticket(number, 2) for number in range(9)))
    account.hear(report(6, usage=85), report(40, usage=85))
    told = account.hear(ticket(9, 4))
    assert [(each.on, each.score) for each in told if isinstance(each, HealthScored) and each.late] == [
        (day(4), 80),
        (day(6), 80),
    ]
    assert account.present.score == 95


def test_tickets_from_before_an_account_churned_count_no_more_when_it_comes_back() -> None:
    account = Scoring()
    account.hear(won(1), report(2, **GOLDEN), *(ticket(number, 8) for number in range(10)), churned(10), won(12))
    account.hear(report(13, **NOTHING_REPORTED))
    assert (account.present.score, support_of(account)) == (95, None)
    account.hear(ticket(99, 14))
    assert support_of(account) == "1 ticket"


@pytest.mark.parametrize(
    "facts",
    [
        (won(2), report(3, usage=40, nps=9), ticket(1, 4), report(5, support_tickets=8), ticket(2, 3)),
        (won(5), report(2, usage=40), ticket(1, 1), ticket(2, 6), ticket(3, 6), report(7, nps=3)),
    ],
)
def test_every_order_of_reports_and_tickets_ends_in_the_same_present_score(facts: tuple[Event, ...]) -> None:
    ends = set()
    for order in permutations(facts):
        account = Scoring()
        account.hear(*order, *order[1:])
        state = account.account
        assert isinstance(state, Customer)
        ends.add(str((account.present.score, account.present.on, support_of(account), state.tickets)))
    assert len(ends) == 1


told_tickets = st.lists(st.integers(1, 90), max_size=14).map(
    lambda days: [ticket(number, on) for number, on in enumerate(days)]
)
told_reports = st.lists(
    st.builds(report, on=st.integers(1, 90), usage=st.integers(0, 100), support_tickets=st.none() | st.integers(0, 12)),
    min_size=1,
    max_size=8,
)


@over(told_reports, told_tickets, st.randoms(use_true_random=False))
def test_each_reported_day_shows_the_score_with_the_tickets_of_its_30_days_in_any_order(
    reports: list[AccountSignalReported], tickets: list[SupportLoadChanged], chance: object
) -> None:
    facts: list[Event] = [*reports, *tickets]
    chance.shuffle(facts)  # type: ignore[attr-defined]
    account = Scoring()
    account.hear(won(1), *facts)
    days: tuple[Day, ...] = ()
    for fact in facts:
        days = merged(days, day_of(fact)) if isinstance(fact, AccountSignalReported) else days
    all_tickets = tickets_of(*tickets)
    for on in {date.fromisoformat(each[0]) for each in days} | {account.present.on}:
        signals = with_load(known_of(days, after=None, until=on), all_tickets, on, after=None)
        assert signals is not None
        assert account.on_day(on) == health(signals, DEFAULT_RULES).score
