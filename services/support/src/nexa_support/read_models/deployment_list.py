"""Which versions are out, how far, and what did each mend?"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, DateTime, Index, Integer, Table, Text, Uuid, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts import topics
from nexa_contracts.support import DeploymentCompleted, DeploymentRolledOut, DeploymentWithdrawn
from nexa_support.deployment.decisions import ALL
from nexa_support.read_models.wished_features import feature_requests
from nexa_support.tables import metadata

deployments = Table(
    "deployments",
    metadata,
    Column("deployment_id", Uuid, primary_key=True),
    Column("stream_version", Integer),
    Column("version", Text),
    Column("deployment_type", Text),
    Column("changes", JSON),
    Column("affected_features", JSON),
    Column("fixed_bugs", JSON),
    Column("shipped_requests", JSON),
    Column("rollout_percent", Integer),
    Column("deployed_at", DateTime(timezone=True)),
    Column("everywhere_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("reason", Text),
    Index("deployments_at_idx", text("deployed_at desc"), text("deployment_id desc")),
)


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    yield Put(deployments, {"deployment_id": event.deployment_id}, {"stream_version": fact.version, **_changed(fact)})


def _changed(fact: Recorded) -> Mapping[str, object]:
    match fact.event:
        case DeploymentCompleted(deployed_at=deployed_at, rollout_percent=percent) as completed:
            everywhere_at = deployed_at if percent >= ALL else None
            said = completed.model_dump(mode="json", exclude={"deployment_id", "deployed_at"})
            return {**said, "deployed_at": deployed_at, "everywhere_at": everywhere_at}
        case DeploymentRolledOut(rollout_percent=percent):
            everywhere = {"everywhere_at": fact.time} if percent >= ALL else {}
            return {"rollout_percent": percent, **everywhere}
        case DeploymentWithdrawn(reason=reason):
            return {"withdrawn_at": fact.time, "reason": reason, "everywhere_at": None}
        case _:
            return {}


deployment_list = ReadModel(name="deployment_list", tables=(deployments,), on=topics.DEPLOYMENT.events, project=project)


async def list_deployments(
    connection: AsyncConnection, *, limit: int | None, cursor: str | None
) -> Page[dict[str, Any]]:
    """Deployments, the newest first."""
    order = [deployments.c.deployed_at.desc(), deployments.c.deployment_id.desc()]
    return await paginate(connection, select(deployments), order=order, limit=limit, cursor=cursor)


async def deployment_row(connection: AsyncConnection, deployment_id: UUID) -> Mapping[str, Any] | None:
    query = select(deployments).where(deployments.c.deployment_id == deployment_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)


async def unknown_requests(connection: AsyncConnection, request_ids: list[UUID]) -> list[UUID]:
    """Those of these that are no feature requests."""
    source = feature_requests.c.request_id
    known = set((await connection.execute(select(source).where(source.in_(request_ids)))).scalars())
    return [each for each in request_ids if each not in known]
