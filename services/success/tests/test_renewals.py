"""Renewals: each contract end has one, which opens 90 days before and is won, expanded or lost once."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from nexa_chassis.domain import Deadline
from nexa_chassis.testing import given, project
from nexa_contracts.sales import AccountUpdated
from nexa_contracts.success import RenewalClosed, RenewalOpened, RenewalOutcome
from nexa_contracts.values import Money
from nexa_success.aggregates import renewal
from nexa_success.reactions.open_renewal import open_renewal, renewal_of
from nexa_success.read_models.renewals_due import renewals_due
from nexa_success.renewal.decisions import (
    ExpandRenewal,
    LoseRenewal,
    OpenRenewal,
    PlanRenewal,
    WinRenewal,
    WithdrawRenewal,
)
from nexa_success.renewal.events import RenewalPlanned, RenewalTermsChanged, RenewalWithdrawn
from nexa_success.renewal.state import Open, Planned, Terms, Withdrawn

from .account_stories import (
    END,
    SIXTY_THOUSAND,
    Choreography,
    became_customer,
    became_prospect,
    churned,
    contract_changed,
    onboarding_assigned,
    onboarding_started,
)
from .stories import ACCOUNT, FIFTY_THOUSAND, MONDAY, account_created, id_of, orders_of, stream

RENEWAL = renewal_of(ACCOUNT, END)
NORA, OMAR = id_of("Nora Vance"), id_of("Omar Diaz")
OPENS = datetime(2026, 8, 26, tzinfo=UTC)
NEXT_END = date(2027, 11, 24)
TERMS = Terms(ACCOUNT, "Acme Corp", END, FIFTY_THOUSAND, NORA)
PLANNED = RenewalPlanned(renewal_id=RENEWAL, **vars(TERMS))
OPENED = RenewalOpened(renewal_id=RENEWAL, **vars(TERMS))
WITHDRAWN = RenewalWithdrawn(renewal_id=RENEWAL)
EUROS = Money.model_validate({"amount": "60000.00", "currency": "EUR"})


def closed(outcome: RenewalOutcome, arr: Money | None, end: date, reason: str | None = None) -> RenewalClosed:
    return RenewalClosed(
        renewal_id=RENEWAL,
        account_id=ACCOUNT,
        account_name="Acme Corp",
        outcome=outcome,
        previous_arr=FIFTY_THOUSAND,
        arr=arr,
        contract_end=end,
        reason=reason,
    )


WON = closed(RenewalOutcome.WON, FIFTY_THOUSAND, NEXT_END)
LOST = closed(RenewalOutcome.LOST, None, END, "Project was stopped")
WIN = WinRenewal(renewal_id=RENEWAL, arr=None, contract_end=None)
LOSE = LoseRenewal(renewal_id=RENEWAL, reason="Project was stopped")


def test_a_new_customer_plans_a_renewal_that_opens_90_days_before_the_end() -> None:
    deadline = Deadline(at=OPENS, command=OpenRenewal(renewal_id=RENEWAL), key="2026-11-24")
    plan = PlanRenewal(renewal_id=RENEWAL, terms=TERMS)
    given(open_renewal, account_created(), onboarding_started()).when(became_customer()).then(plan, deadline)
    assert OPENS.date() == END - timedelta(days=90)


def test_a_contract_that_ends_in_less_than_90_days_opens_its_renewal_at_once() -> None:
    soon = date(2026, 1, 15)
    told = Choreography(open_renewal, renewal).tell(stream(account_created(), became_customer(soon)))
    told.pass_time(MONDAY)
    assert [type(event) for event in told.events] == [RenewalPlanned, RenewalOpened]


def test_a_history_that_is_heard_late_opens_no_renewal_of_an_end_that_is_long_past() -> None:
    years = [contract_changed(date(year, 11, 24)) for year in (2023, 2024, 2025, 2026)]
    told = Choreography(open_renewal, renewal).tell(stream(became_customer(date(2022, 11, 24)), *years))
    told.pass_time(MONDAY)
    assert told.of(RenewalOpened) == []


def test_a_deadline_of_an_end_that_moved_opens_nothing_and_the_new_end_opens_its_own() -> None:
    told = Choreography(open_renewal, renewal).tell(
        stream(account_created(), became_customer(), contract_changed(NEXT_END))
    )
    told.pass_time(OPENS + timedelta(days=30))
    assert told.of(RenewalOpened) == []
    told.pass_time(datetime(2027, 8, 26, tzinfo=UTC))
    (opened,) = told.of(RenewalOpened)
    assert (opened.renewal_id, opened.contract_end) == (renewal_of(ACCOUNT, NEXT_END), NEXT_END)


def test_an_end_that_moved_is_withdrawn_by_the_fact_that_moved_it_and_by_no_later_one() -> None:
    moved = (became_customer(), contract_changed(NEXT_END))
    after = PlanRenewal(
        renewal_id=renewal_of(ACCOUNT, NEXT_END), terms=Terms(ACCOUNT, "Acme Corp", NEXT_END, FIFTY_THOUSAND, NORA)
    )
    given(open_renewal, *moved).when(onboarding_started()).then(after)


@pytest.mark.parametrize("end_of_it", [churned, became_prospect])
def test_who_is_no_customer_any_more_has_no_renewal(end_of_it: Any) -> None:
    told = Choreography(open_renewal, renewal).tell(stream(became_customer(), end_of_it()))
    told.pass_time(OPENS + timedelta(days=400))
    assert told.of(RenewalOpened) == []


def test_an_end_that_moves_away_and_back_opens_its_renewal_once() -> None:
    told = Choreography(open_renewal, renewal).tell(
        stream(became_customer(), contract_changed(NEXT_END), contract_changed(END))
    )
    told.pass_time(OPENS + timedelta(days=800))
    (opened,) = told.of(RenewalOpened)
    assert opened.renewal_id == RENEWAL


def test_what_is_renewed_is_what_the_contract_brings_when_it_opens_and_who_is_responsible_then() -> None:
    told = Choreography(open_renewal, renewal).tell(stream(onboarding_started(), onboarding_assigned("Omar Diaz")))
    renamed = AccountUpdated(account_id=ACCOUNT, name="Acme Inc")
    told.tell(stream(account_created(), became_customer(), contract_changed(END, SIXTY_THOUSAND), renamed))
    told.pass_time(OPENS)
    (opened,) = told.of(RenewalOpened)
    assert (opened.arr, opened.csm_id, opened.account_name) == (SIXTY_THOUSAND, OMAR, "Acme Inc")


def test_a_csm_who_comes_later_gets_the_open_renewal() -> None:
    told = Choreography(open_renewal, renewal).tell(stream(account_created(), became_customer()))
    told.pass_time(OPENS)
    told.tell(stream(onboarding_started()), OPENS)
    assert told.states[RENEWAL] == Open(TERMS)
    assert [type(event) for event in told.events] == [RenewalPlanned, RenewalOpened, RenewalTermsChanged]


ORDERS = orders_of(
    stream(account_created(), became_customer(), contract_changed(END, SIXTY_THOUSAND)),
    stream(onboarding_started(csm=None), onboarding_assigned("Nora Vance")),
)


@pytest.mark.parametrize("facts", ORDERS, ids=range(len(ORDERS)))
@pytest.mark.parametrize("times", [1, 2], ids=["once", "each twice"])
def test_any_order_of_contract_and_onboarding_plans_the_same_renewal(facts: list[Any], times: int) -> None:
    told = Choreography(open_renewal, renewal).tell(fact for fact in facts for _ in range(times))
    expected = Terms(ACCOUNT, "Acme Corp", END, SIXTY_THOUSAND, NORA)
    assert told.states == {RENEWAL: Planned(expected)}
    told.pass_time(OPENS)
    assert told.of(RenewalOpened) == [RenewalOpened(renewal_id=RENEWAL, **vars(expected))]


ENDS = [date(2026, 3, 31), date(2026, 11, 24), date(2027, 11, 24)]


@pytest.mark.parametrize("ends", list(permutations(ENDS)))
def test_wherever_the_end_moved_only_the_renewal_of_the_last_end_opens(ends: tuple[date, ...]) -> None:
    first, *others = ends
    told = Choreography(open_renewal, renewal).tell(
        stream(became_customer(first), *(contract_changed(end) for end in others))
    )
    told.pass_time(datetime(2030, 1, 1, tzinfo=UTC))
    assert [opened.contract_end for opened in told.of(RenewalOpened)] == [ends[-1]]


@for_all(st.lists(st.one_of(st.sampled_from(ENDS), st.none()), max_size=8))
def test_at_most_one_renewal_of_an_account_waits_to_be_opened(moves: list[date | None]) -> None:
    facts = [became_prospect() if end is None else became_customer(end) for end in moves]
    told = Choreography(open_renewal, renewal).tell(stream(*facts))
    waiting = [state.terms.contract_end for state in told.states.values() if isinstance(state, Planned)]
    assert waiting == [end for end in moves[-1:] if end is not None]
    assert all(isinstance(state, Planned | Withdrawn) for state in told.states.values())


def test_a_renewal_is_won_for_the_same_and_another_twelve_months() -> None:
    given(renewal, PLANNED, OPENED).when(WIN).then(WON)


def test_a_contract_that_ends_on_the_29th_of_february_is_renewed_until_the_28th() -> None:
    terms = Terms(ACCOUNT, "Acme Corp", date(2028, 2, 29), FIFTY_THOUSAND, NORA)
    opened = RenewalOpened(renewal_id=RENEWAL, **vars(terms))
    given(renewal, opened).when(WIN).then(closed(RenewalOutcome.WON, FIFTY_THOUSAND, date(2029, 2, 28)))


def test_a_renewal_is_expanded_by_more_in_the_same_currency() -> None:
    expand = ExpandRenewal(renewal_id=RENEWAL, arr=SIXTY_THOUSAND, contract_end=date(2028, 11, 24))
    expanded = closed(RenewalOutcome.EXPANDED, SIXTY_THOUSAND, date(2028, 11, 24))
    given(renewal, PLANNED, OPENED).when(expand).then(expanded)
    given(renewal, PLANNED, OPENED, expanded).when(expand).then()


def test_a_renewal_is_lost_with_its_reason() -> None:
    given(renewal, PLANNED, OPENED).when(LOSE).then(LOST)


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (WinRenewal(renewal_id=RENEWAL, arr=SIXTY_THOUSAND, contract_end=None), "renewal.expansion"),
        (WinRenewal(renewal_id=RENEWAL, arr=EUROS, contract_end=None), "renewal.currency"),
        (WinRenewal(renewal_id=RENEWAL, arr=Money(amount=0), contract_end=None), "renewal.arr"),
        (WinRenewal(renewal_id=RENEWAL, arr=None, contract_end=END), "renewal.contract_end"),
        (WinRenewal(renewal_id=RENEWAL, arr=None, contract_end=date(2036, 11, 25)), "renewal.contract_end"),
        (ExpandRenewal(renewal_id=RENEWAL, arr=FIFTY_THOUSAND, contract_end=None), "renewal.expansion"),
        (ExpandRenewal(renewal_id=RENEWAL, arr=EUROS, contract_end=None), "renewal.currency"),
    ],
)
def test_a_renewal_on_terms_that_cannot_be_is_refused(command: object, rule: str) -> None:
    given(renewal, PLANNED, OPENED).when(command).then_refused(rule=rule)


def test_a_renewal_is_closed_once_the_same_way_again_changes_nothing() -> None:
    given(renewal, PLANNED, OPENED, WON).when(WIN).then()
    given(renewal, PLANNED, OPENED, WON).when(LOSE).then_refused(rule="renewal.closed")
    given(renewal, PLANNED, OPENED, LOST).when(LOSE).then()
    given(renewal, PLANNED, OPENED, LOST).when(WIN).then_refused(rule="renewal.closed")
    given(renewal, PLANNED, OPENED, WON).when(
        WinRenewal(renewal_id=RENEWAL, arr=None, contract_end=date(2028, 11, 24))
    ).then_refused(rule="renewal.closed")


def test_only_an_open_renewal_is_closed() -> None:
    given(renewal).when(WIN).then_refused(rule="renewal.unknown")
    given(renewal, PLANNED).when(WIN).then_refused(rule="renewal.not_open")
    given(renewal, PLANNED, WITHDRAWN).when(WIN).then_refused(rule="renewal.withdrawn")


def test_a_closed_renewal_stays_what_it_was() -> None:
    for command in (
        OpenRenewal(renewal_id=RENEWAL),
        WithdrawRenewal(renewal_id=RENEWAL),
        PlanRenewal(renewal_id=RENEWAL, terms=TERMS),
    ):
        given(renewal, PLANNED, OPENED, WON).when(command).then()


def test_a_renewal_that_was_won_leads_to_the_next_one() -> None:
    told = Choreography(open_renewal, renewal).tell(stream(account_created(), became_customer()))
    told.pass_time(OPENS)
    (won,) = told.execute(WIN, OPENS)
    assert isinstance(won, RenewalClosed)
    told.tell(stream(account_created(), became_customer(), contract_changed(won.contract_end))[2:], OPENS)
    told.pass_time(datetime(2027, 8, 26, tzinfo=UTC))
    assert [opened.contract_end for opened in told.of(RenewalOpened)] == [END, NEXT_END]


def test_the_list_shows_where_a_renewal_stands() -> None:
    (row,) = project(renewals_due, PLANNED)
    assert (row["status"], row["contract_end"], row["arr"], row["csm_id"]) == (
        "planned",
        END,
        FIFTY_THOUSAND.amount,
        NORA,
    )
    (row,) = project(renewals_due, PLANNED, OPENED, WON)
    assert (row["status"], row["new_arr"], row["new_contract_end"]) == ("won", FIFTY_THOUSAND.amount, NEXT_END)
    (row,) = project(renewals_due, PLANNED, OPENED, LOST)
    assert (row["status"], row["new_arr"], row["reason"]) == ("lost", None, "Project was stopped")
