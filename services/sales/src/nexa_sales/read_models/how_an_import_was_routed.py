"""What became of the leads of an import: how many went to which rep, wait, or are nurtured?"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, DateTime, Integer, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import ImportRouted
from nexa_sales.tables import metadata

routed_imports = Table(
    "routed_imports",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("campaign_id", Uuid),
    Column("campaign_name", Text),
    Column("reps", JSON),
    Column("waiting", Integer),
    Column("nurture", Integer),
    Column("total", Integer),
    Column("routed_at", DateTime(timezone=True)),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case ImportRouted(import_id=import_id) as routed:
            counts = routed.model_dump(mode="json", include={"reps", "waiting", "nurture", "total"})
            known = {"campaign_id": routed.campaign_id, "campaign_name": routed.campaign_name}
            yield Put(routed_imports, {"import_id": import_id}, {**known, **counts, "routed_at": fact.time})
        case _:
            return


how_an_import_was_routed = ReadModel(
    name="how_an_import_was_routed", tables=(routed_imports,), on=(ImportRouted,), project=project
)


async def routed_import_row(connection: AsyncConnection, import_id: UUID) -> Mapping[str, Any] | None:
    query = select(routed_imports).where(routed_imports.c.import_id == import_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)
