"""New tables beside old ones, of the same name and kind in another schema, and how they take the old ones' place."""

from collections.abc import Sequence
from typing import Any

import psycopg
from sqlalchemy import Table

from nexa_chassis.schema import REBUILD_SCHEMA


class Twins:
    """A twin for each of these tables. Columns and primary key from the start, all else once they are filled.

    They are made from what the database has, not from the code: an index that an operator added is kept.
    """

    def __init__(self, connection: psycopg.Connection[Any], tables: Sequence[Table]) -> None:
        self._connection = connection
        self._tables = tables
        self.names = {table: f'{REBUILD_SCHEMA}."{table.name}"' for table in tables}

    def create(self) -> None:
        """Make the empty twins, in place of any that a rebuild left behind that was killed."""
        self.drop()
        with self._connection.transaction():
            for table in self._tables:
                self._execute(
                    f"create table {self.names[table]} (like {_original(table)} including comments including compression"
                    " including defaults including generated including identity including statistics including storage)"
                )
                self._add_constraints(table, "p")

    def finish(self) -> None:
        """Give the filled twins the originals' other constraints, their indexes and their grants."""
        with self._connection.transaction():
            for table in self._tables:
                self._add_constraints(table, "ucfx")
                self._add_indexes(table)
                self._add_grants(table)
        for table in self._tables:
            self._execute(f"analyze {self.names[table]}")

    def replace(self) -> None:
        """Drop the originals and put the twins in their place, in the transaction that is open."""
        for table in self._tables:
            self._execute(f"drop table {_original(table)}")
            self._execute(f"alter table {self.names[table]} set schema public")

    def drop(self) -> None:
        for table in self._tables:
            self._execute(f"drop table if exists {self.names[table]}")

    def _add_constraints(self, table: Table, kinds: str) -> None:
        for name, definition in self._rows(
            "select conname, pg_get_constraintdef(oid) from pg_constraint"
            " where conrelid = %s::regclass and contype = any(%s) order by conname",
            (_original(table), list(kinds)),
        ):
            self._execute(f'alter table {self.names[table]} add constraint "{name}" {definition}')

    def _add_indexes(self, table: Table) -> None:
        for schema, name, definition in self._rows(
            "select n.nspname, c.relname, pg_get_indexdef(i.indexrelid) from pg_index i"
            " join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace"
            " where i.indrelid = %s::regclass and not exists (select from pg_constraint where conindid = i.indexrelid)",
            (_original(table),),
        ):
            quoted = [f" ON {schema}.{form} " for form in (name, f'"{name}"')]
            place = next(form for form in quoted if form in definition)
            self._execute(definition.replace(place, f" ON {self.names[table]} ", 1))

    def _add_grants(self, table: Table) -> None:
        for grantee, privilege in self._rows(
            "select r.rolname, a.privilege_type from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee"
            " where c.oid = %s::regclass and a.grantee <> c.relowner",
            (_original(table),),
        ):
            self._execute(f'grant {privilege} on {self.names[table]} to "{grantee}"')

    def _rows(self, sql: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql.encode(), parameters).fetchall()

    def _execute(self, sql: str) -> None:
        self._connection.execute(sql.encode())


def _original(table: Table) -> str:
    return f'public."{table.name}"'
