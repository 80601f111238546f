"""Pages of a list by keyset: the next page starts after the last row's order values, however many rows came meanwhile."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class Page(BaseModel, Generic[T]):
    """Some rows of a list; `next` asks for those after them, null on the last page."""

    items: list[T]
    next: str | None = Field(default=None, description="Send it as `cursor` to get the next page.")


async def paginate(
    connection: AsyncConnection,
    select: Select[*tuple[object, ...]],
    *,
    order: Sequence[ColumnElement[object]],
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[dict[str, object]]:
    """One page of `select` in this order. The order's columns have to be among the selected ones and unique together."""
    raise NotImplementedError
