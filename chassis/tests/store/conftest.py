"""A database with the chassis' tables and the shop's, and stores on it that act as the application role."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import Connection, make_url, text
from sqlalchemy import create_engine as create_owner_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from nexa_chassis.clock import Clock, WallClock
from nexa_chassis.migrate import grant
from nexa_chassis.read_models import ReadModel
from nexa_chassis.schema import create_chassis_tables
from nexa_chassis.store import Store

from .shop import metadata, shop, what_sells, which_baskets_are_open, who_drew_what

if TYPE_CHECKING:
    from nexa_local.postgres import Database

EVERY_QUESTION = (which_baskets_are_open, what_sells, who_drew_what)


@dataclass
class Shop:
    """One database of the shop. `store()` opens another process' worth of store on it."""

    owner_url: str
    app_url: str
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    def store(self, *questions: ReadModel, clock: Clock | None = None, cached_states: int = 1000) -> Store:
        engine = self.engine()
        store = Store(shop(*questions), engine, clock or WallClock(), cached_states=cached_states)
        self._open.push_async_callback(store.close)
        return store

    def engine(self) -> AsyncEngine:
        engine = create_async_engine(self.app_url, pool_size=16, max_overflow=8)
        self._open.push_async_callback(engine.dispose)
        return engine

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the owner sees."""
        async with await psycopg.AsyncConnection.connect(libpq(self.owner_url)) as connection:
            return await (await connection.execute(sql)).fetchall()

    async def close(self) -> None:
        """Close every store opened so far."""
        await self._open.aclose()


def libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def create_tables(connection: Connection) -> None:
    class Operations:
        def execute(self, sqltext: str) -> None:
            connection.execute(text(sqltext))

    create_chassis_tables(Operations())
    metadata.create_all(connection)


@pytest.fixture
async def a_shop(database: Callable[[str], "Database"]) -> AsyncIterator[Shop]:
    made = database("shop")
    owner = create_owner_engine(made.owner_url)
    with owner.begin() as connection:
        create_tables(connection)
        grant(connection, str(make_url(made.app_url).username))
    owner.dispose()
    opened = Shop(made.owner_url, made.app_url)
    yield opened
    await opened.close()


@pytest.fixture
def store(a_shop: Shop) -> Store:
    return a_shop.store(*EVERY_QUESTION)
