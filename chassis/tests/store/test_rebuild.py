"""A rebuilt read model has the rows that writing kept it at, while writers go on."""

import asyncio
import random
from uuid import uuid4

import psycopg
import pytest

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.origin import Origin
from nexa_chassis.read_models import ReadModel
from nexa_chassis.rebuild import rebuild_own_fed
from nexa_chassis.rebuilding import RebuildError
from nexa_chassis.store import Store

from .conftest import EVERY_QUESTION, Shop, libpq
from .shop import (
    AddItems,
    CloseBasket,
    OpenBasket,
    items_sold,
    project_items_sold,
    shop,
    what_sells,
    which_baskets_are_open,
)

ME = Origin(actor="anna", correlation_id="visit-1")
SERVICE = shop(*EVERY_QUESTION)
OPEN = "select basket_id, owner, items, last_item, last_change from open_baskets order by 1"
SOLD = "select item, count, amount from items_sold order by 1"


async def fill(store: Store, baskets: int = 60) -> None:
    commands: list[object] = []
    for n in range(baskets):
        basket_id = uuid4()
        commands += [
            OpenBasket(basket_id, f'owner "{n}" \\ \t'),
            AddItems(basket_id, ("tea", f"item {n % 7}"), note="n"),
        ]
        if n % 5 == 0:
            commands.append(CloseBasket(basket_id))
    async with store.transaction(ME) as tx:
        await tx.execute(commands)


async def tamper(a_shop: Shop) -> None:
    async with await psycopg.AsyncConnection.connect(libpq(a_shop.owner_url), autocommit=True) as owner:
        await owner.execute("update open_baskets set items = 99 where items > 0")
        await owner.execute("delete from open_baskets where basket_id in (select basket_id from open_baskets limit 7)")
        await owner.execute("update items_sold set count = 0")


async def test_a_rebuild_gives_the_rows_that_writing_gave(a_shop: Shop, store: Store) -> None:
    await fill(store)
    before = await a_shop.rows(OPEN), await a_shop.rows(SOLD)
    await tamper(a_shop)

    done = await rebuild_own_fed(a_shop.owner_url, SERVICE, which_baskets_are_open)
    await rebuild_own_fed(a_shop.owner_url, SERVICE, what_sells)

    assert (await a_shop.rows(OPEN), await a_shop.rows(SOLD)) == before
    assert done.events == 60 + 120 + 12
    assert len(before[0]) == 48


async def test_a_rebuild_under_load_loses_no_change(a_shop: Shop) -> None:
    """Writers of all kinds go on through every phase; what they wrote and what a second, quiet rebuild makes are the same."""
    stores = [a_shop.store(*EVERY_QUESTION) for _ in range(2)]
    await fill(stores[0], baskets=400)
    rebuilt = asyncio.Event()
    written = 0

    async def write(writer: int) -> None:
        nonlocal written
        chance = random.Random(writer)
        mine = [uuid4() for _ in range(6)]
        store = stores[writer % 2]
        await store.execute([OpenBasket(one, "anna") for one in mine], ME)
        while not rebuilt.is_set():
            commands = [
                AddItems(one, (f"item {chance.randrange(9)}",)) for one in chance.sample(mine, chance.choice((1, 5)))
            ]
            try:
                if writer % 3 == 0:
                    async with store.transaction(ME) as tx:
                        await tx.execute([*commands, *(OpenBasket(uuid4(), "ben") for _ in range(9))])
                        await tx.connection.exec_driver_sql("select pg_sleep(0.01)")
                else:
                    await store.execute(commands, ME)
            except ConcurrencyConflict:
                continue
            written += len(commands)

    async def rebuild_often() -> None:
        try:
            for _ in range(4):
                await rebuild_own_fed(a_shop.owner_url, SERVICE, which_baskets_are_open)
                await rebuild_own_fed(a_shop.owner_url, SERVICE, what_sells)
        finally:
            rebuilt.set()

    await asyncio.gather(rebuild_often(), *(write(writer) for writer in range(9)))
    under_load = await a_shop.rows(OPEN), await a_shop.rows(SOLD)
    await rebuild_own_fed(a_shop.owner_url, SERVICE, which_baskets_are_open)
    await rebuild_own_fed(a_shop.owner_url, SERVICE, what_sells)

    assert written > 100
    assert under_load == (await a_shop.rows(OPEN), await a_shop.rows(SOLD))
    added = await a_shop.rows("select count(*) from events where type = 'nexa.shop.ItemAdded.v1'")
    assert await a_shop.rows("select sum(count) from items_sold") == added


async def test_indexes_constraints_and_grants_are_the_same_afterwards(a_shop: Shop, store: Store) -> None:
    async with await psycopg.AsyncConnection.connect(libpq(a_shop.owner_url), autocommit=True) as owner:
        await owner.execute('create index "Of An Operator" on open_baskets (items desc) where items > 3')
        await owner.execute(
            "alter table open_baskets add constraint few check (items < 1000), add unique (basket_id, owner)"
        )
    await fill(store)
    questions = [
        "select indexdef from pg_indexes where tablename = 'open_baskets' order by 1",
        "select conname, contype, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'open_baskets'::regclass"
        " order by 1",
        "select (aclexplode(relacl)).* from pg_class where oid = 'open_baskets'::regclass order by 2, 3",
        "select attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid) from pg_attribute"
        " left join pg_attrdef on adrelid = attrelid and adnum = attnum"
        " where attrelid = 'open_baskets'::regclass and attnum > 0 order by attnum",
    ]
    before = [await a_shop.rows(question) for question in questions]

    await rebuild_own_fed(a_shop.owner_url, SERVICE, which_baskets_are_open)

    assert [await a_shop.rows(question) for question in questions] == before
    assert all(before)
    await store.execute([OpenBasket(uuid4(), "anna")], ME)
    assert await a_shop.rows("select count(*) from pg_tables where schemaname = 'nexa_rebuild'") == [(0,)]


async def test_a_projection_that_fails_leaves_the_old_rows_standing(a_shop: Shop, store: Store) -> None:
    await fill(store)
    before = await a_shop.rows(SOLD)

    def broken(_: object) -> list[object]:
        raise ZeroDivisionError

    model = ReadModel(name="what_sells", tables=(items_sold,), on=EVERY_QUESTION[1].on, project=broken)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        await rebuild_own_fed(a_shop.owner_url, shop(model), model)

    assert await a_shop.rows(SOLD) == before
    assert await a_shop.rows("select count(*) from pg_tables where schemaname = 'nexa_rebuild'") == [(0,)]


async def test_writers_wait_for_a_rebuild_no_longer_than_its_lock_timeout(
    a_shop: Shop, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nexa_chassis.rebuilding._LOCK_TIMEOUT", "100ms")
    monkeypatch.setattr("nexa_chassis.rebuilding._LOCK_ATTEMPTS", 2)
    await fill(store)
    async with store.transaction(ME) as tx:
        await tx.execute([OpenBasket(uuid4(), "anna")])
        with pytest.raises(RebuildError, match="transaction left open"):
            await rebuild_own_fed(a_shop.owner_url, SERVICE, what_sells)
        await asyncio.wait_for(store.execute([OpenBasket(uuid4(), "ben")], ME), 1)


async def test_a_read_model_fed_from_topics_is_not_rebuilt_from_the_store(a_shop: Shop) -> None:
    foreign = ReadModel(name="far", tables=(items_sold,), on=(), project=project_items_sold, from_topics=True)
    with pytest.raises(RebuildError, match="fed from topics"):
        await rebuild_own_fed(a_shop.owner_url, shop(foreign), foreign)
