"""Tickets that go on in another one share its fate: settled with it, reopened with it, each customer told once.

The facts of two tickets come in any order: what was settled before the merge is known settles the merged one then. Where a
fix has settled it, the merged ticket becomes one of that bug, and the fix settles it too, once it reaches its own account.
What another fix has settled meanwhile stays so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.support import TicketMerged, TicketReopened, TicketResolved, TicketUnmerged
from nexa_support.ticket.commands import LinkBug, ReopenTicket, ResolveTicket

Fact = TicketMerged | TicketUnmerged | TicketResolved | TicketReopened


@dataclass(frozen=True)
class Followed:
    """Tickets that go on in this one, how it is settled, and the deployment that had settled it before it was reopened."""

    merged: tuple[UUID, ...] = ()
    settled: TicketResolved | None = None
    was_mended_by: UUID | None = None


def evolve(known: Followed, fact: Recorded) -> Followed:
    match fact.event:
        case TicketMerged(ticket_id=ticket_id):
            return replace(known, merged=(*without(known, ticket_id), ticket_id))
        case TicketUnmerged(ticket_id=ticket_id):
            return replace(known, merged=without(known, ticket_id))
        case TicketResolved() as settled:
            return replace(known, settled=settled)
        case TicketReopened():
            return replace(known, settled=None, was_mended_by=known.settled.deployment_id if known.settled else None)
        case _:
            return known


def without(known: Followed, ticket_id: UUID) -> tuple[UUID, ...]:
    return tuple(each for each in known.merged if each != ticket_id)


def react(known: Followed, fact: Recorded, now: datetime) -> Iterator[LinkBug | ResolveTicket | ReopenTicket]:
    match fact.event:
        case TicketMerged(ticket_id=ticket_id) if known.settled is not None:
            yield _settle(ticket_id, known.settled)
        case TicketResolved() as settled:
            yield from (_settle(ticket_id, settled) for ticket_id in known.merged)
        case TicketReopened(reason=reason):
            for ticket_id in known.merged:
                yield ReopenTicket(ticket_id=ticket_id, reason=reason, deployment_id=known.was_mended_by)
        case _:
            return


def _settle(ticket_id: UUID, settled: TicketResolved) -> LinkBug | ResolveTicket:
    if settled.bug_id is not None and settled.deployment_id is not None:
        return LinkBug(ticket_id=ticket_id, bug_id=settled.bug_id, because=f"it goes on in {settled.reference}")
    return ResolveTicket(
        ticket_id=ticket_id,
        resolution=settled.resolution,
        deployment_id=settled.deployment_id,
        version=settled.version,
        tell_customer=True,
        feature_name=settled.feature_name,
        told=settled.requester,
    )


def going_on(event: Fact) -> UUID:
    """The ticket that others go on in."""
    match event:
        case TicketMerged(into_id=into_id) | TicketUnmerged(into_id=into_id):
            return into_id
        case TicketResolved(ticket_id=ticket_id) | TicketReopened(ticket_id=ticket_id):
            return ticket_id


follow_merged_tickets = Process(
    name="follow_merged_tickets",
    on=(TicketMerged, TicketUnmerged, TicketResolved, TicketReopened),
    key=going_on,
    initial=Followed(),
    states=(Followed,),
    evolve=evolve,
    react=react,
)
