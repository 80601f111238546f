"""Which scoring rules are in force, which were before, and what is drafted: by whom, approved by whom, since when?"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Integer, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Context, Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.envelope import Event
from nexa_contracts.scoring import ScoringRulesApproved, ScoringRulesChanged, ScoringRulesDrafted
from nexa_scoring.rules.state import DEFAULT_RULES, Rules, rules_of
from nexa_scoring.tables import metadata

scoring_rules = Table(
    "scoring_rules",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("rules", JSON),
    Column("based_on", Integer),
    Column("drafted_by", Text),
    Column("drafted_at", DateTime(timezone=True)),
    Column("approved_by", Text),
    Column("approved_at", DateTime(timezone=True)),
    Column("in_force_since", DateTime(timezone=True)),
    Column("in_force_by", Text),
)
"""`in_force_by` is the id of the event that put the version in force."""


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case ScoringRulesDrafted(version=version, drafted_by=by, based_on=based_on) as drafted:
            told = {"rules": _written(drafted), "based_on": based_on, "drafted_by": by, "drafted_at": fact.time}
            yield Put(scoring_rules, {"version": version}, told)
        case ScoringRulesApproved(version=version, approved_by=by):
            yield Put(scoring_rules, {"version": version}, {"approved_by": by, "approved_at": fact.time})
        case ScoringRulesChanged(version=version) as changed:
            told = {"rules": _written(changed), "in_force_since": fact.time, "in_force_by": fact.id}
            yield Put(scoring_rules, {"version": version}, told)


def _written(event: ScoringRulesDrafted | ScoringRulesChanged) -> dict[str, Any]:
    rules = vars(rules_of(event))
    return {name: value for name, value in rules.items() if name != "version"}


async def rules_in_force(connection: AsyncConnection) -> Rules:
    """The latest version that was put in force, the set of the beginning where none was."""
    row = scoring_rules.c
    newest = select(row.version, row.rules).where(row.in_force_since.is_not(None)).order_by(row.version.desc()).limit(1)
    found = (await connection.execute(newest)).first()
    return Rules(version=found.version, **found.rules) if found else DEFAULT_RULES


def follow(rules: Rules, event: Event) -> Rules:
    return rules_of(event) if isinstance(event, ScoringRulesChanged) else rules


async def version_row(connection: AsyncConnection, version: int) -> Mapping[str, Any] | None:
    query = select(scoring_rules).where(scoring_rules.c.version == version)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)


async def list_versions(connection: AsyncConnection, *, limit: int | None, cursor: str | None) -> Page[dict[str, Any]]:
    """Drafts and rules that were in force, the newest first."""
    order = [scoring_rules.c.version.desc()]
    return await paginate(connection, select(scoring_rules), order=order, limit=limit, cursor=cursor)


in_force = Context(load=rules_in_force, evolve=follow)
model = ReadModel(
    name="rules_in_force",
    tables=(scoring_rules,),
    on=(ScoringRulesDrafted, ScoringRulesApproved, ScoringRulesChanged),
    project=project,
)
