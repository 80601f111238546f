"""Support: from a ticket to the fix and back to every customer."""

from nexa_chassis.service import Service
from nexa_support.tables import metadata

support = Service(
    name="support",
    migrations="nexa_support.migrations",
    metadata=metadata,
    aggregates=[],
    reactions=[],
    read_models=[],
    jobs=[],
    workers=[],
    routes=[],
)
