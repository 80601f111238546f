"""A customer's timeline over HTTP: all of it for colleagues, and what the customer may see."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from nexa_chassis.http.paging import Page
from nexa_success.api.access import Reader
from nexa_success.api.bodies import Cursor, Limit
from nexa_success.read_models.timeline import entries_of
from nexa_success.read_models.who_is_whom import members_of
from nexa_success.timeline.visibility import Visibility

routes = APIRouter(tags=["timeline"])

Kind = Literal[
    "marketing",
    "scoring",
    "sales",
    "account",
    "deal",
    "onboarding",
    "health",
    "renewal",
    "identity",
    "lifecycle",
    "support",
    "mail",
]
From = Annotated[AwareDatetime | None, Query(description="Only what happened then or later.")]
To = Annotated[AwareDatetime | None, Query(description="Only what happened before then.")]


class Entry(BaseModel):
    """Something that happened, as it was then."""

    model_config = ConfigDict(from_attributes=True)

    entry_id: str
    kind: Kind
    type: str = Field(examples=["nexa.sales.DealClosedWon.v1"])
    occurred_at: datetime
    recorded_at: datetime
    late: bool = Field(description="Recorded more than an hour after it happened.")
    actor: str
    source: str = Field(description="The service that tells of it.")
    summary: str = Field(description="In a sentence, with the names of then.")
    visibility: Visibility
    person_id: UUID | None = Field(description="The colleague or contact whom it concerns most.")
    causation_id: str | None = Field(description="The event that led to it; null where a person or a clock began it.")
    correlation_id: str


class CustomerEntry(BaseModel):
    """An entry as the customer sees it."""

    model_config = ConfigDict(from_attributes=True)

    entry_id: str
    occurred_at: datetime
    summary: str


@routes.get("/customers/{any_id}/timeline")
async def read_timeline(
    any_id: UUID,
    call: Reader,
    kind: Annotated[list[Kind] | None, Query(description="Only of these kinds.")] = None,
    type: Annotated[list[str] | None, Query(description="Only of these event types.")] = None,
    person_id: Annotated[UUID | None, Query(description="Only what concerns this colleague or contact.")] = None,
    since: From = None,
    until: To = None,
    as_of: Annotated[AwareDatetime | None, Query(description="Only what had been recorded by then.")] = None,
    order: Annotated[Literal["oldest", "newest"], Query(description="Which comes first.")] = "oldest",
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[Entry]:
    """All that happened to a customer over all services, by the id of its lead, contact or account."""
    async with call.query() as connection:
        _, members = await members_of(connection, any_id)
        page = await entries_of(
            connection,
            members,
            kinds=kind or (),
            types=type or (),
            person_id=person_id,
            since=since,
            until=until,
            recorded_by=as_of,
            newest_first=order == "newest",
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[Entry.model_validate(row) for row in page.items], next=page.next)


@routes.get("/customers/{any_id}/timeline/customer-view")
async def read_customer_view(
    any_id: UUID, call: Reader, since: From = None, until: To = None, limit: Limit = None, cursor: Cursor = None
) -> Page[CustomerEntry]:
    """What may be shown to the customer: nothing internal, and nobody's name as an actor. For colleagues, to look or send."""
    async with call.query() as connection:
        _, members = await members_of(connection, any_id)
        page = await entries_of(
            connection,
            members,
            since=since,
            until=until,
            visibility=Visibility.CUSTOMER,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[CustomerEntry.model_validate(row) for row in page.items], next=page.next)
