"""Weekly reviews over HTTP: what a week's tickets say about the product."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.support import Recommendation, ReviewedFeature
from nexa_support.api.access import Planner, Reader
from nexa_support.api.bodies import Cursor, Limit
from nexa_support.read_models.weekly_reviews import list_reviews, review_row
from nexa_support.weekly_review.decisions import ReviewWeek
from nexa_support.weekly_review.week import first_day_of, review_of

routes = APIRouter(tags=["weekly reviews"])

Week = Annotated[
    str, Path(pattern=r"^(19[7-9]\d|2\d{3})-W\d\d$", description="ISO week, in UTC.", examples=["2025-W48"])
]


class ReviewView(BaseModel):
    """A week's review as it was published last."""

    week: str
    first_day: date = Field(description="Its Monday.")
    revision: int = Field(description="1 for the first; one more each time that other facts were known.")
    published_at: datetime
    quiet: bool = Field(
        description="Whether nobody reported a bug of a known feature in it, so that it says nothing else."
    )
    top_bugs: list[ReviewedFeature] = Field(
        description="Features by impact (of the worst bug ticket or open bug: p1 high, p2 medium, else low), then count."
        " Tickets that go on in another one are not counted."
    )
    rising: list[ReviewedFeature] = Field(description="More tickets than the week before, the most more first.")
    recommendations: list[Recommendation] = Field(description="What should follow, each with what it rests on.")
    roadmap_effect: str = Field(description="Empty where no badly hit feature is wished better.")


@routes.get("/weekly-reviews")
async def weekly_reviews(call: Reader, limit: Limit = None, cursor: Cursor = None) -> Page[ReviewView]:
    """The reviews, the newest week first."""
    async with call.query() as connection:
        page = await list_reviews(connection, limit=limit, cursor=cursor)
    return Page(items=[_view(row) for row in page.items], next=page.next)


@routes.get("/weekly-reviews/{week}")
async def weekly_review(week: Week, call: Reader, response: Response) -> ReviewView:
    """The review of a week."""
    _check(week)
    return await _read(call, week, response)


@routes.post("/weekly-reviews/{week}/run")
async def run_review(week: Week, call: Planner, response: Response) -> ReviewView:
    """Review a week that is over, now; a revision is published if other facts are known than the last time."""
    _check(week)
    await call.execute(ReviewWeek(review_id=review_of(week), week=week))
    return await _read(call, week, response)


def _check(week: str) -> None:
    try:
        first_day_of(week)
    except ValueError:
        raise Refused(f"{week} is no ISO week.", rule="review.week", field="week") from None


async def _read(call: Call, week: str, response: Response) -> ReviewView:
    async with call.query() as connection:
        row = await review_row(connection, week)
    if row is None:
        raise NotFound(f"{week} has not been reviewed.", rule="review.unknown")
    call.etag(response, row["revision"])
    return _view(row)


def _view(row: Any) -> ReviewView:
    return ReviewView.model_validate({**row, **row["content"], "quiet": not row["content"]["top_bugs"]})
