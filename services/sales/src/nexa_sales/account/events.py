"""What sales alone needs to know of an account: the facts its contract follows from, as they came."""

from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime

from nexa_contracts.envelope import Event, Personal
from nexa_contracts.success import RenewalOutcome
from nexa_contracts.values import Money


class DealCounted(Event):
    """A deal of the account was won, or is not won any more (`amount` is null then)."""

    account_id: UUID
    deal_id: UUID
    version: int
    amount: Money | None
    at: AwareDatetime
    reason: str
    cause: str


class RenewalCounted(Event):
    """A renewal of the account was closed."""

    account_id: UUID
    renewal_id: UUID
    version: int
    outcome: RenewalOutcome
    arr: Money | None
    contract_end: date
    reason: Annotated[str | None, Personal()]
    at: AwareDatetime
    cause: str


ContractFact: TypeAlias = DealCounted | RenewalCounted
