"""Counting: counters, and a bell for those that get far."""

from counting import api
from counting.bell import bell
from counting.bells_heard import bells_heard
from counting.count_many import count_many
from counting.counter import counter
from counting.greatest_counters import greatest_counters
from counting.ring_bell import ring_bell
from counting.tables import metadata
from nexa_chassis.service import Service

counting = Service(
    name="counting",
    migrations="counting.migrations",
    metadata=metadata,
    aggregates=[counter, bell],
    reactions=[ring_bell],
    read_models=[greatest_counters, bells_heard],
    jobs=[count_many],
    routes=[api.routes],
)
