"""The people, deals and facts that the tests of success tell their stories with."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from nexa_chassis.domain import Recorded
from nexa_chassis.testing import recorded
from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    AccountCreated,
    ContactCreated,
    DealClosedWon,
    DealCreated,
    DealDetails,
    DealReopened,
    KeyContact,
    ProductLine,
)
from nexa_contracts.success import Person, Role
from nexa_contracts.values import Money
from nexa_success.aggregates import onboarding
from nexa_success.csm.calendar import Calendar
from nexa_success.onboarding import desk as desks
from nexa_success.onboarding.commands import StartOnboarding
from nexa_success.onboarding.desk import Desk, Seat
from nexa_success.reactions.onboard_won_customer import onboarding_of

NAMES = UUID("6e657861-0000-5000-8000-0000000000ee")
MONDAY = datetime(2025, 11, 24, 9, 0, tzinfo=UTC)
FIFTY_THOUSAND = Money.model_validate({"amount": "50000.00"})


def id_of(name: str) -> UUID:
    return uuid5(NAMES, name)


DEAL = id_of("Acme's deal")
ACCOUNT = id_of("Acme Corp")
PROJECT = onboarding_of(DEAL)
SARAH = Person(person_id=id_of("Sarah Miller"), name="Sarah Miller", email="sarah.miller@acme.example")
DETAILS = DealDetails(
    products=(ProductLine(product="Enterprise Plan", seats=50),),
    special_requirements=("Salesforce integration", "SSO"),
    key_contacts=(KeyContact(name="Sarah", role="primary"), KeyContact(name="Tom", role="IT")),
    sales_notes="Very engaged, high adoption likely",
    timeline="Go-live by end of month",
)


def seat(name: str, role: Role = Role.CSM, **changes: Any) -> Seat:
    given: dict[str, Any] = {
        "csm_id": id_of(name),
        "name": name,
        "email": f"{name.lower().replace(' ', '.')}@nexa.example",
        "role": role,
        "capacity": 15,
        "manager_id": id_of("Victor"),
        "calendar": Calendar("Europe/Berlin", "DE"),
    }
    return Seat(**(given | changes))


def desk(*seats: Seat, **changes: Any) -> Desk:
    turn = max((each.last_turn for each in seats), default=0)
    return Desk({each.csm_id: each for each in seats}, turn, **changes)


NORA = seat("Nora Vance")
IVAN = seat("Ivan Petrov", Role.SPECIALIST)
TEAM = desk(NORA, IVAN)


def start(deal: UUID = DEAL, **changes: Any) -> StartOnboarding:
    given: dict[str, Any] = {
        "project_id": onboarding_of(deal),
        "account_id": ACCOUNT,
        "account_name": "Acme Corp",
        "deal_id": deal,
        "deal_name": "Acme Corp",
        "arr": FIFTY_THOUSAND,
        "won_at": MONDAY,
        "contact": SARAH,
        "rep_id": id_of("Maria"),
        "details": DETAILS,
    }
    return StartOnboarding(**(given | changes))


class Story:
    """One onboarding told command by command over a desk that follows what happens."""

    def __init__(self, at: Desk = TEAM) -> None:
        self.desk = at
        self.state: Any = onboarding.initial
        self.events: list[Event] = []

    def tell(self, command: Any, now: datetime = MONDAY) -> Sequence[Event]:
        events = onboarding.decide(command, self.state, now, self.desk)
        for event in events:
            self.state = onboarding.evolve(self.state, event)
            self.desk = desks.evolve(self.desk, event)
        self.events += events
        return events

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]


def account_created() -> AccountCreated:
    return AccountCreated(account_id=ACCOUNT, name="Acme Corp", country="US")


def contact_created() -> ContactCreated:
    return ContactCreated(
        contact_id=SARAH.person_id,
        account_id=ACCOUNT,
        first_name="Sarah",
        last_name="Miller",
        email="sarah.miller@acme.example",
    )


def deal_created(**changes: Any) -> DealCreated:
    given: dict[str, Any] = {
        "deal_id": DEAL,
        "account_id": ACCOUNT,
        "primary_contact_id": SARAH.person_id,
        "rep_id": id_of("Maria"),
        "name": "Acme Corp",
        "amount": FIFTY_THOUSAND,
    }
    return DealCreated(**(given | changes))


def deal_won(**changes: Any) -> DealClosedWon:
    given: dict[str, Any] = {
        "deal_id": DEAL,
        "account_id": ACCOUNT,
        "amount": FIFTY_THOUSAND,
        "closed_at": MONDAY,
        "name": "Acme Corp",
        "primary_contact_id": SARAH.person_id,
        "rep_id": id_of("Maria"),
        "details": DETAILS,
    }
    return DealClosedWon(**(given | changes))


def deal_reopened(**changes: Any) -> DealReopened:
    given: dict[str, Any] = {
        "deal_id": DEAL,
        "account_id": ACCOUNT,
        "amount": FIFTY_THOUSAND,
        "reason": "Signature was withdrawn",
        "was": "won",
    }
    return DealReopened(**(given | changes))


def stream(*events: Event, service: str = "sales") -> list[Recorded]:
    """The events as one stream's facts, in order."""
    return [recorded(event, version=version) for version, event in enumerate(events, 1)]


def orders_of(*streams: Sequence[Recorded]) -> list[list[Recorded]]:
    """Every order in which these streams' facts can arrive: each stream keeps its own order."""
    living = [each for each in streams if each]
    if not living:
        return [[]]
    orders = []
    for place, first in enumerate(living):
        rest = [*living[:place], first[1:], *living[place + 1 :]]
        orders += [[first[0], *order] for order in orders_of(*rest)]
    return orders
