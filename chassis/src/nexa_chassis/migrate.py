"""Brings a service's database to the schema its code expects, and gives the application role what it needs and no more."""

from __future__ import annotations

import asyncio
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from nexa_chassis.settings import Settings

if TYPE_CHECKING:
    from nexa_chassis.service import Service

_LOCK = 0x6E657861
_READ_ONLY = frozenset({"alembic_version"})
_APPEND_ONLY = frozenset({"events"})


def run_env() -> None:
    """All that a service's `migrations/env.py` does. Uses the connection `migrate` hands over, else the environment's."""
    connection = context.config.attributes.get("connection")
    if isinstance(connection, Connection):
        _run(connection)
        return
    engine = create_engine(_driver_url(Settings.from_environment().owner_url), poolclass=NullPool)
    with engine.begin() as connection:
        _run(connection)


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=context.config.attributes.get("metadata"))
    with context.begin_transaction():
        context.run_migrations()


async def migrate(settings: Settings, service: Service) -> None:
    """Upgrade to the newest revision as the owner, then grant; one transaction, and only one process at a time."""
    await asyncio.to_thread(_migrate, settings, service)


def _migrate(settings: Settings, service: Service) -> None:
    app_role = make_url(settings.database_url).username
    engine = create_engine(_driver_url(settings.owner_url), poolclass=NullPool)
    with as_file(files(service.migrations)) as scripts, engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.attributes.update(connection=connection, metadata=service.metadata)
        command.upgrade(config, "head")
        if app_role and app_role != make_url(settings.owner_url).username:
            grant(connection, app_role)
    engine.dispose()


def grant(connection: Connection, role: str) -> None:
    """Let the application role do its work: events may be read and appended, all else of the service's own changed too.

    TRUNCATE is granted nowhere, and update or delete of events is taken away should anybody have granted it.
    """
    quote = connection.dialect.identifier_preparer.quote
    to = quote(role)
    connection.execute(text(f"grant usage on schema public to {to}"))
    tables = connection.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars()
    for table in tables.all():
        name = f"public.{quote(table)}"
        connection.execute(text(f"revoke all on {name} from {to}"))
        connection.execute(text(f"grant {_rights(table)} on {name} to {to}"))
    connection.execute(text(f"grant usage, select on all sequences in schema public to {to}"))


def _rights(table: str) -> str:
    if table in _READ_ONLY:
        return "select"
    return "select, insert" if table in _APPEND_ONLY else "select, insert, update, delete"


def _driver_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
