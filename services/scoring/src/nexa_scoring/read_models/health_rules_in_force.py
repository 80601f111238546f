"""Which health rules are in force?"""

from collections.abc import Iterator

from sqlalchemy import JSON, Column, Integer, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Context, Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.envelope import Event
from nexa_contracts.scoring import HealthRulesChanged
from nexa_scoring.health_rules.state import DEFAULT_RULES, HealthRules, evolve
from nexa_scoring.tables import metadata

health_rules = Table(
    "health_rules",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("rules", JSON),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case HealthRulesChanged() as changed:
            yield Put(health_rules, {"version": changed.version}, {"rules": changed.model_dump(mode="json")})


async def rules_in_force(connection: AsyncConnection) -> HealthRules:
    newest = select(health_rules.c.rules).order_by(health_rules.c.version.desc()).limit(1)
    row = (await connection.execute(newest)).first()
    return evolve(DEFAULT_RULES, HealthRulesChanged.model_validate(row.rules)) if row else DEFAULT_RULES


def follow(rules: HealthRules, event: Event) -> HealthRules:
    return evolve(rules, event) if isinstance(event, HealthRulesChanged) else rules


in_force = Context(load=rules_in_force, evolve=follow)
model = ReadModel(name="health_rules_in_force", tables=(health_rules,), on=(HealthRulesChanged,), project=project)
