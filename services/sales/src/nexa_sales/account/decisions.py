"""Accounts: one for each company, whatever way its name is written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused, derive
from nexa_contracts.marketing import CompanySize
from nexa_contracts.sales import AccountCreated, AccountUpdated
from nexa_sales.account.state import Existing, NoAccount

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


Command: TypeAlias = OpenAccount | ChangeAccount
COMMANDS: tuple[type, ...] = (OpenAccount, ChangeAccount)


def decide(command: Command, state: NoAccount | Existing, now: datetime) -> Sequence[AccountCreated | AccountUpdated]:
    match command:
        case OpenAccount():
            return open_account(command, state)
        case ChangeAccount():
            return change(command, state)
        case _:
            assert_never(command)


def open_account(command: OpenAccount, state: NoAccount | Existing) -> Sequence[AccountCreated]:
    match state:
        case NoAccount():
            return [
                AccountCreated(
                    account_id=command.account_id,
                    name=command.name,
                    country=command.country,
                    company_size=command.company_size,
                )
            ]
        case Existing(name=name):
            raise Refused(f"{name} is an account already: {command.account_id}.", rule=THERE_ALREADY)


def change(command: ChangeAccount, state: NoAccount | Existing) -> Sequence[AccountUpdated]:
    match state:
        case NoAccount():
            raise NotFound(f"There is no account {command.account_id}.", rule="account.unknown")
        case Existing() if state == Existing(command.name, command.country, command.company_size):
            return []
        case Existing():
            return [
                AccountUpdated(
                    account_id=command.account_id,
                    name=command.name,
                    country=command.country,
                    company_size=command.company_size,
                )
            ]
