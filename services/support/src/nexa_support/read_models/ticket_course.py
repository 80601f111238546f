"""When was each ticket answered, settled, merged, and were its promises kept?"""

from collections.abc import Iterator

from sqlalchemy import Column, DateTime, Integer, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.support import ClockReading, ClockState, SlaBreached, SlaClocksMoved
from nexa_support.tables import metadata

moves = Table(
    "ticket_moves",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("move", Text),
    Column("at", DateTime(timezone=True)),
)
promises = Table(
    "ticket_promises",
    metadata,
    Column("ticket_id", Uuid, primary_key=True),
    Column("clock", Text, primary_key=True),
    Column("began_at", DateTime(timezone=True), primary_key=True),
    Column("state", Text),
    Column("used_seconds", Integer),
    Column("target_minutes", Integer),
    Column("ended_at", DateTime(timezone=True)),
)
"""Each promise as it was measured last; broken from when that was told, however many steps of the ladder follow."""


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case SlaClocksMoved(ticket_id=ticket_id) as moved:
            for place, moment in enumerate(moved.moments):
                key = {"ticket_id": ticket_id, "version": fact.version, "place": place}
                yield Put(moves, key, {"move": moment.move.value, "at": moment.at})
            for reading in moved.clocks:
                key = {"ticket_id": ticket_id, "clock": reading.clock.value, "began_at": reading.began_at}
                yield Put(promises, key, _measured(reading))
        case SlaBreached(ticket_id=ticket_id, clock=clock, began_at=began_at, step=1) if began_at is not None:
            key = {"ticket_id": ticket_id, "clock": clock.value, "began_at": began_at}
            yield Put(promises, key, {"state": ClockState.BREACHED.value})
        case _:
            return


def _measured(reading: ClockReading) -> dict[str, object]:
    return {
        "state": reading.state.value,
        "used_seconds": reading.used_seconds,
        "target_minutes": reading.target_minutes,
        "ended_at": reading.ended_at,
    }


ticket_course = ReadModel(
    name="ticket_course", tables=(moves, promises), on=(SlaClocksMoved, SlaBreached), project=project
)
