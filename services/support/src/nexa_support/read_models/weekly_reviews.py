"""What did the weeks say about the product?"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import JSON, Column, Date, DateTime, Index, Integer, Table, Text, Uuid, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.support import WeeklyReviewPublished
from nexa_support.tables import metadata

CONTENT = {"top_bugs", "rising", "recommendations", "roadmap_effect"}

reviews = Table(
    "weekly_reviews",
    metadata,
    Column("review_id", Uuid, primary_key=True),
    Column("revision", Integer),
    Column("week", Text),
    Column("first_day", Date),
    Column("published_at", DateTime(timezone=True)),
    Column("content", JSON),
    Index("weekly_reviews_day_idx", text("first_day desc")),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case WeeklyReviewPublished() as review:
            published = {
                "revision": review.revision,
                "week": review.week,
                "first_day": review.first_day,
                "published_at": fact.time,
                "content": review.model_dump(mode="json", include=CONTENT),
            }
            yield Put(reviews, {"review_id": review.review_id}, published)
        case _:
            return


weekly_reviews = ReadModel(name="weekly_reviews", tables=(reviews,), on=(WeeklyReviewPublished,), project=project)


async def list_reviews(connection: AsyncConnection, *, limit: int | None, cursor: str | None) -> Page[dict[str, Any]]:
    """The latest revision of each, the newest week first."""
    order = [reviews.c.first_day.desc(), reviews.c.review_id]
    return await paginate(connection, select(reviews), order=order, limit=limit, cursor=cursor)


async def review_row(connection: AsyncConnection, week: str) -> Mapping[str, Any] | None:
    row = (await connection.execute(select(reviews).where(reviews.c.week == week))).mappings().first()
    return None if row is None else dict(row)
