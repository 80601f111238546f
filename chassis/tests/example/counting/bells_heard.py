"""Which bells have rung, as everybody hears them: fed from the topic, not from this service's own store."""

from collections.abc import Iterator

from sqlalchemy import Column, Integer, Table, Uuid

from counting.facts import BellRung
from counting.tables import metadata
from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel

bells = Table(
    "bells",
    metadata,
    Column("bell_id", Uuid, primary_key=True),
    Column("counter_id", Uuid),
    Column("times", Integer),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case BellRung(bell_id=bell_id, counter_id=counter_id, times=times):
            yield Put(bells, {"bell_id": bell_id}, {"counter_id": counter_id, "times": times})


bells_heard = ReadModel(name="bells_heard", tables=(bells,), on=(BellRung,), project=project, from_topics=True)
