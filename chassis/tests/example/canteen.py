"""A service that only consumes: tables order and pay, plates are served. Nothing in it forgives a second delivery.

Serving always appends an event, and the counts only grow, so whatever is handled twice shows in the figures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, text

from nexa_chassis.domain import Aggregate, Deadline, Recorded, Refused, derive
from nexa_chassis.reactions import Process, Reaction
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_chassis.service import Service
from nexa_contracts import topics
from nexa_contracts.envelope import Event
from nexa_contracts.topics import Topic

CURED: set[str] = set()
"""Dishes whose handling has been repaired meanwhile."""


class Ordered(Event):
    table_id: UUID
    number: int
    dish: str


class Paid(Event):
    table_id: UUID
    amount: int


class Served(Event):
    plate_id: UUID
    dish: str


@dataclass(frozen=True)
class Serve:
    plate_id: UUID
    dish: str


def decide(command: Serve, served: int, now: datetime) -> Sequence[Event]:
    if command.dish == "refused" and "refused" not in CURED:
        raise Refused("Not on the menu.", rule="canteen.menu")
    return [Served(plate_id=command.plate_id, dish=command.dish)]


plate = Aggregate[Serve, int](
    name="plate",
    key="plate_id",
    commands=(Serve,),
    initial=0,
    decide=decide,
    evolve=lambda served, event: served + 1,
    private=(Served,),
)

metadata = MetaData()
plates = Table(
    "plates", metadata, Column("plate_id", Uuid, primary_key=True), Column("dish", Text), Column("at", Integer)
)
dishes = Table(
    "dishes",
    metadata,
    Column("dish", Text, primary_key=True),
    Column("orders", Integer, server_default=text("0")),
)


def project_plates(fact: Recorded) -> Iterator[Change]:
    if isinstance(fact.event, Served):
        yield Put(plates, {"plate_id": fact.event.plate_id}, {"dish": fact.event.dish})


def project_dishes(fact: Recorded) -> Iterator[Change]:
    if isinstance(fact.event, Ordered):
        yield Add(dishes, {"dish": fact.event.dish}, {"orders": 1})
        if fact.event.dish == "half" and "half" not in CURED:
            yield Add(dishes, {"menu": 1}, {"orders": 1})


def serve_orders(fact: Recorded, now: datetime) -> Iterator[object]:
    if isinstance(fact.event, Ordered):
        dish = fact.event.dish
        if dish == "choked" and "choked" not in CURED:
            raise ValueError("it went down the wrong way")
        if dish == "unknown command":
            yield object()
        if dish == "unknown deadline":
            yield Deadline(at=now, command=object())
        yield Serve(derive(fact.event.table_id, fact.version), dish)
        if dish == "slow":
            yield Deadline(at=now + timedelta(hours=1), command=Serve(derive(fact.event.table_id, "late"), dish))


@dataclass(frozen=True)
class Tab:
    """What a table ordered and paid so far; the receipt goes out with the third order and the payment."""

    ordered: int = 0
    paid: int = 0


def evolve_tab(tab: Tab, fact: Recorded) -> Tab:
    return Tab(tab.ordered + 1, tab.paid) if isinstance(fact.event, Ordered) else Tab(tab.ordered, tab.paid + 1)


def settle(tab: Tab, fact: Recorded, now: datetime) -> Iterator[object]:
    if tab == Tab(3, 1):
        yield Serve(derive(fact.event.table_id, "receipt"), "receipt")  # type: ignore[attr-defined]


serve = Reaction(name="serve_orders", on=(Ordered,), react=serve_orders)
receipts = Process[Tab](
    name="settle_tabs",
    on=(Ordered, Paid),
    key=lambda event: event.table_id,
    initial=Tab(),
    states=(Tab,),
    evolve=evolve_tab,
    react=settle,
)
what_is_ordered = ReadModel(
    name="what_is_ordered", tables=(dishes,), on=(Ordered,), project=project_dishes, from_topics=True
)
what_was_served = ReadModel(name="what_was_served", tables=(plates,), on=(Served,), project=project_plates)
CONSUMED: dict[str, Reaction | Process[Tab] | ReadModel] = {
    each.name: each for each in (serve, receipts, what_is_ordered)
}


def canteen(name: str, *consumed: str) -> Service:
    """The service `name` with these of its consumers; orders and payments come on `nexa.<name>.…` topics."""
    table, till = Topic(name, "table", "table_id", (Ordered,)), Topic(name, "till", "table_id", (Paid,))
    topics._TOPIC_OF.update({Ordered: table, Paid: till})
    chosen = [CONSUMED[each] for each in consumed]
    return Service(
        name=name,
        migrations="canteen",
        metadata=metadata,
        aggregates=[plate],
        reactions=[each for each in chosen if not isinstance(each, ReadModel)],
        read_models=[what_was_served, *(each for each in chosen if isinstance(each, ReadModel))],
    )
