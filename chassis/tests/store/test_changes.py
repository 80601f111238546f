"""Merged changes leave the rows that the changes one after another leave, whatever the values are."""

import enum
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from nexa_chassis.changes import Changes
from nexa_chassis.read_models import Add, Change, Put, Remove

if TYPE_CHECKING:
    from nexa_local.postgres import Database

metadata = sa.MetaData()


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


marks = sa.Table(
    "marks",
    metadata,
    sa.Column("b", sa.Integer, primary_key=True),
    sa.Column("a", sa.Text, primary_key=True),
    sa.Column("note", sa.Text),
    sa.Column("count", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("total", sa.Numeric(12, 2)),
    sa.Column("kind", sa.Text, server_default=sa.text("'plain'")),
)

everything = sa.Table(
    "everything",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("day", sa.Date),
    sa.Column("took", sa.Interval),
    sa.Column("price", sa.Numeric(20, 6)),
    sa.Column("ratio", sa.Float),
    sa.Column("yes", sa.Boolean),
    sa.Column("mood", sa.Enum(Mood)),
    sa.Column("tags", sa.ARRAY(sa.Text)),
    sa.Column("others", ARRAY(sa.Uuid)),
    sa.Column("plain", sa.JSON),
    sa.Column("binary", JSONB),
    sa.Column("raw", sa.LargeBinary),
    sa.Column("Odd Name", sa.String(20)),
)

keys = st.fixed_dictionaries({"a": st.sampled_from(["x", "y"]), "b": st.sampled_from([1, 2])})
values = st.fixed_dictionaries(
    {},
    optional={
        "note": st.none() | st.sampled_from(["n", "m", "\u2028'\"\\"]),
        "count": st.integers(-5, 5),
        "total": st.none() | st.decimals(-9, 9, places=2),
        "kind": st.none() | st.sampled_from(["round", "flat"]),
    },
)
amounts = st.fixed_dictionaries({}, optional={"count": st.integers(-5, 5), "total": st.decimals(-9, 9, places=2)})
changes = st.one_of(
    st.builds(Put, st.just(marks), keys, values),
    st.builds(Add, st.just(marks), keys, amounts),
    st.builds(Remove, st.just(marks), keys),
)


@pytest.fixture
def connection(database: Callable[[str], "Database"]) -> Iterator[psycopg.Connection[Any]]:
    made = database("marks")
    engine = sa.create_engine(made.owner_url)
    metadata.create_all(engine)
    engine.dispose()
    url = sa.make_url(made.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connected:
        yield connected


def write(connection: psycopg.Connection[Any], changes: list[Change]) -> None:
    for statement in Changes(changes).statements(lock=True):
        connection.execute(statement.sql.encode(), (statement.rows,))


def rows(connection: psycopg.Connection[Any], table: str = "marks") -> list[tuple[Any, ...]]:
    return connection.execute(f"select * from {table} order by 1, 2".encode()).fetchall()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(changes, max_size=4), batch=st.lists(changes, min_size=1, max_size=12))
def test_merged_changes_do_what_they_do_one_by_one(
    connection: psycopg.Connection[Any], before: list[Change], batch: list[Change]
) -> None:
    connection.execute("delete from marks")
    for change in [*before, *batch]:
        write(connection, [change])
    one_by_one = rows(connection)

    connection.execute("delete from marks")
    write(connection, before)
    write(connection, batch)

    assert rows(connection) == one_by_one


def test_the_first_change_of_a_row_makes_it_with_its_defaults(connection: psycopg.Connection[Any]) -> None:
    write(
        connection,
        [Put(marks, {"a": "x", "b": 1}), Add(marks, {"b": 2, "a": "x"}, {"count": 3, "total": Decimal("1.5")})],
    )

    assert rows(connection) == [(1, "x", None, 0, None, "plain"), (2, "x", None, 3, Decimal("1.50"), "plain")]


def test_a_batch_is_a_few_statements_whatever_its_size() -> None:
    batch: list[Change] = []
    for n in range(2000):
        batch.append(Put(marks, {"a": str(n), "b": n}, {"note": "n"}))
        batch.append(Add(marks, {"a": str(n % 100), "b": n % 100}, {"count": 1}))
        batch.append(Remove(marks, {"a": str(n // 2), "b": 0}))

    assert len(Changes(batch).statements()) == 4
    assert len(Changes(batch).statements(lock=True)) == 5


def test_every_type_of_value_arrives_as_it_was_given(connection: psycopg.Connection[Any]) -> None:
    key = UUID(int=7)
    given_values: dict[str, Any] = {
        "at": datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC),
        "day": date(2024, 2, 29),
        "took": timedelta(days=-2, seconds=5, microseconds=7),
        "price": Decimal("12345678901234.123456"),
        "ratio": 0.1,
        "yes": True,
        "mood": Mood.BAD,
        "tags": ["a,b", 'quote " and \\', "", "{}", "NULL"],
        "others": [UUID(int=1), UUID(int=2)],
        "plain": {"b": [1, None, "x"], "a": {"deep": 1.5}},
        "binary": ["list", {"of": "things"}],
        "raw": b"\x00\xff\\x",
        "Odd Name": "it's",
    }
    write(connection, [Put(everything, {"id": key}, given_values)])
    write(connection, [Put(everything, {"id": UUID(int=8)}, dict.fromkeys(given_values))])

    stored = dict(zip(everything.c.keys(), rows(connection, "everything")[0], strict=True))
    assert stored == {"id": key, **given_values, "mood": "BAD"}
    assert rows(connection, "everything")[1][1:] == (None,) * len(given_values)


def test_a_value_the_column_cannot_hold_is_a_data_error(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.DataError):
        write(connection, [Put(marks, {"a": "x", "b": 1}, {"note": "nul \0 character"})])
    with pytest.raises(psycopg.DataError):
        write(connection, [Put(everything, {"id": UUID(int=1)}, {"Odd Name": "longer than twenty characters"})])


def test_a_key_that_is_not_the_tables_is_named() -> None:
    with pytest.raises(ValueError, match=r"marks needs the key \('b', 'a'\)"):
        Changes([Put(marks, {"a": "x"})])


def test_adding_to_a_column_whose_default_is_not_0_is_an_error() -> None:
    lucky = sa.Table(
        "lucky",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("n", sa.Integer, server_default="7"),
    )
    with pytest.raises(ValueError, match=r"lucky\.n"):
        Changes([Add(lucky, {"id": 1}, {"n": 1})]).statements()
