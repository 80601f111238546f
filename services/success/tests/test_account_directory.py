"""The directory follows what sales and the onboardings say of an account."""

from datetime import date, timedelta

from nexa_chassis.origin import Origin
from nexa_chassis.testing import project
from nexa_contracts.sales import (
    AccountBecameCustomer,
    AccountBecameProspect,
    AccountChurned,
    AccountContractChanged,
    AccountUpdated,
)
from nexa_contracts.values import Money
from nexa_success.read_models.account_directory import account_directory, account_row, onboardings

from .account_stories import onboarding_assigned, onboarding_started
from .conftest import Success
from .stories import ACCOUNT, DEAL, FIFTY_THOUSAND, MONDAY, PROJECT, account_created, id_of, stream

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


def test_a_customer_stands_with_its_name_and_its_contract() -> None:
    (row,) = project(account_directory, account_created(), BECAME)
    assert (row["name"], row["type"], row["customer_since"], row["contract_end"]) == (
        "Acme Corp",
        "customer",
        date(2025, 11, 24),
        END,
    )
    assert (row["arr"], row["currency"]) == (FIFTY_THOUSAND.amount, "USD")


def test_each_onboarding_stands_with_the_csm_of_now() -> None:
    begun = project(account_directory, onboarding_started()).of(onboardings)
    (row,) = begun
    assert (row["project_id"], row["account_id"], row["won_at"]) == (PROJECT, ACCOUNT, MONDAY)
    assert row["csm_id"] == id_of("Nora Vance")
    (after,) = project(account_directory, onboarding_started(), onboarding_assigned("Omar Diaz")).of(onboardings)
    assert (after["won_at"], after["csm_id"]) == (MONDAY, id_of("Omar Diaz"))


async def test_the_csm_of_the_deal_that_was_won_last_is_responsible(success_service: Success) -> None:
    second = onboarding_started(csm="Omar Diaz", project_id=id_of("second"), won_at=MONDAY + timedelta(days=30))
    third = onboarding_started(csm=None, project_id=id_of("third"), won_at=MONDAY + timedelta(days=60))
    facts = stream(second, third, onboarding_started(), onboarding_assigned("Lea Roth"), account_created())
    store = success_service.service.runtime.store
    async with store.transaction(Origin("test", "test")) as tx:
        await tx.apply(change for fact in facts for change in account_directory.project(fact))
        row = await account_row(tx.connection, ACCOUNT)
    assert row is not None
    assert (row["name"], row["csm_id"], row["project_id"]) == ("Acme Corp", id_of("Omar Diaz"), id_of("third"))


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
