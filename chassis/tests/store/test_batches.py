"""A batch is the same as its commands one by one, only faster."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, Table, Text, Uuid
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.clock import WallClock
from nexa_chassis.domain import ContextOfCommands, Recorded, Refused
from nexa_chassis.origin import Origin
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_chassis.store import Idempotency, Store

from .conftest import EVERY_QUESTION, Shop, libpq
from .shop import (
    AddItems,
    CloseBasket,
    DrawTicket,
    ItemAdded,
    OpenBasket,
    TicketDrawn,
    basket,
    last_number,
    metadata,
    ticket,
)

if TYPE_CHECKING:
    from nexa_chassis.service import Service

ME = Origin(actor="anna", correlation_id="visit-1")
IDS = [UUID(int=n) for n in range(1, 5)]
RESULT = (
    "select stream, version, type, published, data::text, meta->>'previous' from events order by stream, version",
    "select count(*) from outbox",
    "select basket_id, owner, items, last_item from open_baskets order by 1",
    "select item, count, amount from items_sold order by 1",
    "select draw_id, number from tickets order by 1",
)

ids = st.sampled_from(IDS)
commands = st.one_of(
    st.builds(OpenBasket, ids, st.sampled_from(["anna", "ben"])),
    st.builds(
        AddItems, ids, st.lists(st.sampled_from(["tea", "jam"]), max_size=3).map(tuple), st.none() | st.just("n")
    ),
    st.builds(CloseBasket, ids),
    st.builds(DrawTicket, ids),
)


async def one_by_one(store: Store, batch: Sequence[object]) -> None:
    for command in batch:
        try:
            await store.execute([command], ME)
        except Refused:
            continue


async def together(store: Store, batch: Sequence[object], size: int) -> None:
    for start in range(0, len(batch), size):
        async with store.transaction(ME) as tx:
            await tx.load(batch[start : start + size])
            for command in batch[start : start + size]:
                try:
                    tx.decide([command])
                except Refused:
                    continue
            await tx.write()


async def result(a_shop: Shop) -> list[list[tuple[Any, ...]]]:
    return [await a_shop.rows(question) for question in RESULT]


async def empty(a_shop: Shop) -> None:
    async with await psycopg.AsyncConnection.connect(libpq(a_shop.owner_url)) as owner:
        await owner.execute("truncate events, outbox, open_baskets, items_sold, tickets")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batch=st.lists(commands, min_size=1, max_size=40),
    size=st.sampled_from([3, 40]),
    cached=st.sampled_from([0, 2, 100]),
)
async def test_a_batch_leaves_what_its_commands_leave_one_by_one(
    a_shop: Shop, batch: list[object], size: int, cached: int
) -> None:
    await empty(a_shop)
    await one_by_one(a_shop.store(*EVERY_QUESTION, cached_states=cached), batch)
    expected = await result(a_shop)

    await empty(a_shop)
    await together(a_shop.store(*EVERY_QUESTION, cached_states=cached), batch, size)
    assert await result(a_shop) == expected
    await a_shop.close()


async def test_two_thousand_commands_are_one_transaction(a_shop: Shop, store: Store) -> None:
    ids = [uuid4() for _ in range(1000)]
    async with store.transaction(ME) as tx:
        facts = await tx.execute([*(OpenBasket(one, "anna") for one in ids), *(AddItems(one, ("tea",)) for one in ids)])

    assert len(facts) == 2000
    assert await a_shop.rows("select count(*), count(distinct xmin::text) from events") == [(2000, 1)]
    assert await a_shop.rows("select count, amount from items_sold") == [(1000, 3000)]
    assert (await a_shop.store().load(basket, ids[500])).version == 2


async def test_one_command_may_add_more_events_than_one_statement_takes(a_shop: Shop, store: Store) -> None:
    basket_id, key = uuid4(), Idempotency("k", "many")
    commands = [OpenBasket(basket_id, "anna"), AddItems(basket_id, ("tea",) * 300)]
    done = await store.execute(commands, ME, idempotency=key)

    assert (len(done.facts), done.version_of(f"basket-{basket_id}")) == (301, 301)
    assert (await store.execute(commands, ME, idempotency=key)).facts == done.facts
    assert await a_shop.rows("select count(*), max(version) from events join outbox using (position)") == [(301, 301)]


touched = Table(
    "touched", metadata, Column("item", Text, primary_key=True), Column("count", Integer), Column("last", Uuid)
)


def project_touched(fact: Recorded) -> Iterator[Change]:
    """The row of one and the same item takes now this set of columns, now that."""
    match fact.event:
        case ItemAdded(item=item, basket_id=basket_id):
            yield Add(touched, {"item": item}, {"count": 1})
            if fact.version == 2:
                yield Put(touched, {"item": item}, {"last": basket_id})


async def test_batches_that_touch_the_same_rows_never_wait_in_a_circle(a_shop: Shop) -> None:
    """Each batch changes the same items, in another order and in other statements: all go through at the first attempt."""
    question = ReadModel(name="touched", tables=(touched,), on=(ItemAdded,), project=project_touched)
    stores = [a_shop.store(question) for _ in range(6)]
    items = [f"item {n}" for n in range(30)]

    async def write(writer: int) -> None:
        commands: list[object] = []
        for n, item in enumerate(items[writer:] + items[:writer]):
            basket_id = uuid4()
            one = (item,) if n % 2 else (f"own {writer}", item)
            commands += [OpenBasket(basket_id, "anna"), AddItems(basket_id, one)]
        async with stores[writer].transaction(ME) as tx:
            await tx.execute(commands)

    for writer in range(6):  # rows that are not there yet cannot be locked
        await write(writer)
    for _ in range(10):
        await asyncio.gather(*(write(writer) for writer in range(6)))

    assert await a_shop.rows("select distinct count from touched where item like 'item%'") == [(66,)]


async def test_a_context_loaded_between_two_decisions_knows_the_first(a_shop: Shop, store: Store) -> None:
    first, second = TicketDrawn(number=7), DrawTicket(uuid4())
    async with store.transaction(ME) as tx:
        await tx.load([OpenBasket(IDS[0], "anna")])
        tx.decide([OpenBasket(IDS[0], "anna")])
        fact = tx.unit.appended[0]
        tx.unit.appended[0] = replace(fact, fact=replace(fact.fact, event=first))
        await tx.load([second])
        drawn = tx.decide([second])
    assert drawn[0].event == TicketDrawn(number=8)


async def test_what_is_decided_after_a_rolled_back_batch_starts_from_what_is_stored(a_shop: Shop, store: Store) -> None:
    basket_id = uuid4()
    try:
        async with store.transaction(ME) as tx:
            await tx.execute([OpenBasket(basket_id, "anna")])
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert (await store.load(basket, basket_id)).version == 0
    done = await store.execute([OpenBasket(basket_id, "anna")], ME)
    assert done.version_of(f"basket-{basket_id}") == 1


async def test_a_context_of_commands_is_loaded_once_for_all_of_them_and_again_for_later_ones(a_shop: Shop) -> None:
    asked: list[list[UUID]] = []

    async def load(connection: AsyncConnection, commands: Sequence[DrawTicket]) -> int:
        asked.append([command.draw_id for command in commands])
        return 10 * len(asked)

    drawing = replace(ticket, context=ContextOfCommands(load=load, evolve=last_number.evolve))
    raffle = SimpleNamespace(name="shop", metadata=metadata, aggregates=(basket, drawing), read_models=())
    store = Store(cast("Service", raffle), a_shop.engine(), WallClock())
    draws = [DrawTicket(uuid4()) for _ in range(3)]
    async with store.transaction(ME) as tx:
        first = await tx.execute([draws[0], OpenBasket(uuid4(), "anna"), draws[1]])
        second = await tx.execute(draws[2:])
    await store.close()
    assert asked == [[draws[0].draw_id, draws[1].draw_id], [draws[2].draw_id]]
    drawn = [fact.event for fact in (*first, *second) if isinstance(fact.event, TicketDrawn)]
    assert [event.number for event in drawn] == [11, 12, 21]
