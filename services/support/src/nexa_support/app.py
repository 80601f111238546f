"""Support: from a ticket to the fix and back to every customer."""

from nexa_chassis.service import Service
from nexa_support.aggregates import agent, ticket
from nexa_support.read_models.agent_desk import agent_desk
from nexa_support.read_models.conversation import conversation
from nexa_support.read_models.ticket_list import ticket_list
from nexa_support.read_models.ticket_notes import ticket_notes
from nexa_support.tables import metadata

support = Service(
    name="support",
    migrations="nexa_support.migrations",
    metadata=metadata,
    aggregates=[
        agent,
        ticket,
    ],
    reactions=[],
    read_models=[
        agent_desk,
        ticket_list,
        conversation,
        ticket_notes,
    ],
    jobs=[],
    workers=[],
    routes=[],
)
