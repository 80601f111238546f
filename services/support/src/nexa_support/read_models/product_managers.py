"""Which product managers are there?"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Context
from nexa_contracts.envelope import Event
from nexa_contracts.support import SupportRole
from nexa_support.read_models.agent_desk import agents
from nexa_support.suspicion.decisions import People, ProductManager


async def _load(connection: AsyncConnection) -> People:
    query = select(agents.c.agent_id, agents.c.skills, agents.c.available)
    rows = await connection.execute(query.where(agents.c.role == SupportRole.PRODUCT_MANAGER.value))
    return tuple(ProductManager(row.agent_id, frozenset(row.skills), row.available) for row in rows)


def _same(people: People, event: Event) -> People:
    """The roster does not change in the transaction of a suspicion."""
    return people


product_managers = Context(load=_load, evolve=_same)
