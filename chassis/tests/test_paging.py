"""Pages of a list: complete, without repetition, in any mixture of directions, nulls and types."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    func,
    make_url,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from nexa_chassis.http.paging import MAX_LIMIT, _encode, _read_order, _signature, paginate
from nexa_chassis.http.problems import Problem
from nexa_local.infra import Infra
from nexa_local.postgres import Database

things = Table(
    "things",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("due", Date),
    Column("price", Numeric(12, 2)),
    Column("rank", Integer),
    Column("name", Text),
)
START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS: Sequence[dict[str, Any]] = [
    {
        "id": UUID(int=number * 7919 % 101),
        "made_at": START + timedelta(microseconds=number // 4),
        "due": None if number % 5 == 0 else date(2026, 1, 1 + number % 3),
        "price": None if number % 7 == 0 else Decimal(number % 6) / 3,
        "rank": None if number % 4 == 0 else number % 3,
        "name": None if number % 9 == 0 else "öl'\"%"[: number % 5],
    }
    for number in range(1, 61)
]
c = things.c
ORDERS: dict[str, list[ColumnElement[Any]]] = {
    "id": [c.id],
    "newest first": [c.made_at.desc(), c.id.desc()],
    "both ways": [c.made_at.desc(), c.id],
    "nulls last": [c.due, c.id],
    "nulls first": [c.due.desc(), c.id],
    "three ways": [c.rank.desc(), c.price, c.name.desc(), c.id],
    "an expression": [func.coalesce(c.name, "none"), c.id.desc()],
}


@pytest.fixture
async def connection(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(make_url(database("paging").owner_url).set(drivername="postgresql+psycopg"))
    async with engine.connect() as connection:
        await connection.run_sync(things.metadata.create_all)
        await connection.execute(things.insert(), ROWS)
        yield connection
        await connection.rollback()
    await engine.dispose()


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
async def test_the_pages_of_any_order_give_each_row_once_in_that_order(
    connection: AsyncConnection, order: list[ColumnElement[Any]]
) -> None:
    expected = [row.id for row in await connection.execute(select(c.id).order_by(*order))]
    for size in (1, 7, 60):
        seen: list[object] = []
        cursor = None
        while True:
            page = await paginate(connection, select(c.id), order=order, limit=size, cursor=cursor)
            assert all(set(item) == {"id"} for item in page.items)
            seen += [item["id"] for item in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert seen == expected


@pytest.mark.parametrize("order", [[c.due, c.id], [c.due.desc(), c.id]], ids=["ascending", "descending"])
async def test_a_page_far_into_a_list_reads_no_rows_of_the_pages_before(
    connection: AsyncConnection, order: list[ColumnElement[Any]]
) -> None:
    for statement in (
        "insert into things (id, made_at, due) select gen_random_uuid(), now(), date '2027-01-01' + n"
        " from generate_series(1, 10000) n",
        "create index on things (due, id)",
        "analyze things",
    ):
        await connection.exec_driver_sql(statement)
    middle = (await connection.execute(select(c.id, c.due).where(c.due == date(2040, 1, 1)))).one()
    cursor = _encode([middle.due, middle.id], _signature([_read_order(column) for column in order]))
    before = await rows_read(connection)
    page = await paginate(connection, select(c.id), order=order, limit=20, cursor=cursor)
    assert len(page.items) == 20
    assert await rows_read(connection) - before < 100


async def rows_read(connection: AsyncConnection) -> int:
    """Of `things`, by this transaction."""
    query = "select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables where relname = 'things'"
    return int((await connection.exec_driver_sql(query)).scalar_one())


async def test_a_page_has_fifty_rows_unless_told_and_two_hundred_at_most(connection: AsyncConnection) -> None:
    await connection.execute(things.insert(), [{**ROWS[0], "id": uuid4()} for _ in range(200)])
    assert len((await paginate(connection, select(things), order=[c.id])).items) == 50
    assert len((await paginate(connection, select(things), order=[c.id], limit=1000)).items) == MAX_LIMIT


async def test_the_last_page_says_that_it_is_the_last_even_when_it_is_full(connection: AsyncConnection) -> None:
    page = await paginate(connection, select(things), order=[c.id], limit=60)
    assert len(page.items) == 60
    assert page.next is None


async def test_a_row_that_comes_before_the_cursor_does_not_shift_the_next_page(connection: AsyncConnection) -> None:
    first = await paginate(connection, select(c.id), order=[c.id], limit=10)
    await connection.execute(things.insert(), [{**ROWS[0], "id": UUID(int=0)}])
    second = await paginate(connection, select(c.id), order=[c.id], limit=10, cursor=first.next)
    assert not {item["id"] for item in first.items} & {item["id"] for item in second.items}


@pytest.mark.parametrize("cursor", ["", "x", "bm9wZQ", "W10", "WyJhIl0", "Ä", "A" * 5000, "eyJhIjoxfQ"])
async def test_what_is_no_cursor_is_refused(connection: AsyncConnection, cursor: str) -> None:
    await assert_refused(connection, [c.id], cursor)


async def test_a_cursor_of_another_list_is_refused(connection: AsyncConnection) -> None:
    cursor = (await paginate(connection, select(c.id), order=[c.id], limit=1)).next
    await assert_refused(connection, [c.id.desc()], cursor)
    await assert_refused(connection, [c.name, c.id], cursor)


async def test_a_cursor_with_a_value_of_another_type_is_refused_and_not_sent_to_the_database(
    connection: AsyncConnection,
) -> None:
    signature = _signature([_read_order(c.id)])
    for value in ("text", 3, None, datetime.now(UTC)):
        if value is not None:
            await assert_refused(connection, [c.id], _encode([value], signature))
    assert (await paginate(connection, select(c.id), order=[c.id], cursor=_encode([None], signature))).items == []


async def assert_refused(connection: AsyncConnection, order: list[ColumnElement[Any]], cursor: str | None) -> None:
    with pytest.raises(Problem) as raised:
        await paginate(connection, select(c.id), order=order, cursor=cursor)
    assert raised.value.status == 400
