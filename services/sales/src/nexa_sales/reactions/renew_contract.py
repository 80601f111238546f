"""A renewal that was won or expanded gives the account's contract its new value and end; a lost one ends it."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import RenewalClosed
from nexa_sales.account.decisions import CountTowardsContract
from nexa_sales.account.events import RenewalCounted


def react(fact: Recorded, now: datetime) -> Iterator[CountTowardsContract]:
    match fact.event:
        case RenewalClosed() as closed:
            counted = RenewalCounted(
                account_id=closed.account_id,
                renewal_id=closed.renewal_id,
                version=fact.version,
                outcome=closed.outcome,
                arr=closed.arr,
                contract_end=closed.contract_end,
                reason=closed.reason,
                at=fact.time,
                cause=fact.id,
            )
            yield CountTowardsContract(account_id=closed.account_id, fact=counted)
        case _:
            return


renew_contract = Reaction(name="renew_contract", on=(RenewalClosed,), react=react)
