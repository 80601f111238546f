"""A small service for the store's tests: baskets that are opened, filled and closed, and the questions asked about them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Aggregate, AggregateInContext, Context, Recorded, Refused
from nexa_chassis.read_models import Add, Change, Put, ReadModel, Remove
from nexa_contracts.envelope import Event
from nexa_contracts.topics import Topic

if TYPE_CHECKING:
    from nexa_chassis.service import Service


class BasketOpened(Event):
    basket_id: UUID
    owner: str


class ItemAdded(Event):
    basket_id: UUID
    item: str
    amount: int


class NoteTaken(Event):
    note: str


class BasketClosed(Event):
    basket_id: UUID


class TicketDrawn(Event):
    number: int


@dataclass(frozen=True)
class OpenBasket:
    basket_id: UUID
    owner: str


@dataclass(frozen=True)
class AddItems:
    basket_id: UUID
    items: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True)
class CloseBasket:
    basket_id: UUID


@dataclass(frozen=True)
class DrawTicket:
    draw_id: UUID


@dataclass(frozen=True)
class NoBasket:
    pass


@dataclass(frozen=True)
class OpenedBasket:
    basket_id: UUID
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClosedBasket:
    basket_id: UUID


Basket = NoBasket | OpenedBasket | ClosedBasket


def decide(command: OpenBasket | AddItems | CloseBasket, basket: Basket, now: datetime) -> Sequence[Event]:
    match command, basket:
        case OpenBasket(basket_id=basket_id, owner=owner), NoBasket():
            return [BasketOpened(basket_id=basket_id, owner=owner)]
        case OpenBasket(), OpenedBasket():
            return []
        case AddItems(items=items, note=note), OpenedBasket(basket_id=basket_id):
            added = [ItemAdded(basket_id=basket_id, item=item, amount=len(item)) for item in items]
            return [*added[:1], *([NoteTaken(note=note)] if note else []), *added[1:]]
        case CloseBasket(), OpenedBasket(basket_id=basket_id):
            return [BasketClosed(basket_id=basket_id)]
        case CloseBasket(), ClosedBasket():
            return []
    raise Refused(
        f"{type(command).__name__} does not suit a basket that is {type(basket).__name__}.", rule="basket.state"
    )


def evolve(basket: Basket, event: Event) -> Basket:
    match basket, event:
        case NoBasket(), BasketOpened(basket_id=basket_id):
            return OpenedBasket(basket_id)
        case OpenedBasket(items=items), ItemAdded(item=item):
            return replace(basket, items=(*items, item))
        case OpenedBasket(basket_id=basket_id), BasketClosed():
            return ClosedBasket(basket_id)
    return basket


basket = Aggregate[OpenBasket | AddItems | CloseBasket, Basket](
    name="basket",
    key="basket_id",
    commands=(OpenBasket, AddItems, CloseBasket),
    initial=NoBasket(),
    evolve=evolve,
    decide=decide,
    topic=Topic("shop", "basket", "basket_id", (BasketOpened, ItemAdded, BasketClosed)),
    private=(NoteTaken,),
)

metadata = MetaData()

open_baskets = Table(
    "open_baskets",
    metadata,
    Column("basket_id", Uuid, primary_key=True),
    Column("owner", Text),
    Column("items", Integer, nullable=False, server_default=text("0")),
    Column("last_item", Text),
    Column("last_change", DateTime(timezone=True)),
    Index("open_baskets_owner_idx", "owner"),
)

items_sold = Table(
    "items_sold",
    metadata,
    Column("item", Text, primary_key=True),
    Column("count", Integer, nullable=False, server_default=text("0")),
    Column("amount", Integer),
)

tickets = Table("tickets", metadata, Column("draw_id", Uuid, primary_key=True), Column("number", Integer))


def project_open_baskets(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case BasketOpened(basket_id=basket_id, owner=owner):
            yield Put(open_baskets, {"basket_id": basket_id}, {"owner": owner, "last_change": fact.recorded_at})
        case ItemAdded(basket_id=basket_id, item=item):
            yield Put(open_baskets, {"basket_id": basket_id}, {"last_item": item, "last_change": fact.recorded_at})
            yield Add(open_baskets, {"basket_id": basket_id}, {"items": 1})
        case BasketClosed(basket_id=basket_id):
            yield Remove(open_baskets, {"basket_id": basket_id})


def project_items_sold(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case ItemAdded(item=item, amount=amount):
            yield Add(items_sold, {"item": item}, {"count": 1, "amount": amount})


def project_tickets(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TicketDrawn(number=number):
            yield Put(tickets, {"draw_id": UUID(fact.stream.partition("-")[2])}, {"number": number})


which_baskets_are_open = ReadModel(
    name="which_baskets_are_open",
    tables=(open_baskets,),
    on=(BasketOpened, ItemAdded, BasketClosed),
    project=project_open_baskets,
)
what_sells = ReadModel(name="what_sells", tables=(items_sold,), on=(ItemAdded,), project=project_items_sold)
who_drew_what = ReadModel(name="who_drew_what", tables=(tickets,), on=(TicketDrawn,), project=project_tickets)


async def load_last_number(connection: AsyncConnection) -> int:
    rows = await connection.execute(select(tickets.c.number).order_by(tickets.c.number.desc()).limit(1))
    return rows.scalar() or 0


last_number = Context[int](
    load=load_last_number,
    evolve=lambda number, event: event.number if isinstance(event, TicketDrawn) else number,
)


def draw(command: DrawTicket, drawn: int | None, now: datetime, last: int) -> Sequence[Event]:
    return [] if drawn else [TicketDrawn(number=last + 1)]


ticket = AggregateInContext[DrawTicket, int | None, int](
    name="ticket",
    key="draw_id",
    commands=(DrawTicket,),
    initial=None,
    evolve=lambda drawn, event: event.number,
    decide=draw,
    private=(TicketDrawn,),
    context=last_number,
)


def shop(*read_models: ReadModel) -> "Service":
    """The service as the store needs it, with these read models."""
    return cast(
        "Service",
        SimpleNamespace(name="shop", metadata=metadata, aggregates=(basket, ticket), read_models=read_models),
    )
