"""Which onboarding template is in force, and which were before?"""

from collections.abc import Iterator, Mapping

from sqlalchemy import JSON, Column, DateTime, Integer, Table, Text, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.success import OnboardingTemplateChanged
from nexa_success.tables import metadata
from nexa_success.template.state import DEFAULT_TEMPLATE, KickoffPlan, Template, evolve

templates = Table(
    "onboarding_templates",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("template", JSON),
    Column("changed_at", DateTime(timezone=True)),
    Column("changed_by", Text),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case OnboardingTemplateChanged() as changed:
            yield Put(
                templates,
                {"version": changed.version},
                {"template": changed.model_dump(mode="json"), "changed_at": fact.time, "changed_by": fact.actor},
            )


onboarding_templates = ReadModel(
    name="onboarding_templates", tables=(templates,), on=(OnboardingTemplateChanged,), project=project
)


async def template_in_force(connection: AsyncConnection) -> tuple[Template, Mapping[int, KickoffPlan]]:
    """The newest template, and the kickoff of each version."""
    newest = templates.c.version == func.max(templates.c.version).over()
    query = select(
        templates.c.version,
        templates.c.template["kickoff_in_days"].as_integer().label("in_days"),
        templates.c.template["agenda"].as_string().label("agenda"),
        case((newest, templates.c.template)).label("newest"),
    ).order_by(templates.c.version)
    in_force, kickoffs = DEFAULT_TEMPLATE, {DEFAULT_TEMPLATE.version: DEFAULT_TEMPLATE.kickoff}
    for row in await connection.execute(query):
        kickoffs[row.version] = KickoffPlan(row.in_days, row.agenda)
        in_force = _template(row.newest) if row.newest else in_force
    return in_force, kickoffs


async def template_of(connection: AsyncConnection, version: int) -> Template | None:
    """The template of a version, None if there was none."""
    if version == DEFAULT_TEMPLATE.version:
        return DEFAULT_TEMPLATE
    row = (await connection.execute(select(templates.c.template).where(templates.c.version == version))).first()
    return _template(row.template) if row else None


def _template(stored: object) -> Template:
    return evolve(DEFAULT_TEMPLATE, OnboardingTemplateChanged.model_validate(stored))
