"""Accounts: one for each company, whatever way its name is written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_contracts.marketing import CompanySize
from nexa_contracts.sales import AccountCreated
from nexa_sales.account.state import Existing, NoAccount

LEGAL_FORM = re.compile(
    r"[\s,]+(inc|incorporated|corp|corporation|co|company|ltd|limited|llc|llp|plc|gmbh|ag|kg|sa|sas|sarl|bv|nv|ab|as|oy|spa|srl)\.?$"
)


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
    """Open the company's account, unless it is there."""

    account_id: UUID
    name: str
    country: str | None
    company_size: CompanySize | None


def decide(command: OpenAccount, state: NoAccount | Existing, now: datetime) -> Sequence[AccountCreated]:
    match state:
        case Existing():
            return []
        case NoAccount():
            return [
                AccountCreated(
                    account_id=command.account_id,
                    name=command.name,
                    country=command.country,
                    company_size=command.company_size,
                )
            ]
