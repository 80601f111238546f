"""What a bug does, counted three ways: tickets that report it, accounts that it hits, what these pay."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from nexa_contracts.values import Money


@dataclass(frozen=True)
class Impact:
    """`arr`: one sum for each currency, the largest first; nothing is converted."""

    tickets: int
    accounts: int
    arr: tuple[Money, ...]
    reporting_accounts: int
    running_accounts: int


def impact(reporting: Iterable[UUID | None], running: Iterable[UUID], arr_of: Mapping[UUID, Money]) -> Impact:
    """`reporting`: the account of each ticket, null where nobody knows it; `running`: accounts on the affected version."""
    of_tickets = list(reporting)
    reporters, runners = {each for each in of_tickets if each is not None}, set(running)
    hit = reporters | runners
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for account_id in hit:
        if (pays := arr_of.get(account_id)) is not None:
            sums[pays.currency] += pays.amount
    arr = tuple(Money(amount=amount, currency=currency) for currency, amount in sorted(sums.items()))
    return Impact(
        tickets=len(of_tickets),
        accounts=len(hit),
        arr=tuple(sorted(arr, key=lambda money: -money.amount)),
        reporting_accounts=len(reporters),
        running_accounts=len(runners),
    )
