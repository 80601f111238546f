"""Accounts: one for each company, whatever way its name is written; a customer once a deal of it is won."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused, derive
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import CompanySize
from nexa_contracts.sales import (
    AccountBecameCustomer,
    AccountBecameProspect,
    AccountChurned,
    AccountContractChanged,
    AccountCreated,
    AccountUpdated,
)
from nexa_sales.account.contract import Contract, Lost, Standing, Step, key_of, knows, life, with_fact
from nexa_sales.account.events import ContractFact, DealCounted, RenewalCounted
from nexa_sales.account.state import Account, Company, Existing, NoAccount

LEGAL_FORM = re.compile(
    r"[\s,]+(inc|incorporated|corp|corporation|co|company|ltd|limited|llc|llp|plc|gmbh|ag|kg|sa|sas|sarl|bv|nv|ab|as|oy|spa|srl)\.?$"
)

THERE_ALREADY = "account.there"


def account_id_of(company: str) -> UUID:
    """The id of the company's account: the same for `Acme Corp`, `ACME corp.` and `Acme`."""
    name = " ".join(company.casefold().split())
    while True:
        shorter = LEGAL_FORM.sub("", name)
        if shorter == name or not shorter:
            return derive("account", name)
        name = shorter


@dataclass(frozen=True, kw_only=True)
class OpenAccount:
    """Open the company's account; refused by the rule `THERE_ALREADY` where it is there."""

    account_id: UUID
    name: str
    country: str | None
    company_size: CompanySize | None


@dataclass(frozen=True, kw_only=True)
class ChangeAccount:
    """What is known of the company; all fields as they are to be."""

    account_id: UUID
    name: str
    country: str | None
    company_size: CompanySize | None


@dataclass(frozen=True, kw_only=True)
class CountTowardsContract:
    """A deal was won or reopened, or a renewal closed. What is known already, or is older, changes nothing."""

    account_id: UUID
    fact: ContractFact


Command: TypeAlias = OpenAccount | ChangeAccount | CountTowardsContract
COMMANDS: tuple[type, ...] = (OpenAccount, ChangeAccount, CountTowardsContract)


def decide(command: Command, state: Account, now: datetime) -> Sequence[Event]:
    match command:
        case OpenAccount():
            return open_account(command, state)
        case ChangeAccount():
            return change(command, state)
        case CountTowardsContract():
            return count(command, state)
        case _:
            assert_never(command)


def open_account(command: OpenAccount, state: Account) -> Sequence[AccountCreated]:
    if not isinstance(state, NoAccount):
        raise Refused(f"{state.company.name} is an account already: {command.account_id}.", rule=THERE_ALREADY)
    return [
        AccountCreated(
            account_id=command.account_id,
            name=command.name,
            country=command.country,
            company_size=command.company_size,
        )
    ]


def change(command: ChangeAccount, state: Account) -> Sequence[AccountUpdated]:
    if _existing(command.account_id, state).company == Company(command.name, command.country, command.company_size):
        return []
    return [
        AccountUpdated(
            account_id=command.account_id,
            name=command.name,
            country=command.country,
            company_size=command.company_size,
        )
    ]


def count(command: CountTowardsContract, state: Account) -> Sequence[Event]:
    """The fact itself, and what it changes. A fact that came late corrects how the account stands now."""
    account, fact = _existing(command.account_id, state), command.fact
    if knows(account.facts, fact):
        return []
    before, after = life(account.facts), life(with_fact(account.facts, fact))
    told = before[-1].standing if before else None
    if after[: len(before)] == before:
        return [fact, *_told(account.company.name, fact.account_id, told, after[len(before) :])]
    if not after:
        return [fact, AccountBecameProspect(account_id=fact.account_id, deal_id=key_of(fact), reason=fact.reason or "")]
    corrected = Step(after[-1].standing, _why_corrected(fact), fact.cause)
    if corrected.standing == told:
        return [fact]
    return [fact, *_told(account.company.name, fact.account_id, told, [corrected])]


def _why_corrected(fact: ContractFact) -> str:
    match fact:
        case DealCounted(amount=None, reason=reason):
            return f"deal reopened: {reason}"
        case DealCounted():
            return "deal won earlier, heard of late"
        case RenewalCounted(outcome=outcome):
            return f"renewal {outcome.value} earlier, heard of late"


def _told(name: str, account_id: UUID, told: Standing | None, steps: Sequence[Step]) -> Iterator[Event]:
    for step in steps:
        match told, step.standing:
            case Contract() as before, Contract() as after:
                yield AccountContractChanged(
                    account_id=account_id,
                    arr=after.arr,
                    previous_arr=before.arr,
                    contract_end=after.contract_end,
                    previous_contract_end=before.contract_end,
                    reason=step.reason,
                    caused_by=step.cause,
                    customer_since=after.customer_since if after.customer_since != before.customer_since else None,
                )
            case _, Contract() as contract:
                yield AccountBecameCustomer(
                    account_id=account_id,
                    account_name=name,
                    deal_id=contract.deal_id,
                    customer_since=contract.customer_since,
                    arr=contract.arr,
                    contract_end=contract.contract_end,
                )
            case _, Lost(contract=contract, churned_on=churned_on, because=because):
                yield AccountChurned(
                    account_id=account_id,
                    account_name=name,
                    churned_on=churned_on,
                    arr=contract.arr,
                    reason=because,
                    customer_since=contract.customer_since,
                    contract_end=contract.contract_end,
                )
        told = step.standing


def _existing(account_id: UUID, state: Account) -> Existing:
    if isinstance(state, NoAccount):
        raise NotFound(f"There is no account {account_id}.", rule="account.unknown")
    return state
