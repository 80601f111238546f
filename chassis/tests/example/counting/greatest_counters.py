"""Which counters are the greatest?"""

from collections.abc import Iterator

from sqlalchemy import BigInteger, Column, Integer, Table, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from counting.facts import Counted
from counting.tables import metadata
from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Add, Change, Put, ReadModel

counters = Table(
    "counters",
    metadata,
    Column("counter_id", Uuid, primary_key=True),
    Column("total", BigInteger),
    Column("version", Integer),
    Column("times", Integer),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case Counted(counter_id=counter_id, total=total):
            key = {"counter_id": counter_id}
            yield Put(counters, key, {"total": total, "version": fact.version})
            yield Add(counters, key, {"times": 1})


greatest_counters = ReadModel(name="greatest_counters", tables=(counters,), on=(Counted,), project=project)


async def page(connection: AsyncConnection, *, limit: int, cursor: str | None) -> Page[dict[str, object]]:
    order = [counters.c.total.desc(), counters.c.counter_id]
    return await paginate(connection, select(counters), order=order, limit=limit, cursor=cursor)
