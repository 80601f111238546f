"""Which policies and calendars are in force, and which were before?"""

from collections.abc import Iterator
from functools import lru_cache

from sqlalchemy import Column, DateTime, Integer, Table, Text, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.support import SlaPoliciesChanged
from nexa_support.sla.policies import DEFAULT_POLICIES, Policies, evolve
from nexa_support.tables import metadata

versions = Table(
    "sla_policies",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("policies", Text),
    Column("changed_at", DateTime(timezone=True)),
    Column("changed_by", Text),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case SlaPoliciesChanged() as changed:
            row = {"policies": changed.model_dump_json(), "changed_at": fact.time, "changed_by": fact.actor}
            yield Put(versions, {"version": changed.version}, row)


sla_policies = ReadModel(name="sla_policies", tables=(versions,), on=(SlaPoliciesChanged,), project=project)


async def policies_in_force(connection: AsyncConnection) -> Policies:
    newest = select(versions.c.policies).order_by(versions.c.version.desc()).limit(1)
    stored: str | None = await connection.scalar(newest)
    return DEFAULT_POLICIES if stored is None else _policies(stored)


async def await_readers(connection: AsyncConnection) -> None:
    """Returns when every transaction that has read the policies has ended, and keeps new ones waiting until this one has."""
    await connection.execute(text("lock table sla_policies in access exclusive mode"))


async def policies_of(connection: AsyncConnection, version: int) -> Policies | None:
    """The set of a version, None if there was none."""
    if version == DEFAULT_POLICIES.version:
        return DEFAULT_POLICIES
    stored: str | None = await connection.scalar(select(versions.c.policies).where(versions.c.version == version))
    return None if stored is None else _policies(stored)


@lru_cache(maxsize=32)
def _policies(stored: str) -> Policies:
    return evolve(DEFAULT_POLICIES, SlaPoliciesChanged.model_validate_json(stored))
