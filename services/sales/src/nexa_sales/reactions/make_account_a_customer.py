"""A won deal makes its account a customer, or adds to its contract; a won deal that is reopened does not count."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.sales import DealClosedWon, DealReopened
from nexa_sales.account.decisions import CountTowardsContract
from nexa_sales.account.events import DealCounted


def react(fact: Recorded, now: datetime) -> Iterator[CountTowardsContract]:
    match fact.event:
        case DealClosedWon() as won:
            counted = DealCounted(
                account_id=won.account_id,
                deal_id=won.deal_id,
                version=fact.version,
                amount=won.amount,
                at=won.closed_at,
                reason="deal won",
                cause=fact.id,
            )
            yield CountTowardsContract(account_id=won.account_id, fact=counted)
        case DealReopened(was="won") as reopened:
            counted = DealCounted(
                account_id=reopened.account_id,
                deal_id=reopened.deal_id,
                version=fact.version,
                amount=None,
                at=fact.time,
                reason=reopened.reason,
                cause=fact.id,
            )
            yield CountTowardsContract(account_id=reopened.account_id, fact=counted)
        case _:
            return


make_account_a_customer = Reaction(name="make_account_a_customer", on=(DealClosedWon, DealReopened), react=react)
