"""Which ticket rules are in force?"""

from collections.abc import Iterator

from sqlalchemy import JSON, Column, Integer, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.scoring import TicketRulesChanged
from nexa_scoring.tables import metadata
from nexa_scoring.ticket_rules.state import DEFAULT_RULES, TicketRules, evolve

ticket_rules = Table(
    "ticket_rules",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("rules", JSON),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TicketRulesChanged() as changed:
            yield Put(ticket_rules, {"version": changed.version}, {"rules": changed.model_dump(mode="json")})


async def rules_in_force(connection: AsyncConnection) -> TicketRules:
    newest = select(ticket_rules.c.rules).order_by(ticket_rules.c.version.desc()).limit(1)
    row = (await connection.execute(newest)).first()
    return evolve(DEFAULT_RULES, TicketRulesChanged.model_validate(row.rules)) if row else DEFAULT_RULES


model = ReadModel(name="ticket_rules_in_force", tables=(ticket_rules,), on=(TicketRulesChanged,), project=project)
