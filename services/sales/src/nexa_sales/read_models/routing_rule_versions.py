"""Which routing rules are in force, which were before, and what is drafted: by whom, approved by whom, since when?"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Integer, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import RoutingRule, RoutingRulesApproved, RoutingRulesChanged, RoutingRulesDrafted
from nexa_sales.routing_rules.state import DEFAULT_RULES, Rules
from nexa_sales.tables import metadata

routing_rule_versions = Table(
    "routing_rule_versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("rules", JSON),
    Column("based_on", Integer),
    Column("drafted_by", Text),
    Column("drafted_at", DateTime(timezone=True)),
    Column("approved_by", Text),
    Column("approved_at", DateTime(timezone=True)),
    Column("in_force_since", DateTime(timezone=True)),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case RoutingRulesDrafted(version=version, rules=rules, drafted_by=by, based_on=based_on):
            drafted = {"rules": _written(rules), "based_on": based_on, "drafted_by": by, "drafted_at": fact.time}
            yield Put(routing_rule_versions, {"version": version}, drafted)
        case RoutingRulesApproved(version=version, approved_by=by):
            yield Put(routing_rule_versions, {"version": version}, {"approved_by": by, "approved_at": fact.time})
        case RoutingRulesChanged(version=version):
            yield Put(routing_rule_versions, {"version": version}, {"in_force_since": fact.time})
        case _:
            return


def _written(rules: tuple[RoutingRule, ...]) -> list[dict[str, Any]]:
    return [rule.model_dump(mode="json") for rule in rules]


model = ReadModel(
    name="routing_rule_versions",
    tables=(routing_rule_versions,),
    on=(RoutingRulesDrafted, RoutingRulesApproved, RoutingRulesChanged),
    project=project,
)


async def rules_in_force(connection: AsyncConnection) -> Rules:
    """The latest version that was put in force, the set of the beginning where none was."""
    row = routing_rule_versions.c
    query = select(row.version, row.rules).where(row.in_force_since.is_not(None)).order_by(row.version.desc()).limit(1)
    found = (await connection.execute(query)).one_or_none()
    if found is None:
        return DEFAULT_RULES
    return Rules(found.version, tuple(RoutingRule.model_validate(rule) for rule in found.rules))


async def version_row(connection: AsyncConnection, version: int) -> Mapping[str, Any] | None:
    query = select(routing_rule_versions).where(routing_rule_versions.c.version == version)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)


async def list_versions(connection: AsyncConnection, *, limit: int | None, cursor: str | None) -> Page[dict[str, Any]]:
    """Drafts and rules that were in force, the newest first."""
    order = [routing_rule_versions.c.version.desc()]
    return await paginate(connection, select(routing_rule_versions), order=order, limit=limit, cursor=cursor)
