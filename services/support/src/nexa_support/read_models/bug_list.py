"""Which bugs are there, how does each stand, and did their fixes hold?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Add, Change, Put, ReadModel
from nexa_contracts import topics
from nexa_contracts.support import (
    BugAcknowledged,
    BugChanged,
    BugDeclined,
    BugFixed,
    BugOpened,
    BugReopened,
    BugStatus,
    BugTriaged,
    Severity,
)
from nexa_support.bug.recurrence import WATCHED_FOR
from nexa_support.tables import metadata

bugs = Table(
    "bugs",
    metadata,
    Column("bug_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("title", Text),
    Column("description", Text),
    Column("severity", Text),
    Column("feature", Text),
    Column("feature_name", Text),
    Column("affected_version", Text),
    Column("customer_impact", Text),
    Column("workaround", Text),
    Column("status", Text),
    Column("engineer_id", Uuid),
    Column("engineer_name", Text),
    Column("sprint", Text),
    Column("story_points", Integer),
    Column("eta_at", DateTime(timezone=True)),
    Column("reported_by", Text),
    Column("opened_at", DateTime(timezone=True)),
    Column("changed_at", DateTime(timezone=True)),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("fixed_at", DateTime(timezone=True)),
    Column("fixed_version", Text),
    Column("deployment_id", Uuid),
    Column("rollout_percent", Integer),
    Column("reason", Text),
    Column("reopened", Integer, server_default="0"),
    Column("recurred", Integer, server_default="0"),
    Index("bugs_opened_idx", text("opened_at desc"), text("bug_id desc")),
    Index("bugs_feature_idx", "feature"),
)

fixes = Table(
    "bug_fixes",
    metadata,
    Column("bug_id", Uuid, primary_key=True),
    Column("deployment_id", Uuid, primary_key=True),
    Column("version", Text),
    Column("severity", Text),
    Column("feature", Text),
    Column("fixed_at", DateTime(timezone=True)),
    Column("recurred_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
    Index("bug_fixes_at_idx", "fixed_at"),
)


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    key = {"bug_id": event.bug_id}
    about = {
        "title": event.title,
        "severity": event.severity.value,
        "feature": event.feature,
        "feature_name": event.feature_name,
    }
    yield Put(bugs, key, {"version": fact.version, "changed_at": fact.time, **about, **_changed(fact)})
    if isinstance(event, BugReopened):
        yield Add(bugs, key, {"reopened": 1, "recurred": int(event.recurred)})
    yield from _fixes(fact)


def _changed(fact: Recorded) -> Mapping[str, object]:
    match fact.event:
        case BugOpened() as opened:
            names = {"description", "affected_version", "customer_impact", "workaround", "reported_by"}
            return {**opened.model_dump(include=names), "status": BugStatus.OPEN.value, "opened_at": fact.time}
        case BugChanged() as changed:
            return changed.model_dump(include={"description", "affected_version", "customer_impact", "workaround"})
        case BugTriaged(engineer=engineer, status=status) as triaged:
            worked = triaged.model_dump(include={"sprint", "story_points", "eta_at"})
            who = {
                "engineer_id": engineer.agent_id if engineer else None,
                "engineer_name": engineer.name if engineer else None,
            }
            return {**worked, **who, "status": status.value}
        case BugAcknowledged():
            return {"acknowledged_at": fact.time}
        case BugFixed() as fixed:
            return {
                "status": BugStatus.FIXED.value,
                "reason": None,
                "fixed_at": fixed.fixed_at,
                "fixed_version": fixed.version,
                "deployment_id": fixed.deployment_id,
                "rollout_percent": fixed.rollout_percent,
            }
        case BugReopened(reason=reason):
            gone = dict.fromkeys(("fixed_at", "fixed_version", "deployment_id", "rollout_percent"))
            return {"status": BugStatus.OPEN.value, "reason": reason, **gone}
        case BugDeclined(reason=reason):
            return {"status": BugStatus.DECLINED.value, "reason": reason}
        case _:
            return {}


def _fixes(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case BugFixed(bug_id=bug_id, deployment_id=deployment_id) as fixed:
            about = fixed.model_dump(mode="json", include={"version", "severity", "feature"})
            key = {"bug_id": bug_id, "deployment_id": deployment_id}
            yield Put(fixes, key, {**about, "fixed_at": fixed.fixed_at})
        case BugReopened(bug_id=bug_id, deployment_id=UUID() as deployment_id, recurred=recurred, withdrawn=withdrawn):
            key = {"bug_id": bug_id, "deployment_id": deployment_id}
            if recurred or withdrawn:
                yield Put(fixes, key, {"recurred_at" if recurred else "withdrawn_at": fact.time})
        case _:
            return


bug_list = ReadModel(name="bug_list", tables=(bugs, fixes), on=topics.BUG.events, project=project)


async def list_bugs(
    connection: AsyncConnection,
    *,
    status: BugStatus | None = None,
    severity: Severity | None = None,
    feature: str | None = None,
    engineer_id: UUID | None = None,
    sprint: str | None = None,
    unsettled: bool = False,
    q: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[dict[str, Any]]:
    """Bugs, the newest first."""
    query = select(bugs).where(bugs.c.opened_at.is_not(None))
    equal: dict[str, object] = {"status": status, "severity": severity, "feature": feature}
    equal |= {"engineer_id": engineer_id, "sprint": sprint}
    for name, value in equal.items():
        if value is not None:
            query = query.where(bugs.c[name] == value)
    if unsettled:
        query = query.where(bugs.c.status.not_in([BugStatus.FIXED.value, BugStatus.DECLINED.value]))
    if q:
        like = f"%{q.replace('%', '').replace('_', '')}%"
        query = query.where(or_(bugs.c.title.ilike(like), bugs.c.description.ilike(like)))
    return await paginate(
        connection, query, order=[bugs.c.opened_at.desc(), bugs.c.bug_id.desc()], limit=limit, cursor=cursor
    )


async def bug_row(connection: AsyncConnection, bug_id: UUID) -> Mapping[str, Any] | None:
    query = select(bugs).where(bugs.c.bug_id == bug_id, bugs.c.opened_at.is_not(None))
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)


async def unknown_bugs(connection: AsyncConnection, bug_ids: list[UUID]) -> list[UUID]:
    """Those of these that are no bugs."""
    query = select(bugs.c.bug_id).where(bugs.c.bug_id.in_(bug_ids), bugs.c.opened_at.is_not(None))
    known = set((await connection.execute(query)).scalars())
    return [each for each in bug_ids if each not in known]


@dataclass(frozen=True)
class Recurrences:
    """Of the fixes that came out in a period and were not withdrawn: how many did not hold, how many may still not."""

    fixes: int
    recurred: int
    still_watched: int


async def count_recurrences(
    connection: AsyncConnection, first: datetime, until: datetime, now: datetime, feature: str | None = None
) -> Recurrences:
    """A fix is one bug in one deployment; it is watched for 30 days."""
    within: timedelta = WATCHED_FOR
    query = select(
        func.count(),
        func.count().filter(fixes.c.recurred_at.is_not(None)),
        func.count().filter(fixes.c.recurred_at.is_(None), fixes.c.fixed_at > now - within),
    ).where(fixes.c.fixed_at >= first, fixes.c.fixed_at < until, fixes.c.withdrawn_at.is_(None))
    if feature is not None:
        query = query.where(fixes.c.feature == feature)
    return Recurrences(*(await connection.execute(query)).one())
