"""What scoring alone needs to know of an account's health."""

from datetime import date
from uuid import UUID

from nexa_contracts.envelope import Event


class ScoringStopped(Event):
    """The account is no customer any more; its episode, if one was open, ends with it."""

    account_id: UUID
    account_name: str
    on: date
    reason: str
    caused_by: str
