"""Success: from the won deal to the renewed contract, and one account of each customer's whole life."""

from nexa_chassis.service import Service
from nexa_success.tables import metadata

success = Service(
    name="success",
    migrations="nexa_success.migrations",
    metadata=metadata,
    aggregates=[],
    reactions=[],
    read_models=[],
    routes=[],
)
