"""Which versions of which e-mail series were published?"""

from collections.abc import Iterator

from sqlalchemy import JSON, Column, DateTime, Integer, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Context, Recorded
from nexa_chassis.read_models import Put, ReadModel
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import NurtureSeriesPublished
from nexa_marketing.nurture.publishing import series_of
from nexa_marketing.nurture.series import BUILT_IN_CATALOGUE, Catalogue
from nexa_marketing.tables import metadata

series_versions = Table(
    "nurture_series_versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("series", JSON),
    Column("published_at", DateTime(timezone=True)),
    Column("published_by", Text),
)


def project(fact: Recorded) -> Iterator[Put]:
    match fact.event:
        case NurtureSeriesPublished() as published:
            yield Put(
                series_versions,
                {"name": published.name, "version": published.version},
                {
                    "series": published.model_dump(mode="json"),
                    "published_at": fact.time,
                    "published_by": fact.actor,
                },
            )


async def catalogue_of(connection: AsyncConnection) -> Catalogue:
    """All versions, the built-in one included."""
    catalogue = BUILT_IN_CATALOGUE
    for stored in await connection.scalars(select(series_versions.c.series)):
        catalogue = catalogue.with_version(series_of(NurtureSeriesPublished.model_validate(stored)))
    return catalogue


def follow(catalogue: Catalogue, event: Event) -> Catalogue:
    return catalogue.with_version(series_of(event)) if isinstance(event, NurtureSeriesPublished) else catalogue


published_series = Context(load=catalogue_of, evolve=follow)
nurture_series = ReadModel(
    name="nurture_series", tables=(series_versions,), on=(NurtureSeriesPublished,), project=project
)
