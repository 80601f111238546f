"""The chassis' tables, as their versioned SQL makes them and as queries know them; and who may do what to them."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from nexa_chassis.migrate import migrate
from nexa_chassis.schema import metadata
from nexa_chassis.settings import Settings

from .shop import metadata as shop_metadata

if TYPE_CHECKING:
    from nexa_chassis.service import Service
    from nexa_local.postgres import Database

ENV = "from nexa_chassis.migrate import run_env\n\nrun_env()\n"
FIRST = """
from alembic import op
from nexa_chassis.schema import create_chassis_tables

revision, down_revision = "0001", None


def upgrade() -> None:
    create_chassis_tables(op)
    op.execute("create table answers (id bigint generated always as identity primary key, answer text)")
"""
SECOND = """
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.execute("create table later (id int primary key)")
"""


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Service":
    package = f"migrated_{tmp_path.name}"
    scripts = tmp_path / package / "migrations"
    (scripts / "versions").mkdir(parents=True)
    for folder in (scripts.parent, scripts):
        (folder / "__init__.py").touch()
    (scripts / "env.py").write_text(ENV)
    (scripts / "versions" / "0001_first.py").write_text(FIRST)
    monkeypatch.syspath_prepend(tmp_path)
    return cast("Service", SimpleNamespace(name="shop", metadata=shop_metadata, migrations=f"{package}.migrations"))


def settings_of(database: "Database") -> Settings:
    return Settings(database_url=database.app_url, database_owner_url=database.owner_url)


async def test_the_sql_makes_the_tables_that_queries_are_written_with(
    database: Callable[[str], "Database"], service: "Service"
) -> None:
    made = database("shop")
    await migrate(settings_of(made), service)
    engine = create_engine(made.owner_url)
    with engine.connect() as connection:
        known = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables, "compare_type": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=known), metadata)
    engine.dispose()
    assert differences == []


async def test_the_application_role_gets_what_it_needs_and_no_more(
    database: Callable[[str], "Database"], service: "Service", tmp_path: Path
) -> None:
    made = database("shop")
    await migrate(settings_of(made), service)
    (tmp_path / f"migrated_{tmp_path.name}" / "migrations" / "versions" / "0002_second.py").write_text(SECOND)
    await migrate(settings_of(made), service)
    await migrate(settings_of(made), service)

    engine = create_engine(made.app_url)
    with engine.connect() as connection:
        rights = {
            table: "".join(sorted(str(right)[0] for right in granted))
            for table, granted in connection.execute(
                text(
                    "select table_name, array_agg(privilege_type::text) from information_schema.role_table_grants"
                    " where table_schema = 'public' and grantee = current_user group by 1"
                )
            )
        }
        connection.execute(text("insert into answers (answer) values ('yes')"))
    engine.dispose()
    assert rights.pop("events") == "IS"
    assert rights.pop("alembic_version") == "S"
    assert {*rights} == {*metadata.tables, "answers", "later"} - {"events"}
    assert set(rights.values()) == {"DISU"}
