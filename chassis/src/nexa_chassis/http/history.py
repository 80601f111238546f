"""How a request says as of when, and how an answer says what changed."""

from datetime import datetime
from typing import Annotated, TypeAlias

from fastapi import Depends, Query
from pydantic import AwareDatetime, BaseModel, Field, JsonValue

from nexa_chassis.domain import AnyAggregate, Recorded
from nexa_chassis.history import AsOf, facts_since
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page

MOST_CHANGES = 200


def _as_of(
    as_of: Annotated[
        AwareDatetime | None, Query(description="By what had been recorded then: what one would have been told.")
    ] = None,
    as_happened: Annotated[
        AwareDatetime | None, Query(description="By what had happened by then, however late it was recorded.")
    ] = None,
) -> AsOf:
    return AsOf(as_of, as_happened)


AsOfQuery: TypeAlias = Annotated[AsOf, Depends(_as_of)]
"""The parameters `as_of` (recorded time) and `as_happened` (occurred time); with both, both must hold."""

Since: TypeAlias = Annotated[AwareDatetime, Query(description="Changes that were recorded after this time.")]
After: TypeAlias = Annotated[int, Query(ge=0, description="Go on after this version: `next` of the page before.")]


class Change(BaseModel):
    """One event of the record's stream."""

    version: int = Field(description="Place in the stream.")
    type: str = Field(examples=["nexa.sales.DealClosedWon.v1"])
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    caused_by: str | None = Field(
        description="Id of the event that led to it; null where a person or a clock began it."
    )
    data: dict[str, JsonValue]


async def changes(call: Call, aggregate: AnyAggregate, stream: str, since: datetime, after: int) -> Page[Change]:
    """What changed in a stream since a time, in its order; only what is published, private events stay private."""
    facts = await facts_since(call.runtime.store, stream, since, after=after, limit=MOST_CHANGES)
    published = aggregate.topic.events if aggregate.topic else ()
    items = [_change(fact) for fact in facts if isinstance(fact.event, published)]
    return Page(items=items, next=str(facts[-1].version) if len(facts) == MOST_CHANGES else None)


def _change(fact: Recorded) -> Change:
    return Change(
        version=fact.version,
        type=fact.type,
        occurred_at=fact.time,
        recorded_at=fact.recorded_at,
        actor=fact.actor,
        caused_by=fact.causation_id,
        data=fact.event.model_dump(mode="json"),
    )
