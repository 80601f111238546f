"""A won deal becomes an onboarding. The deal, the account's name and the primary contact come in any order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    AccountCreated,
    AccountUpdated,
    ContactCreated,
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealDetails,
    DealDetailsChanged,
    DealHandoffResubmitted,
    DealReopened,
)
from nexa_contracts.success import Person
from nexa_contracts.values import Money
from nexa_success.onboarding.commands import CancelOnboarding, PauseOnboarding, ResubmitHandoff, StartOnboarding

HandoverFact: TypeAlias = (
    AccountCreated
    | AccountUpdated
    | ContactCreated
    | DealCreated
    | DealDetailsChanged
    | DealClosedWon
    | DealClosedLost
    | DealReopened
    | DealHandoffResubmitted
)


@dataclass(frozen=True)
class Sold:
    """What the contract says, and the event that said it."""

    arr: Money
    at: datetime


@dataclass(frozen=True)
class Deal:
    """`handed_over_by`: the event with which nothing was missing any more; `reopened`: it was won before, and is not now."""

    name: str | None = None
    contact_id: UUID | None = None
    rep_id: UUID | None = None
    details: DealDetails = field(default_factory=DealDetails)
    sold: Sold | None = None
    handed_over_by: str | None = None
    reopened: bool = False


@dataclass(frozen=True)
class Handover:
    """What is known of an account: its name, its people, its deals."""

    account_name: str | None = None
    contacts: Mapping[UUID, Person] = field(default_factory=dict)
    deals: Mapping[UUID, Deal] = field(default_factory=dict)


def evolve(known: Handover, fact: Recorded) -> Handover:
    learned = _learn(known, fact)
    ready = {
        deal_id: replace(deal, handed_over_by=fact.id)
        for deal_id, deal in learned.deals.items()
        if deal.handed_over_by is None and _is_complete(learned, deal)
    }
    return replace(learned, deals={**learned.deals, **ready}) if ready else learned


def _learn(known: Handover, fact: Recorded) -> Handover:
    match fact.event:
        case AccountCreated(name=name) | AccountUpdated(name=name):
            return replace(known, account_name=name)
        case ContactCreated(contact_id=contact_id) as contact:
            name = " ".join(filter(None, (contact.first_name, contact.last_name))) or contact.email or "Customer"
            person = Person(person_id=contact_id, name=name, email=contact.email)
            return replace(known, contacts={**known.contacts, contact_id: person})
        case DealCreated() as made:
            deal = replace(
                _deal(known, made.deal_id), name=made.name, contact_id=made.primary_contact_id, rep_id=made.rep_id
            )
            return _with(known, made.deal_id, deal)
        case DealDetailsChanged(deal_id=deal_id, details=details):
            return _with(known, deal_id, replace(_deal(known, deal_id), details=details))
        case DealClosedWon() as won:
            deal = _deal(known, won.deal_id)
            sold = replace(
                deal,
                sold=Sold(won.amount, won.closed_at),
                name=won.name or deal.name,
                contact_id=won.primary_contact_id or deal.contact_id,
                rep_id=won.rep_id or deal.rep_id,
                details=won.details or deal.details,
                reopened=False,
            )
            return _with(known, won.deal_id, sold)
        case DealReopened(deal_id=deal_id, was="won"):
            again = replace(_deal(known, deal_id), sold=None, handed_over_by=None, reopened=True)
            return _with(known, deal_id, again)
        case _:
            return known


def _deal(known: Handover, deal_id: UUID) -> Deal:
    return known.deals.get(deal_id, Deal())


def _with(known: Handover, deal_id: UUID, deal: Deal) -> Handover:
    return replace(known, deals={**known.deals, deal_id: deal})


def _is_complete(known: Handover, deal: Deal) -> bool:
    return deal.sold is not None and known.account_name is not None and deal.contact_id in known.contacts


def react(
    known: Handover, fact: Recorded, now: datetime
) -> Iterator[StartOnboarding | PauseOnboarding | CancelOnboarding | ResubmitHandoff]:
    match fact.event:
        case DealReopened(deal_id=deal_id, was="won", reason=reason):
            yield PauseOnboarding(project_id=onboarding_of(deal_id), reason=reason)
        case DealClosedLost(deal_id=deal_id, reason=reason) if _deal(known, deal_id).reopened:
            yield CancelOnboarding(project_id=onboarding_of(deal_id), reason=reason)
        case DealHandoffResubmitted(deal_id=deal_id, details=details, note=note):
            yield ResubmitHandoff(project_id=onboarding_of(deal_id), details=details, note=note)
        case _:
            for deal_id, deal in known.deals.items():
                if deal.handed_over_by == fact.id:
                    yield _start(known, account_of(fact.event), deal_id, deal)


def _start(known: Handover, account_id: UUID, deal_id: UUID, deal: Deal) -> StartOnboarding:
    assert deal.sold is not None and deal.contact_id is not None and known.account_name is not None  # noqa: PT018
    return StartOnboarding(
        project_id=onboarding_of(deal_id),
        account_id=account_id,
        account_name=known.account_name,
        deal_id=deal_id,
        deal_name=deal.name or known.account_name,
        arr=deal.sold.arr,
        won_at=deal.sold.at,
        contact=known.contacts[deal.contact_id],
        rep_id=deal.rep_id,
        details=deal.details,
    )


def onboarding_of(deal_id: UUID) -> UUID:
    """The id of a deal's onboarding: one for each deal, however often it is won."""
    return derive(deal_id, "onboarding")


def account_of(event: Event) -> UUID:
    assert isinstance(event, HandoverFact)
    return event.account_id


onboard_won_customer = Process(
    name="onboard_won_customer",
    on=(
        AccountCreated,
        AccountUpdated,
        ContactCreated,
        DealCreated,
        DealDetailsChanged,
        DealClosedWon,
        DealClosedLost,
        DealReopened,
        DealHandoffResubmitted,
    ),
    key=account_of,
    initial=Handover(),
    states=(Handover,),
    evolve=evolve,
    react=react,
)
