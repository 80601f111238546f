"""Tickets that a bug was opened from are about it."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.support import BugOpened
from nexa_support.ticket.commands import LinkBug


def react(fact: Recorded, now: datetime) -> Iterator[LinkBug]:
    match fact.event:
        case BugOpened(bug_id=bug_id, ticket_ids=ticket_ids, reported_by=who):
            for ticket_id in ticket_ids:
                yield LinkBug(ticket_id=ticket_id, bug_id=bug_id, because=f"the bug was opened from it by {who}")
        case _:
            return


link_reported_tickets = Reaction(name="link_reported_tickets", on=(BugOpened,), react=react)
