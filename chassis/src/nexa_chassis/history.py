"""A stream as it stood: by what had been recorded at a time, by what had happened by a time, and what changed since."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import text

from nexa_chassis.domain import Recorded, Stream
from nexa_chassis.event_codec import EVENT_COLUMNS, EventRow
from nexa_chassis.store import Loaded, Store

S = TypeVar("S")


@dataclass(frozen=True)
class AsOf:
    """Which events count: those recorded not after `recorded`, and of these the ones that happened not after `happened`.

    None: no limit. The two differ for what was entered late: an event of Monday that was recorded on Wednesday counts on
    Tuesday by `happened` alone.
    """

    recorded: datetime | None = None
    happened: datetime | None = None

    @property
    def is_now(self) -> bool:
        return self.recorded is None and self.happened is None

    def covers(self, fact: Recorded) -> bool:
        known = self.recorded is None or fact.recorded_at <= self.recorded
        return known and (self.happened is None or fact.time <= self.happened)


async def load_as_of(store: Store, aggregate: Stream[S], id: UUID, as_of: AsOf) -> Loaded[S]:
    """The state of a stream as it stood; version 0 where nothing of it counts.

    Events fold in the order of the stream; with `happened` in the order in which they happened. Reads the whole stream.
    """
    facts = [fact for fact in await facts_of(store, f"{aggregate.name}-{id}") if as_of.covers(fact)]
    if as_of.happened is not None:
        facts.sort(key=lambda fact: (fact.time, fact.version))
    state = aggregate.initial
    for fact in facts:
        state = aggregate.evolve(state, fact.event)
    return Loaded(state, max((fact.version for fact in facts), default=0))


async def facts_of(store: Store, stream: str) -> list[Recorded]:
    """All that the store holds of a stream, private events too, in its order."""
    query = text(f"select {EVENT_COLUMNS} from events where stream = :stream order by version")
    async with store.engine.connect() as connection:
        rows = (await connection.execute(query, {"stream": stream})).all()
    return [store.catalog.codec.recorded(EventRow(*row)) for row in rows]


async def facts_since(
    store: Store, stream: str, since: datetime, *, after: int = 0, limit: int = 200
) -> list[Recorded]:
    """What was recorded in a stream after a time, and after the version `after`, in its order; at most `limit` facts."""
    query = text(
        f"select {EVENT_COLUMNS} from events where stream = :stream and version > :after and recorded_at > :since"
        " order by version limit :limit"
    )
    given = {"stream": stream, "after": after, "since": since, "limit": limit}
    async with store.engine.connect() as connection:
        rows = (await connection.execute(query, given)).all()
    return [store.catalog.codec.recorded(EventRow(*row)) for row in rows]
