"""Two members of a group work on one instance of a process at once: none of them overwrites what the other one has kept."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.domain import Recorded
from nexa_chassis.handlers import ProcessHandler
from nexa_chassis.origin import Origin
from nexa_chassis.reactions import Process
from nexa_chassis.store import Store

from .conftest import Shop
from .shop import ItemAdded

ME = Origin(actor="anna", correlation_id="visit-1")
BASKET = UUID(int=7)
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Heard:
    items: tuple[str, ...] = ()


remember_items = Process(
    name="remember_items",
    on=(ItemAdded,),
    key=lambda event: event.basket_id,
    initial=Heard(),
    states=(Heard,),
    evolve=lambda heard, fact: replace(heard, items=(*heard.items, fact.event.item)),
    react=lambda heard, fact, now: [],
)


def added(item: str) -> Recorded:
    event = ItemAdded(basket_id=BASKET, item=item, amount=1)
    return Recorded(f"basket-{BASKET}", "/nexa/shop", 1, None, "t", event, NOW, NOW, "anna", "c", None, None)


async def member(store: Store, item: str, loaded: asyncio.Event, go_on: asyncio.Event) -> None:
    handler = ProcessHandler("shop.remember_items", remember_items)
    async with store.transaction(ME) as tx:
        await handler.begin(tx, [added(item)])
        loaded.set()
        await go_on.wait()
        handler.handle(added(item), NOW)
        await handler.finish(tx)


async def kept(store: Store) -> tuple[str, ...]:
    handler = ProcessHandler("shop.remember_items", remember_items)
    async with store.transaction(ME) as tx:
        await handler.begin(tx, [added("")])
    return handler._states[BASKET].items


async def test_of_two_that_begin_an_instance_at_once_one_is_to_try_again(a_shop: Shop) -> None:
    store, other = a_shop.store(), a_shop.store()
    loaded, go_on, free = asyncio.Event(), asyncio.Event(), asyncio.Event()
    free.set()
    late = asyncio.create_task(member(store, "late", loaded, go_on))
    await loaded.wait()
    await member(other, "first", asyncio.Event(), free)
    go_on.set()
    with pytest.raises(ConcurrencyConflict):
        await late
    assert await kept(store) == ("first",)


async def test_an_instance_that_is_there_is_waited_for(a_shop: Shop) -> None:
    store, other = a_shop.store(), a_shop.store()
    free = asyncio.Event()
    free.set()
    await member(store, "before", asyncio.Event(), free)
    loaded, go_on = asyncio.Event(), asyncio.Event()
    slow = asyncio.create_task(member(store, "slow", loaded, go_on))
    await loaded.wait()
    waiting = asyncio.create_task(member(other, "waiting", asyncio.Event(), free))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    go_on.set()
    await asyncio.gather(slow, waiting)
    assert await kept(store) == ("before", "slow", "waiting")
