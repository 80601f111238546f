"""Scores of leads over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call, allow
from nexa_chassis.http.paging import Page
from nexa_contracts.scoring import FactorPoints
from nexa_contracts.values import Band
from nexa_scoring.read_models.lead_scores import latest_scores, score_history

routes = APIRouter(tags=["scoring"])

Reader = Annotated[Call, Depends(allow("marketing_manager", "marketing_user", "sales_rep", "sales_manager", "analyst"))]
Limit = Annotated[int, Query(ge=1, le=200, description="How many to return, at most 200.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]


class ScoreView(BaseModel):
    """One score of a lead: the points per factor say why it is what it is."""

    model_config = ConfigDict(from_attributes=True)

    lead_id: UUID
    version: int = Field(description="Counts the scores of this lead from 1.")
    campaign_id: UUID
    score: int = Field(description="0 to 100.")
    band: Band
    previous_score: int | None
    previous_band: Band | None
    factors: list[FactorPoints]
    recommendation: str
    rules_version: int
    caused_by: str = Field(description="Id of the event that brought this score about.")
    scored_at: datetime


@routes.get("/leads/{lead_id}/scores")
async def scores_of_lead(lead_id: UUID, call: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[ScoreView]:
    """All scores of a lead, the newest first."""
    async with call.query() as connection:
        page = await score_history(connection, lead_id, limit=limit, cursor=cursor)
    if not page.items and cursor is None:
        raise NotFound(f"No score of lead {lead_id} here; a new lead is scored within seconds.", rule="score.unknown")
    return Page(items=[ScoreView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/campaigns/{campaign_id}/scores")
async def scores_of_campaign(
    campaign_id: UUID, call: Reader, band: Band | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[ScoreView]:
    """The present score of each lead of a campaign, the highest first."""
    async with call.query() as connection:
        page = await latest_scores(connection, campaign_id, band, limit=limit, cursor=cursor)
    return Page(items=[ScoreView.model_validate(row) for row in page.items], next=page.next)
