"""Counting over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from counting import greatest_counters
from counting.bell import Mute
from counting.bells_heard import bells
from counting.counter import Count, counter
from nexa_chassis.domain import NotFound, derive
from nexa_chassis.http.call import Call, allow, public
from nexa_chassis.http.limits import body_limit, rate_limit
from nexa_chassis.http.paging import Page
from nexa_chassis.jobs import StartJob

routes = APIRouter(tags=["counting"])

Clerk = Annotated[Call, Depends(allow("clerk"))]
Anyone = Annotated[Call, Depends(public)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]


class Amount(BaseModel):
    amount: int = Field(description="How many to count.")
    note: str = Field(default="", max_length=1000)


class Counter(BaseModel):
    counter_id: UUID
    total: int
    version: int


class CounterRow(Counter):
    times: int


class Bell(BaseModel):
    bell_id: UUID
    times: int


@routes.post("/counters", status_code=201)
async def open_counter(body: Amount, call: Clerk, response: Response) -> Counter:
    """Open a counter and count for the first time."""
    return await _count(call.new_id("counter"), body, call, response)


@routes.post("/counters/{counter_id}/count")
async def count(counter_id: UUID, body: Amount, call: Clerk, response: Response) -> Counter:
    """Count some more."""
    return await _count(counter_id, body, call, response)


async def _count(counter_id: UUID, body: Amount, call: Call, response: Response) -> Counter:
    done = await call.execute(Count(counter_id, body.amount))
    version = done.version_of(f"counter-{counter_id}")
    call.etag(response, version)
    total = sum(fact.event.total for fact in done.facts)  # type: ignore[attr-defined]
    return Counter(counter_id=counter_id, total=total, version=version)


@routes.get("/counters/{counter_id}")
async def counter_now(counter_id: UUID, call: Clerk, response: Response) -> Counter:
    """The live state, straight from the stream."""
    loaded = await call.runtime.store.load(counter, counter_id)
    if not loaded.version:
        raise NotFound(f"There is no counter {counter_id}.", rule="counter.unknown")
    call.etag(response, loaded.version)
    return Counter(counter_id=counter_id, total=loaded.state.total, version=loaded.version)


@routes.get("/counters")
async def greatest(call: Clerk, limit: Limit = 50, cursor: Cursor = None) -> Page[CounterRow]:
    """All counters, the greatest first."""
    async with call.query() as connection:
        page = await greatest_counters.page(connection, limit=limit, cursor=cursor)
    return Page(items=[CounterRow.model_validate(row) for row in page.items], next=page.next)


@routes.get("/counters/{counter_id}/bell")
async def bell_of(counter_id: UUID, call: Anyone) -> Bell:
    """The bell of a counter, once it has been heard."""
    async with call.query() as connection:
        row = (await connection.execute(select(bells).where(bells.c.counter_id == counter_id))).one_or_none()
    if row is None:
        raise NotFound("The bell has not been heard yet.", rule="bell.unheard")
    return Bell(bell_id=row.bell_id, times=row.times)


@routes.post("/counters/{counter_id}/mute", status_code=204)
async def mute(counter_id: UUID, call: Clerk) -> None:
    """Keep the bell from ringing again."""
    await call.execute(Mute(derive(counter_id, "bell")))


@routes.post("/counters/many", status_code=202, dependencies=[Depends(body_limit(100)), Depends(rate_limit(5, 60))])
async def many(body: Amount, call: Clerk) -> dict[str, UUID]:
    """Count one by one, in the background."""
    counter_id = call.new_id("counter")
    await call.execute(jobs=[StartJob(name="count_many", job_id=counter_id, state={"left": body.amount})])
    return {"counter_id": counter_id}
