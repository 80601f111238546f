"""What are the features called that tickets speak of?"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Column, Integer, Table, Text, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.scoring import TicketAnalyzed, TicketRulesChanged
from nexa_support.tables import metadata

names = Table(
    "feature_names",
    metadata,
    Column("feature", Text, primary_key=True),
    Column("rules_version", Integer, primary_key=True),
    Column("name", Text),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case TicketRulesChanged(version=version, features=features):
            for feature in features:
                yield Put(names, {"feature": feature.key, "rules_version": version}, {"name": feature.name})
        case TicketAnalyzed(feature=found, feature_name=str() as name, rules_version=version) if found.value:
            yield Put(names, {"feature": found.value, "rules_version": version}, {"name": name})
        case _:
            return


feature_names = ReadModel(
    name="feature_names", tables=(names,), on=(TicketRulesChanged, TicketAnalyzed), project=project, from_topics=True
)


async def name_of_features(connection: AsyncConnection) -> Mapping[str, str]:
    """By key, as the newest rules call them; the first rules are known by what they found."""
    query = select(names.c.feature, names.c.name).ext(distinct_on(names.c.feature))
    rows = await connection.execute(query.order_by(names.c.feature, names.c.rules_version.desc()))
    return {row.feature: row.name for row in rows}
