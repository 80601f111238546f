"""The nurture list over HTTP."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import select

from nexa_chassis.http.paging import Page, paginate
from nexa_marketing.api.campaigns import Marketer
from nexa_marketing.read_models.nurture_list import enrolments

routes = APIRouter(tags=["nurture"])


class EnrolmentRow(BaseModel):
    enrolment_id: UUID
    lead_id: UUID
    campaign_id: UUID
    series: str
    series_version: int
    status: Literal["active", "finished", "stopped"]
    reason: str | None
    has_address: bool | None = Field(description="Without an address the series waits and no mail goes out.")
    step: int = Field(description="The last step whose mail fell due; 0 before the first.")
    enrolled_at: datetime
    step_at: datetime | None
    ended_at: datetime | None
    detail: str | None = Field(description="Why it ended, where there is more to say than the reason.")
    next_step: str | None = Field(description="Key of the step that comes next.")
    next_at: datetime | None = Field(description="When it is due; without an address it waits beyond that.")


@routes.get("/nurture")
async def list_enrolments(
    call: Marketer,
    status: Literal["active", "finished", "stopped"] | None = None,
    waiting_for: Literal["address"] | None = None,
    series: str | None = None,
    campaign_id: UUID | None = None,
    lead_id: UUID | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[EnrolmentRow]:
    columns = enrolments.c
    query = select(*(columns[name] for name in EnrolmentRow.model_fields))
    if status is not None:
        query = query.where(columns.status == status)
    if waiting_for == "address":
        query = query.where(columns.status == "active", columns.has_address.is_(False))
    if series is not None:
        query = query.where(columns.series == series)
    if campaign_id is not None:
        query = query.where(columns.campaign_id == campaign_id)
    if lead_id is not None:
        query = query.where(columns.lead_id == lead_id)
    async with call.query() as connection:
        order = [columns.enrolled_at, columns.enrolment_id]
        page = await paginate(connection, query, order=order, limit=limit, cursor=cursor)
    return Page(items=[EnrolmentRow(**row) for row in page.items], next=page.next)
