"""The suppression list over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call, allow
from nexa_chassis.http.paging import Page, paginate
from nexa_notifier.mail.classes import Cause
from nexa_notifier.read_models.suppression_list import suppressions
from nexa_notifier.suppression.decisions import LiftSuppression, SuppressAddress, normalised

routes = APIRouter(tags=["suppression list"])

Marketer = Annotated[Call, Depends(allow("marketing_manager", "marketing_user"))]
Manager = Annotated[Call, Depends(allow("marketing_manager"))]
Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$"),
]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class NewSuppression(BaseModel):
    """`bounced` keeps every mail from the address, the other causes only marketing mails."""

    model_config = ConfigDict(extra="forbid")

    address: Address = Field(examples=["dana.reyes@acme.example"])
    cause: Cause = Cause.MANUAL
    reason: Reason = Field(examples=["Asked on the phone"])


class Lifting(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(examples=["The mailbox is there again, says their IT"])


class SuppressionView(BaseModel):
    """An entry. An address may have several; it is mailed again once each of them is lifted."""

    model_config = ConfigDict(from_attributes=True)

    suppression_id: UUID
    address: str
    cause: Cause
    reason: str
    added_at: datetime
    added_by: str
    lifted_at: datetime | None
    lifted_by: str | None
    lifted_because: str | None


@routes.get("/suppressions")
async def list_suppressions(
    call: Marketer,
    address: str | None = None,
    cause: Cause | None = None,
    standing: bool | None = Query(default=True, description="Whether it holds; both unless given as true or false."),
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[SuppressionView]:
    """Entries, the latest first; those that stand unless asked otherwise."""
    columns = suppressions.c
    query = select(suppressions)
    if address is not None:
        query = query.where(columns.address == normalised(address))
    if cause is not None:
        query = query.where(columns.cause == cause.value)
    if standing is not None:
        query = query.where(columns.lifted_at.is_(None) if standing else columns.lifted_at.is_not(None))
    async with call.query() as connection:
        order = [columns.added_at.desc(), columns.suppression_id]
        page = await paginate(connection, query, order=order, limit=limit, cursor=cursor)
    return Page(items=[SuppressionView.model_validate(row) for row in page.items], next=page.next)


@routes.post("/suppressions", status_code=201)
async def add_suppression(body: NewSuppression, call: Marketer) -> SuppressionView:
    """Put an address on the list. One that stands there for the same cause stays as it is."""
    columns = suppressions.c
    standing = select(columns.suppression_id).where(
        columns.address == normalised(body.address), columns.cause == body.cause.value, columns.lifted_at.is_(None)
    )
    async with call.query() as connection:
        known = await connection.scalar(standing.limit(1))
    suppression_id = known or call.new_id("suppression")
    await call.execute(
        SuppressAddress(suppression_id=suppression_id, address=body.address, cause=body.cause, reason=body.reason)
    )
    return await _entry(call, suppression_id)


@routes.post("/suppressions/{suppression_id}/lift")
async def lift_suppression(suppression_id: UUID, body: Lifting, call: Manager) -> SuppressionView:
    """Take an entry off the list, and say why."""
    await call.execute(LiftSuppression(suppression_id=suppression_id, reason=body.reason))
    return await _entry(call, suppression_id)


async def _entry(call: Call, suppression_id: UUID) -> SuppressionView:
    async with call.query() as connection:
        row = (
            await connection.execute(select(suppressions).where(suppressions.c.suppression_id == suppression_id))
        ).first()
    if row is None:
        raise NotFound(f"The list has no entry {suppression_id}.", rule="suppression.unknown")
    return SuppressionView.model_validate(row)
