"""An account's contract: what its won deals and its closed renewals make of it, in whatever order they are heard of."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from nexa_chassis.domain import Recorded
from nexa_chassis.testing import given, project, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    AccountBecameCustomer,
    AccountBecameProspect,
    AccountChurned,
    AccountContractChanged,
    AccountCreated,
    AccountUpdated,
    DealClosedWon,
    DealReopened,
)
from nexa_contracts.success import RenewalClosed, RenewalOutcome
from nexa_contracts.values import Money
from nexa_sales.account.decisions import ChangeAccount, account_id_of
from nexa_sales.account.events import DealCounted, RenewalCounted
from nexa_sales.account.state import Account, Churned, Customer, Prospect
from nexa_sales.aggregates import account
from nexa_sales.reactions.make_account_a_customer import make_account_a_customer
from nexa_sales.reactions.renew_contract import renew_contract
from nexa_sales.read_models.account_book import account_book
from nexa_sales.read_models.account_history import account_history

from .stories import MONDAY, id_of

ACCOUNT = account_id_of("Acme Corp")
CREATED = AccountCreated(account_id=ACCOUNT, name="Acme Corp")
YEAR = timedelta(days=365)
LEAP_DAY = datetime(2028, 2, 29, 10, 0, tzinfo=UTC)


def usd(amount: int) -> Money:
    return Money.model_validate({"amount": f"{amount}.00"})


def eur(amount: int) -> Money:
    return Money.model_validate({"amount": f"{amount}.00", "currency": "EUR"})


def won(deal: str, amount: Money, at: datetime = MONDAY, version: int = 2) -> Recorded:
    event = DealClosedWon(deal_id=id_of(deal), account_id=ACCOUNT, amount=amount, closed_at=at)
    return recorded(event, stream=f"deal-{id_of(deal)}", version=version, time=at)


def reopened(deal: str, at: datetime, version: int = 3, was: Any = "won") -> Recorded:
    event = DealReopened(
        deal_id=id_of(deal), account_id=ACCOUNT, amount=usd(50_000), reason="Signature was withdrawn", was=was
    )
    return recorded(event, stream=f"deal-{id_of(deal)}", version=version, time=at)


def renewal(name: str, outcome: str, at: datetime, arr: Money | None, end: date, reason: str | None = None) -> Recorded:
    event = RenewalClosed(
        renewal_id=id_of(name),
        account_id=ACCOUNT,
        account_name="Acme Corp",
        outcome=RenewalOutcome(outcome),
        previous_arr=usd(50_000),
        arr=arr,
        contract_end=end,
        reason=reason,
    )
    return recorded(event, stream=f"renewal-{id_of(name)}", version=2, time=at)


FIRST_END = date(2027, 1, 5)
EXPANDED = renewal("renewal", "expanded", MONDAY + YEAR, usd(60_000), date(2028, 1, 5))
LOST = renewal("renewal", "lost", MONDAY + YEAR, None, FIRST_END, "Project was stopped")


def commands_of(fact: Recorded) -> Sequence[Any]:
    reaction = make_account_a_customer if type(fact.event) in make_account_a_customer.on else renew_contract
    return given(reaction).when(fact).produced


class Life:
    """One account that hears of these facts, one after the other."""

    def __init__(self, *facts: Recorded) -> None:
        self.state: Account = account.evolve(account.initial, CREATED)
        self.events: list[Event] = [CREATED]
        for fact in facts:
            self.hear(fact)

    def hear(self, fact: Recorded) -> list[Event]:
        """What is published because of it."""
        published = []
        for command in commands_of(fact):
            for event in account.decide(command, self.state, fact.time):
                self.state = account.evolve(self.state, event)
                self.events.append(event)
                if not isinstance(event, DealCounted | RenewalCounted):
                    published.append(event)
        return published

    @property
    def row(self) -> dict[str, Any]:
        """How the account stands in the book, but for its version."""
        fed = [event for event in self.events if type(event) in account_book.on]
        (row,) = project(account_book, *fed)
        return {name: value for name, value in row.items() if name != "version"}


def test_the_first_won_deal_makes_a_customer_with_a_contract_of_twelve_months() -> None:
    (event,) = Life().hear(won("deal", usd(50_000)))
    assert event == AccountBecameCustomer(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        deal_id=id_of("deal"),
        customer_since=date(2026, 1, 5),
        arr=usd(50_000),
        contract_end=FIRST_END,
    )


def test_a_contract_that_begins_on_29_february_ends_on_the_28th() -> None:
    (event,) = Life().hear(won("deal", usd(50_000), LEAP_DAY))
    assert isinstance(event, AccountBecameCustomer)
    assert (event.customer_since, event.contract_end) == (date(2028, 2, 29), date(2029, 2, 28))


def test_the_day_of_a_deal_that_was_won_elsewhere_late_at_night_is_the_day_in_utc() -> None:
    evening_in_new_york = datetime.fromisoformat("2026-01-05T23:30:00-05:00")
    (event,) = Life().hear(won("deal", usd(50_000), evening_in_new_york))
    assert isinstance(event, AccountBecameCustomer)
    assert event.customer_since == date(2026, 1, 6)


def test_a_further_deal_adds_to_the_arr_and_leaves_the_end() -> None:
    (event,) = Life(won("deal", usd(50_000))).hear(won("second", usd(20_000), MONDAY + timedelta(days=40)))
    assert event == AccountContractChanged(
        account_id=ACCOUNT,
        arr=usd(70_000),
        previous_arr=usd(50_000),
        contract_end=FIRST_END,
        previous_contract_end=FIRST_END,
        reason="deal won",
        caused_by=f"deal-{id_of('second')}@2",
    )


def test_a_further_deal_in_another_currency_is_told_but_never_added() -> None:
    (event,) = Life(won("deal", usd(50_000))).hear(won("second", eur(20_000), MONDAY + timedelta(days=40)))
    assert isinstance(event, AccountContractChanged)
    assert (event.arr, event.previous_arr) == (usd(50_000), usd(50_000))
    assert event.reason == "deal won; its 20000.00 EUR are not added to an ARR in USD"


def test_the_same_event_twice_and_the_same_deal_closed_twice_change_nothing() -> None:
    life = Life(won("deal", usd(50_000)), EXPANDED)
    known = list(life.events)
    for fact in (won("deal", usd(50_000)), EXPANDED, won("deal", usd(50_000))):
        life.hear(fact)
    assert life.events == known


def test_an_expanded_renewal_gives_the_new_arr_and_end() -> None:
    (event,) = Life(won("deal", usd(50_000))).hear(EXPANDED)
    assert event == AccountContractChanged(
        account_id=ACCOUNT,
        arr=usd(60_000),
        previous_arr=usd(50_000),
        contract_end=date(2028, 1, 5),
        previous_contract_end=FIRST_END,
        reason="renewal expanded",
        caused_by=f"renewal-{id_of('renewal')}@2",
    )


def test_a_lost_renewal_ends_the_contract_with_its_reason() -> None:
    (event,) = Life(won("deal", usd(50_000))).hear(LOST)
    assert event == AccountChurned(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        churned_on=date(2027, 1, 5),
        arr=usd(50_000),
        reason="Project was stopped",
        customer_since=date(2026, 1, 5),
        contract_end=FIRST_END,
    )


def test_who_churned_and_buys_again_is_a_customer_with_a_new_contract() -> None:
    life = Life(won("deal", usd(50_000)), LOST)
    back = MONDAY + 2 * YEAR
    (event,) = life.hear(won("second", usd(30_000), back))
    assert isinstance(event, AccountBecameCustomer)
    assert (event.deal_id, event.customer_since, event.arr) == (id_of("second"), back.date(), usd(30_000))
    assert event.contract_end == date(2029, 1, 5)
    published = [event for event in life.events if type(event) in account_history.on]
    told = [row["summary"] for row in project(account_history, *published)]
    assert told == [
        "Acme Corp became an account",
        "Customer since 2026-01-05: 50000.00 USD a year, contract until 2027-01-05",
        "Lost as a customer on 2027-01-05: 50000.00 USD a year; Project was stopped",
        "Customer since 2028-01-05: 30000.00 USD a year, contract until 2029-01-05",
    ]


def test_a_reopened_deal_makes_its_customer_a_prospect_again() -> None:
    life = Life(won("deal", usd(50_000)))
    (event,) = life.hear(reopened("deal", MONDAY + timedelta(days=1)))
    assert event == AccountBecameProspect(account_id=ACCOUNT, deal_id=id_of("deal"), reason="Signature was withdrawn")
    assert isinstance(life.state, Prospect)
    assert (life.row["type"], life.row["arr"], life.row["contract_end"]) == ("prospect", None, None)
    (again,) = life.hear(won("deal", usd(45_000), MONDAY + timedelta(days=3), version=4))
    assert isinstance(again, AccountBecameCustomer)
    assert (again.arr, again.customer_since) == (usd(45_000), date(2026, 1, 8))


def test_a_lost_deal_that_is_reopened_says_nothing_about_the_contract() -> None:
    given(make_account_a_customer).when(reopened("deal", MONDAY, was="lost")).then()


def test_a_reopened_further_deal_takes_its_part_of_the_arr_along() -> None:
    life = Life(won("deal", usd(50_000)), won("second", usd(20_000), MONDAY + timedelta(days=40)))
    (event,) = life.hear(reopened("second", MONDAY + timedelta(days=50)))
    assert isinstance(event, AccountContractChanged)
    assert (event.arr, event.contract_end) == (usd(50_000), FIRST_END)
    assert event.reason == "deal reopened: Signature was withdrawn"


def test_a_customer_whose_first_deal_is_reopened_stays_one_by_its_second() -> None:
    second = MONDAY + timedelta(days=40)
    life = Life(won("deal", usd(50_000)), won("second", usd(20_000), second))
    (event,) = life.hear(reopened("deal", MONDAY + timedelta(days=50)))
    assert isinstance(event, AccountContractChanged)
    assert (event.arr, event.customer_since) == (usd(20_000), second.date())
    assert isinstance(life.state, Customer)


def test_a_renewal_that_is_heard_of_before_its_deal_counts_once_the_deal_is_known() -> None:
    life = Life()
    assert life.hear(EXPANDED) == []
    became, changed = life.hear(won("deal", usd(50_000)))
    assert isinstance(became, AccountBecameCustomer)
    assert isinstance(changed, AccountContractChanged)
    assert (became.arr, changed.arr, changed.contract_end) == (usd(50_000), usd(60_000), date(2028, 1, 5))


STORIES = {
    "two deals and a renewal": [
        won("deal", usd(50_000)),
        won("second", usd(20_000), MONDAY + timedelta(days=40)),
        EXPANDED,
        won("third", eur(5_000), MONDAY + timedelta(days=400)),
    ],
    "churned and back": [
        won("deal", usd(50_000)),
        LOST,
        won("second", usd(30_000), MONDAY + 2 * YEAR),
        renewal("later", "won", MONDAY + 3 * YEAR, usd(30_000), date(2030, 1, 5)),
    ],
    "a late second deal before the loss": [
        won("deal", usd(50_000)),
        won("second", usd(20_000), MONDAY + timedelta(days=1)),
        LOST,
    ],
    "reopened for good": [
        won("deal", usd(50_000)),
        reopened("deal", MONDAY + timedelta(days=2)),
        won("second", usd(20_000), MONDAY + timedelta(days=1)),
        EXPANDED,
    ],
}


@pytest.mark.parametrize("facts", STORIES.values(), ids=STORIES.keys())
def test_any_order_of_the_facts_and_any_repetition_give_the_same_account(facts: list[Recorded]) -> None:
    expected = Life(*sorted(facts, key=lambda fact: fact.time))
    for order in permutations(facts):
        life = Life(*order, *order)
        assert _stage(life.state) == _stage(expected.state)
        assert life.row == expected.row


def _stage(state: Account) -> object:
    match state:
        case Customer(contract=contract):
            return contract
        case Churned(lost=lost):
            return lost
        case _:
            return type(state)


def test_the_book_shows_what_the_decisions_see() -> None:
    """The book is fed by what is published, the decisions by the facts themselves: the two must never drift apart."""
    life = Life(*STORIES["churned and back"])
    assert isinstance(life.state, Customer)
    contract = life.state.contract
    assert (life.row["type"], life.row["customer_since"]) == ("customer", contract.customer_since)
    assert (life.row["arr"], life.row["currency"]) == (contract.arr.amount, contract.arr.currency)
    assert (life.row["contract_end"], life.row["churned_on"]) == (contract.contract_end, None)


def test_a_renamed_customer_stays_one() -> None:
    life = Life(won("deal", usd(50_000)))
    change = ChangeAccount(account_id=ACCOUNT, name="Acme Inc", country=None, company_size=None)
    renamed = AccountUpdated(account_id=ACCOUNT, name="Acme Inc")
    given(account, *life.events).when(change).then(renamed)
    life.state = account.evolve(life.state, renamed)
    (event,) = life.hear(LOST)
    assert isinstance(event, AccountChurned)
    assert event.account_name == "Acme Inc"


def test_a_fact_about_an_account_that_nobody_opened_is_kept_for_somebody_to_look_at() -> None:
    (command,) = commands_of(LOST)
    given(account).when(command).then_refused(rule="account.unknown")
