"""What mends a bug is offered to every ticket about it, whichever came first; the ticket knows when it has reached its account.

All tickets of one customer carry one notice, so that they are told once per fix. A ticket that shows that a fix does not
hold is linked by this process too, after the fix is known not to hold: it is never settled by it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.support import BugFixed, BugReopened, TicketLinked, TicketUnlinked
from nexa_support.bug.reporters import Reporters
from nexa_support.bug.words import feature_in_words
from nexa_support.ticket.commands import LinkBug, OfferFix, WithdrawFix

Fact = BugFixed | BugReopened | TicketLinked | TicketUnlinked


@dataclass(frozen=True)
class Offer:
    version: str
    rollout_percent: int
    feature_name: str | None


@dataclass(frozen=True)
class Mending:
    """`offers`: by deployment, what mends the bug; `gone`: what the last fact took back."""

    reporters: Reporters = field(default_factory=Reporters)
    offers: Mapping[UUID, Offer] = field(default_factory=dict)
    gone: tuple[UUID, ...] = ()


def evolve(known: Mending, fact: Recorded) -> Mending:
    match fact.event:
        case TicketLinked(ticket_id=ticket_id, requester=requester):
            return replace(known, reporters=known.reporters.linked(ticket_id, requester))
        case TicketUnlinked(ticket_id=ticket_id):
            return replace(known, reporters=known.reporters.unlinked(ticket_id))
        case BugFixed(deployment_id=deployment_id) as fixed:
            name = feature_in_words(fixed.feature, fixed.feature_name)
            offer = Offer(fixed.version, fixed.rollout_percent, name)
            return replace(known, offers={**known.offers, deployment_id: offer}, gone=())
        case BugReopened(withdrawn=withdrawn, deployment_id=deployment_id):
            gone = tuple(key for key in known.offers if key == deployment_id or not withdrawn)
            held = {key: offer for key, offer in known.offers.items() if key not in gone}
            return replace(known, offers=held, gone=gone)
        case _:
            return known


def react(known: Mending, fact: Recorded, now: datetime) -> Iterator[OfferFix | WithdrawFix | LinkBug]:
    match fact.event:
        case TicketLinked(ticket_id=ticket_id, bug_id=bug_id):
            yield from (_offer(known, bug_id, ticket_id, deployment_id) for deployment_id in known.offers)
        case BugFixed(bug_id=bug_id, deployment_id=deployment_id):
            yield from (_offer(known, bug_id, ticket_id, deployment_id) for ticket_id in known.reporters.first)
        case BugReopened() as reopened:
            yield from _withdraw(known, reopened)
        case _:
            return


def _offer(known: Mending, bug_id: UUID, ticket_id: UUID, deployment_id: UUID) -> OfferFix:
    offer = known.offers[deployment_id]
    return OfferFix(
        ticket_id=ticket_id,
        bug_id=bug_id,
        deployment_id=deployment_id,
        version=offer.version,
        rollout_percent=offer.rollout_percent,
        notice_id=derive(known.reporters.first[ticket_id], deployment_id),
        feature_name=offer.feature_name,
    )


def _withdraw(known: Mending, reopened: BugReopened) -> Iterator[WithdrawFix | LinkBug]:
    """A deployment that was taken back leaves nothing settled; one that did not hold for somebody, all but their ticket."""
    for deployment_id in known.gone:
        for ticket_id in known.reporters.first:
            yield WithdrawFix(
                ticket_id=ticket_id,
                bug_id=reopened.bug_id,
                deployment_id=deployment_id,
                reason=reopened.reason,
                reopen=reopened.withdrawn or ticket_id == reopened.ticket_id,
            )
    if reopened.recurred and reopened.ticket_id is not None:
        yield LinkBug(ticket_id=reopened.ticket_id, bug_id=reopened.bug_id, because=reopened.reason)


def the_bug(event: Fact) -> UUID:
    return event.bug_id


offer_fixes_to_tickets = Process(
    name="offer_fixes_to_tickets",
    on=(BugFixed, BugReopened, TicketLinked, TicketUnlinked),
    key=the_bug,
    initial=Mending(),
    states=(Mending,),
    evolve=evolve,
    react=react,
)
