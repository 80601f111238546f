"""What publishing a version would do to those who are in the series now, for each of the three choices. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_marketing.nurture.series import Series
from nexa_marketing.read_models.nurture_list import enrolments, passed_of


@dataclass(frozen=True)
class Group:
    """People in flight who stand at the same place. `goes_on_with` is where `move` would lead them, None if to the end."""

    series_version: int
    passed: tuple[str, ...]
    people: int
    goes_on_with: str | None
    mailed_at_once: int
    waiting_for_address: int


@dataclass(frozen=True)
class Preview:
    groups: tuple[Group, ...]

    @property
    def people(self) -> int:
        return sum(group.people for group in self.groups)

    @property
    def ends(self) -> int:
        """Those who would be through with the series by moving."""
        return sum(group.people for group in self.groups if group.goes_on_with is None)

    @property
    def mailed_at_once(self) -> int:
        return sum(group.mailed_at_once for group in self.groups)

    @property
    def waiting_for_address(self) -> int:
        return sum(group.waiting_for_address for group in self.groups if group.goes_on_with is not None)

    @property
    def mailed_later(self) -> int:
        return self.people - self.ends - self.mailed_at_once - self.waiting_for_address


async def preview(connection: AsyncConnection, draft: Series, now: datetime) -> Preview:
    columns = enrolments.c
    query = (
        select(columns.series_version, columns.passed, func.count().label("people"))
        .where(columns.series == draft.name, columns.status == "active", columns.series_version < draft.version)
        .group_by(columns.series_version, columns.passed)
        .order_by(columns.series_version, columns.passed)
    )
    rows = (await connection.execute(query)).all()
    return Preview(tuple([await _group(connection, draft, row, now) for row in rows]))


async def _group(
    connection: AsyncConnection, draft: Series, row: Row[tuple[int, str | None, int]], now: datetime
) -> Group:
    passed = passed_of(row.passed)
    number = draft.next_after(passed)
    if number is None:
        return Group(row.series_version, passed, row.people, None, 0, 0)
    columns = enrolments.c
    due = columns.has_address & (func.coalesce(columns.since, now) + draft.delay_of(number) <= now)
    query = select(
        func.coalesce(func.sum(case((due, 1), else_=0)), 0).label("at_once"),
        func.coalesce(func.sum(case((columns.has_address, 0), else_=1)), 0).label("waiting"),
    ).where(
        columns.series == draft.name,
        columns.status == "active",
        columns.series_version == row.series_version,
        columns.passed.is_not_distinct_from(row.passed),
    )
    counts = (await connection.execute(query)).one()
    key = draft.steps[number - 1].key
    return Group(row.series_version, passed, row.people, key, counts.at_once, counts.waiting)
