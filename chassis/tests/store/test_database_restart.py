"""The database is stopped, and killed, under load: who asks again with the same key loses nothing and does nothing twice."""

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import DBAPIError

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.migrate import grant
from nexa_chassis.origin import Origin
from nexa_chassis.store import Idempotency, Store

from .conftest import EVERY_QUESTION, Shop, create_tables
from .shop import AddItems, OpenBasket

if TYPE_CHECKING:
    from nexa_local.infra import Infra
    from nexa_local.postgres import PostgresServer

ME = Origin(actor="anna", correlation_id="visit-1")
WRITERS = 16
EACH = 60


def open_shop(infra: "Infra") -> Shop:
    from nexa_local.postgres import create_database

    made = create_database(infra.postgres_admin_url, "restarted")
    owner = create_engine(made.owner_url)
    with owner.begin() as connection:
        create_tables(connection)
        grant(connection, str(make_url(made.app_url).username))
    owner.dispose()
    return Shop(made.owner_url, made.app_url)


async def insist(store: Store, writer: int, unknown: list[str]) -> None:
    basket_id = uuid4()
    for n in range(EACH):
        commands = [OpenBasket(basket_id, "anna"), AddItems(basket_id, (f"{writer}/{n}",))]
        while True:
            try:
                await store.execute(commands, ME, idempotency=Idempotency(f"{writer}/{n}", "add"))
            except (psycopg.OperationalError, DBAPIError, ConcurrencyConflict) as error:
                unknown.append(type(error).__name__)
                await asyncio.sleep(0.02)
                continue
            break


async def test_nothing_is_lost_or_done_twice_when_the_database_is_stopped_and_killed(own_infra: "Infra") -> None:
    assert own_infra.postgres is not None
    a_shop, unknown, commits = open_shop(own_infra), list[str](), 0
    reached = {150: asyncio.Event(), 400: asyncio.Event()}

    def count() -> None:
        nonlocal commits
        commits += 1
        if commits in reached:
            reached[commits].set()

    store = a_shop.store(*EVERY_QUESTION)
    store.on_append.append(count)

    async def disturb(server: "PostgresServer") -> None:
        for commit, end in ((150, server.stop), (400, server.kill)):
            await asyncio.wait_for(reached[commit].wait(), 60)
            await asyncio.to_thread(end)
            await asyncio.to_thread(server.start)

    try:
        await asyncio.gather(disturb(own_infra.postgres), *(insist(store, n, unknown) for n in range(WRITERS)))
        assert unknown
        assert await a_shop.rows("select count(*), count(distinct data->>'item') from events where version > 1") == [
            (WRITERS * EACH, WRITERS * EACH)
        ]
        assert await a_shop.rows("select sum(items) from open_baskets") == [(WRITERS * EACH,)]
        assert await a_shop.rows("select count(*) from outbox") == [(WRITERS * (EACH + 1),)]
    finally:
        await a_shop.close()
