"""Streams out of the database: only what is not in the state cache, and the cache never trusted blindly."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import cast

from nexa_chassis.catalog import Catalog
from nexa_chassis.domain import AnyAggregate
from nexa_chassis.lanes import DriverConnection, Lane
from nexa_chassis.state_cache import Head, StateCache
from nexa_chassis.unit_of_work import LoadedRow, fold

# The row of the cached version itself comes along without its data: if it is not there, the database is not the one that
# the cache was filled from (restored, emptied), and the cache is dropped.
_ONE = (
    "select stream, version, type, published, case when version > %s then data::text end from events"
    " where stream = %s and version >= %s order by version"
)
# With its offset the lateral join is a look-up per stream, whatever the planner believes of a table that fills quickly.
# Lists go as one text each: the driver takes many times as long to write a list as an array.
_MANY = (
    "select e.stream, e.version, e.type, e.published, case when e.version > w.version then e.data::text end"
    " from unnest(string_to_array(%s, chr(10)), string_to_array(%s, chr(10))::int[]) as w(stream, version)"
    " cross join lateral (select * from events where events.stream = w.stream and events.version >= w.version offset 0) e"
    " order by e.stream, e.version"
)


Fetch = Callable[[str, Sequence[object]], Awaitable[list[LoadedRow]]]
"""Executes one of the two queries and gives its rows; how depends on the connection at hand."""


def on_lane(lane: Lane) -> Fetch:
    async def fetch(sql: str, parameters: Sequence[object]) -> list[LoadedRow]:
        rows = await lane.fetch(sql, parameters)
        return [
            (
                cast(bytes, stream).decode(),
                int(cast(bytes, version)),
                cast(bytes, type_).decode(),
                published == b"t",
                data,
            )
            for stream, version, type_, published, data in rows
        ]

    return fetch


def on_driver(driver: DriverConnection) -> Fetch:
    async def fetch(sql: str, parameters: Sequence[object]) -> list[LoadedRow]:
        cursor = await driver.execute(sql, parameters)
        return cast(list[LoadedRow], await cursor.fetchall())

    return fetch


async def load_head(fetch: Fetch, catalog: Catalog, cache: StateCache, stream: str, aggregate: AnyAggregate) -> Head:
    """The stream's head as the database has it now."""
    cached = cache.get(stream)
    version = cached.version if cached else 0
    rows = await fetch(_ONE, (version, stream, version))
    head = _advance(catalog, cache, stream, aggregate, cached, rows)
    if head is None:
        return await load_head(fetch, catalog, cache, stream, aggregate)
    return head


async def load_heads(
    fetch: Fetch, catalog: Catalog, cache: StateCache, streams: Sequence[tuple[str, AnyAggregate]]
) -> dict[str, Head]:
    """The heads of these streams in one query; one more for those whose cached state did not hold."""
    cached = {stream: cache.get(stream) for stream, _ in streams}
    versions = [str(head.version) if head else "0" for head in cached.values()]
    found = await fetch(_MANY, ("\n".join(cached), "\n".join(versions)))
    rows = {stream: list(group) for stream, group in groupby(found, key=itemgetter(0))}
    heads: dict[str, Head] = {}
    stale: list[tuple[str, AnyAggregate]] = []
    for stream, aggregate in streams:
        head = _advance(catalog, cache, stream, aggregate, cached[stream], rows.get(stream, []))
        if head is None:
            stale.append((stream, aggregate))
        else:
            heads[stream] = head
    if stale:
        heads.update(await load_heads(fetch, catalog, cache, stale))
    return heads


def _advance(
    catalog: Catalog,
    cache: StateCache,
    stream: str,
    aggregate: AnyAggregate,
    cached: Head | None,
    found: Sequence[LoadedRow],
) -> Head | None:
    """The cached head brought up to date by these rows; None (and forgotten) where they do not continue it."""
    if cached is None:
        if not found:
            return Head(aggregate.initial, 0, None)
        head = fold(catalog, aggregate, Head(aggregate.initial, 0, None), found)
    elif not found or found[0][1] != cached.version:
        cache.forget(stream)
        return None
    elif len(found) == 1:
        return cached
    else:
        head = fold(catalog, aggregate, cached, found[1:])
    cache.put(stream, head)
    return head
