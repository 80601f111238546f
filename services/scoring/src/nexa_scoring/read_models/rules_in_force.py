"""Which scoring rules are in force?"""

from collections.abc import Iterator

from sqlalchemy import JSON, Column, Integer, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Context, Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.envelope import Event
from nexa_contracts.scoring import ScoringRulesChanged
from nexa_scoring.rules.state import DEFAULT_RULES, Rules, evolve
from nexa_scoring.tables import metadata

scoring_rules = Table(
    "scoring_rules",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("rules", JSON),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case ScoringRulesChanged() as changed:
            yield Put(scoring_rules, {"version": changed.version}, {"rules": changed.model_dump(mode="json")})


async def rules_in_force(connection: AsyncConnection) -> Rules:
    newest = select(scoring_rules.c.rules).order_by(scoring_rules.c.version.desc()).limit(1)
    row = (await connection.execute(newest)).first()
    return evolve(DEFAULT_RULES, ScoringRulesChanged.model_validate(row.rules)) if row else DEFAULT_RULES


def follow(rules: Rules, event: Event) -> Rules:
    return evolve(rules, event) if isinstance(event, ScoringRulesChanged) else rules


in_force = Context(load=rules_in_force, evolve=follow)
model = ReadModel(name="rules_in_force", tables=(scoring_rules,), on=(ScoringRulesChanged,), project=project)
