"""The directory follows what sales and the onboardings say of an account."""

from datetime import date

from nexa_chassis.testing import project
from nexa_contracts.sales import (
    AccountBecameCustomer,
    AccountBecameProspect,
    AccountChurned,
    AccountContractChanged,
    AccountUpdated,
)
from nexa_contracts.values import Money
from nexa_success.read_models.account_directory import account_directory

from .stories import ACCOUNT, DEAL, FIFTY_THOUSAND, NORA, Story, account_created, start

END = date(2026, 11, 24)
SIXTY_THOUSAND = Money.model_validate({"amount": "60000.00"})
BECAME = AccountBecameCustomer(
    account_id=ACCOUNT,
    account_name="Acme Corp",
    deal_id=DEAL,
    customer_since=date(2025, 11, 24),
    arr=FIFTY_THOUSAND,
    contract_end=END,
)


def test_a_customer_stands_with_its_name_its_contract_and_its_csm() -> None:
    (started, *_) = Story().tell(start())
    (row,) = project(account_directory, account_created(), BECAME, started)
    assert (row["name"], row["type"], row["customer_since"], row["contract_end"]) == (
        "Acme Corp",
        "customer",
        date(2025, 11, 24),
        END,
    )
    assert (row["arr"], row["currency"], row["csm_id"]) == (FIFTY_THOUSAND.amount, "USD", NORA.csm_id)


def test_a_renamed_account_keeps_its_contract() -> None:
    (row,) = project(account_directory, account_created(), BECAME, AccountUpdated(account_id=ACCOUNT, name="Acme Inc"))
    assert (row["name"], row["contract_end"]) == ("Acme Inc", END)


def test_a_churned_account_shows_what_it_was_and_a_prospect_has_no_contract() -> None:
    changed = AccountContractChanged(
        account_id=ACCOUNT,
        arr=SIXTY_THOUSAND,
        previous_arr=FIFTY_THOUSAND,
        contract_end=date(2027, 11, 24),
        previous_contract_end=END,
        reason="renewal won",
        caused_by="renewal",
    )
    churned = AccountChurned(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        churned_on=date(2027, 11, 1),
        arr=SIXTY_THOUSAND,
        reason="Project was stopped",
    )
    (row,) = project(account_directory, BECAME, changed, churned)
    assert (row["type"], row["arr"], row["contract_end"]) == ("churned", SIXTY_THOUSAND.amount, date(2027, 11, 24))
    reopened = AccountBecameProspect(account_id=ACCOUNT, deal_id=DEAL, reason="Signature was withdrawn")
    (row,) = project(account_directory, BECAME, reopened)
    assert (row["type"], row["arr"], row["customer_since"]) == ("prospect", None, None)
