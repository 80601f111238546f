"""Which version an account runs is told to its tickets that are about a bug, whichever came first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.success import AccountVersionReported
from nexa_contracts.support import TicketAccountFound, TicketLinked, TicketUnlinked
from nexa_support.ticket.commands import NoteAccountVersion

Fact = AccountVersionReported | TicketLinked | TicketUnlinked | TicketAccountFound


@dataclass(frozen=True)
class Account:
    """The version it runs, and its tickets that are about a bug or may be."""

    version: str | None = None
    tickets: tuple[UUID, ...] = ()


def evolve(account: Account, fact: Recorded) -> Account:
    match fact.event:
        case AccountVersionReported(version=version):
            return replace(account, version=version)
        case TicketLinked(ticket_id=ticket_id, account_id=UUID()) | TicketAccountFound(ticket_id=ticket_id):
            return replace(account, tickets=(*_without(account, ticket_id), ticket_id))
        case TicketUnlinked(ticket_id=ticket_id):
            return replace(account, tickets=_without(account, ticket_id))
        case _:
            return account


def _without(account: Account, ticket_id: UUID) -> tuple[UUID, ...]:
    return tuple(each for each in account.tickets if each != ticket_id)


def react(account: Account, fact: Recorded, now: datetime) -> Iterator[NoteAccountVersion]:
    if account.version is None:
        return
    match fact.event:
        case AccountVersionReported(account_id=account_id, version=version):
            for ticket_id in account.tickets:
                yield NoteAccountVersion(ticket_id=ticket_id, account_id=account_id, version=version)
        case (
            TicketLinked(ticket_id=ticket_id, account_id=UUID() as account_id)
            | TicketAccountFound(ticket_id=ticket_id, account_id=UUID() as account_id)
        ):
            yield NoteAccountVersion(ticket_id=ticket_id, account_id=account_id, version=account.version)
        case _:
            return


def the_account(event: Fact) -> UUID:
    """A ticket of nobody known stands for itself."""
    if isinstance(event, AccountVersionReported):
        return event.account_id
    return event.account_id or event.ticket_id


note_account_versions = Process(
    name="note_account_versions",
    on=(AccountVersionReported, TicketLinked, TicketUnlinked, TicketAccountFound),
    key=the_account,
    initial=Account(),
    states=(Account,),
    evolve=evolve,
    react=react,
)
