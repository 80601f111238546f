"""The people, leads and facts that the tests of sales tell their stories with."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from nexa_chassis.domain import Recorded
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadCreated, LeadSourceKind, LeadUpdated
from nexa_contracts.sales import LeadAssigned, RepLevel
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band, Money
from nexa_sales.aggregates import assignment
from nexa_sales.assignment import desk as desks
from nexa_sales.assignment.commands import RouteLead
from nexa_sales.assignment.desk import Desk, Seat

NAMES = UUID("6e657861-0000-5000-8000-0000000000ff")
MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FIFTY_THOUSAND = Money.model_validate({"amount": "50000.00"})


def id_of(name: str) -> UUID:
    return uuid5(NAMES, name)


CAMPAIGN = id_of("Q4 Product Webinar")
IMPORT = id_of("registrants.csv")


def band_of(score: int) -> Band:
    return Band.HIGH if score >= 75 else Band.MEDIUM if score >= 50 else Band.LOW


def seat(name: str, level: RepLevel, **changes: Any) -> Seat:
    return Seat(**({"rep_id": id_of(name), "name": name, "level": level, "capacity": 20} | changes))


def senior(name: str, **changes: Any) -> Seat:
    return seat(name, RepLevel.SENIOR, **changes)


def standard(name: str, **changes: Any) -> Seat:
    return seat(name, RepLevel.STANDARD, **changes)


def roster(*seats: Seat) -> Desk:
    return Desk({each.rep_id: each for each in seats}, turn=max((each.last_turn for each in seats), default=0))


def route(lead: str, score: int, **changes: Any) -> RouteLead:
    given: dict[str, Any] = {
        "lead_id": id_of(lead),
        "campaign_id": CAMPAIGN,
        "import_id": IMPORT,
        "band": band_of(score),
        "score": score,
        "territory": None,
        "product_interest": None,
        "source_label": "Webinar Q4",
        "source_kind": LeadSourceKind.WEBINAR,
    }
    return RouteLead(**(given | changes))


class Routing:
    """Leads routed one after the other over one desk, as a batch does it: each decision sees the events before it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.states: dict[UUID, Any] = {}
        self.events: list[Event] = []

    def execute(self, command: Any, now: datetime = MONDAY) -> Sequence[Event]:
        state = self.states.get(command.lead_id, assignment.initial)
        alone = assignment.alone_for(command)
        events = alone.decide(command, state, now) if alone else assignment.decide(command, state, now, self.desk)
        for event in events:
            state = assignment.evolve(state, event)
            self.desk = desks.evolve(self.desk, event)
        self.states[command.lead_id] = state
        self.events += events
        return events

    @property
    def assignments(self) -> dict[UUID, UUID]:
        """The rep of each lead that was assigned, by the latest event."""
        return {each.lead_id: each.rep_id for each in self.events if isinstance(each, LeadAssigned)}


def lead_created(lead: str, **changes: Any) -> LeadCreated:
    given: dict[str, Any] = {
        "lead_id": id_of(lead),
        "campaign_id": CAMPAIGN,
        "campaign_name": "Q4 Product Webinar",
        "import_id": IMPORT,
        "company": "Acme Corp",
        "source_label": "Webinar Q4",
        "source_kind": LeadSourceKind.WEBINAR,
    }
    return LeadCreated(**(given | changes))


def lead_updated(lead: str, **changes: Any) -> LeadUpdated:
    return LeadUpdated(**(lead_created(lead).model_dump() | {"changed": tuple(changes)} | changes))


def lead_scored(lead: str, score: int, **changes: Any) -> LeadScored:
    given: dict[str, Any] = {
        "lead_id": id_of(lead),
        "campaign_id": CAMPAIGN,
        "import_id": IMPORT,
        "score": score,
        "band": band_of(score),
        "raw_points": score,
        "factors": (),
        "recommendation": "High buying intent, call within 24h",
        "rules_version": 1,
        "caused_by": f"lead-{id_of(lead)}@1",
    }
    return LeadScored(**(given | changes))


def orders_of(*streams: Sequence[Recorded]) -> list[list[Recorded]]:
    """Every order in which these streams' facts can arrive: each stream keeps its own order."""
    living = [stream for stream in streams if stream]
    if not living:
        return [[]]
    orders = []
    for place, stream in enumerate(living):
        rest = [*living[:place], stream[1:], *living[place + 1 :]]
        orders += [[stream[0], *order] for order in orders_of(*rest)]
    return orders
