"""What an account bought is its plan, which policies may go by: its open tickets take it, whichever came first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.sales import DealClosedWon
from nexa_contracts.support import (
    TicketAccountFound,
    TicketFields,
    TicketReopened,
    TicketResolved,
    TicketStatus,
    TicketStatusChanged,
    TicketSubmitted,
)
from nexa_support.ticket.commands import TakePlan


@dataclass(frozen=True)
class Account:
    """The plan, from when it was bought, and the tickets that are open."""

    plan: str | None = None
    since: datetime | None = None
    tickets: tuple[UUID, ...] = ()


def the_account(event: DealClosedWon | TicketFields) -> UUID:
    """A ticket of nobody known stands for itself."""
    if isinstance(event, DealClosedWon):
        return event.account_id
    return event.account_id or event.ticket_id


def evolve(account: Account, fact: Recorded) -> Account:
    match fact.event:
        case DealClosedWon(details=details) if details is not None and details.products:
            if account.since is not None and account.since > fact.time:
                return account
            return replace(account, plan=details.products[0].product, since=fact.time)
        case (
            TicketSubmitted(ticket_id=ticket_id)
            | TicketAccountFound(ticket_id=ticket_id)
            | TicketReopened(ticket_id=ticket_id)
        ):
            return replace(account, tickets=(*_without(account, ticket_id), ticket_id))
        case TicketResolved(ticket_id=ticket_id) | TicketStatusChanged(ticket_id=ticket_id, status=TicketStatus.CLOSED):
            return replace(account, tickets=_without(account, ticket_id))
        case _:
            return account


def _without(account: Account, ticket_id: UUID) -> tuple[UUID, ...]:
    return tuple(each for each in account.tickets if each != ticket_id)


def react(account: Account, fact: Recorded, now: datetime) -> Iterator[TakePlan]:
    match fact.event:
        case DealClosedWon(account_id=account_id):
            for ticket_id in account.tickets:
                yield TakePlan(ticket_id=ticket_id, account_id=account_id, plan=account.plan)
        case TicketAccountFound(ticket_id=ticket_id, account_id=UUID() as account_id):
            yield TakePlan(ticket_id=ticket_id, account_id=account_id, plan=account.plan)
        case (
            TicketSubmitted(ticket_id=ticket_id, account_id=UUID() as account_id)
            | TicketReopened(ticket_id=ticket_id, account_id=UUID() as account_id)
        ) if account.plan is not None:
            yield TakePlan(ticket_id=ticket_id, account_id=account_id, plan=account.plan)
        case _:
            return


take_plan = Process(
    name="take_plan",
    on=(DealClosedWon, TicketSubmitted, TicketAccountFound, TicketResolved, TicketStatusChanged, TicketReopened),
    key=the_account,
    initial=Account(),
    states=(Account,),
    evolve=evolve,
    react=react,
)
